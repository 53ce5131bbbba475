"""When a report is due: missed slots, late starts, named and numbered days, and the two nights when clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slots import due_slots

GRACE = timedelta(hours=4)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("remark", "cron", "zone", "last", "now", "due"),
    [
        ("not yet", "0 8 * * *", "UTC", "2026-01-04 08:00", "2026-01-05 07:59:59", None),
        ("at its minute", "0 8 * * *", "UTC", "2026-01-04 08:00", "2026-01-05 08:00:00", "2026-01-05 08:00"),
        ("in the zone of the schedule", "0 8 * * *", BERLIN, None, "2026-01-05 07:00:30", "2026-01-05 07:00"),
        ("in summer an hour earlier", "0 8 * * *", BERLIN, None, "2026-07-06 06:00:30", "2026-07-06 06:00"),
        ("not a second time", "0 8 * * *", "UTC", "2026-01-05 08:00", "2026-01-05 08:00:59", None),
        ("late, within the grace", "0 8 * * *", "UTC", "2026-01-04 08:00", "2026-01-05 11:30", "2026-01-05 08:00"),
        ("too late", "0 8 * * *", "UTC", "2026-01-04 08:00", "2026-01-05 12:01", None),
        (
            "several missed: the newest only",
            "0 * * * *",
            "UTC",
            "2026-01-05 05:00",
            "2026-01-05 08:20",
            "2026-01-05 08:00",
        ),
        ("0 is Sunday", "0 9 * * 0", "UTC", None, "2026-01-04 09:00", "2026-01-04 09:00"),
        ("0 is not Monday", "0 9 * * 0", "UTC", None, "2026-01-05 09:00", None),
        ("1-5 begins on Monday", "0 9 * * 1-5", "UTC", None, "2026-01-05 09:00", "2026-01-05 09:00"),
        ("1-5 leaves Saturday out", "0 9 * * 1-5", "UTC", None, "2026-01-03 09:00", None),
        ("names", "0 9 * * mon", "UTC", None, "2026-01-05 09:00", "2026-01-05 09:00"),
        ("either day field suffices", "0 9 1 * mon", "UTC", None, "2026-01-05 09:00", "2026-01-05 09:00"),
        ("skipped in spring: at the jump", "30 2 * * *", BERLIN, None, "2026-03-29 01:00:10", "2026-03-29 01:00"),
        ("and once only", "30 2 * * *", BERLIN, "2026-03-29 01:00", "2026-03-29 01:30", None),
        ("twice in autumn: the first", "30 2 * * *", BERLIN, None, "2026-10-25 00:30:10", "2026-10-25 00:30"),
        ("and not the second", "30 2 * * *", BERLIN, "2026-10-25 00:30", "2026-10-25 01:30:10", None),
        (
            "every hour goes on all night",
            "0 * * * *",
            BERLIN,
            "2026-10-25 00:00",
            "2026-10-25 01:00:10",
            "2026-10-25 01:00",
        ),
    ],
)
def test_due(remark: str, cron: str, zone: str, last: str | None, now: str, due: str | None) -> None:
    found = due_slots(cron, zone, at(last) if last else None, at(now), GRACE)
    assert found == ((at(due),) if due else ()), remark
