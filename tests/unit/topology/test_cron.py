"""Five fields as cron reads them, and nothing else."""

from datetime import datetime

import pytest

from dr_core.topology.cron import parse_cron


@pytest.mark.parametrize(
    ("text", "due", "not_due"),
    [
        ("0 8 * * *", "2026-01-05 08:00", "2026-01-05 08:01"),
        ("0 */6 * * *", "2026-01-05 18:00", "2026-01-05 08:00"),
        ("0 9 * * mon", "2026-01-05 09:00", "2026-01-06 09:00"),
        ("0 9 * * 1", "2026-01-05 09:00", "2026-01-04 09:00"),
        ("0 9 * * 0", "2026-01-04 09:00", "2026-01-05 09:00"),
        ("0 9 * * 7", "2026-01-04 09:00", "2026-01-05 09:00"),
        ("0 9 * * fri-sun", "2026-01-04 09:00", "2026-01-05 09:00"),
        ("30 7 * * MON-FRI", "2026-01-09 07:30", "2026-01-10 07:30"),
        ("0 10 1 1,4,7,10 *", "2026-04-01 10:00", "2026-05-01 10:00"),
        ("0 10 1 jan,apr *", "2026-04-01 10:00", "2026-07-01 10:00"),
        ("5/15 * * * *", "2026-01-05 00:35", "2026-01-05 00:30"),
        ("10-20/5 * * * *", "2026-01-05 00:15", "2026-01-05 00:25"),
        ("0 0 13 * fri", "2026-01-13 00:00", "2026-01-14 00:00"),  # either day field suffices
        ("0 0 29 2 *", "2028-02-29 00:00", "2028-02-28 00:00"),
    ],
)
def test_an_expression_is_due_at_its_minutes(text: str, due: str, not_due: str) -> None:
    cron = parse_cron(text)
    assert cron.due(datetime.fromisoformat(due))
    assert not cron.due(datetime.fromisoformat(not_due))


@pytest.mark.parametrize(
    "text",
    ["", "0 8 * *", "0 8 * * * *", "@daily", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
     "* * * * 8", "* * * * noday", "*/0 * * * *", "5-3 * * * *", "1,,2 * * * *", "* * 31 2 *", "a * * * *",
     "*-5 * * * *", "-1 * * * *", "1.5 * * * *", "0 8 L * *", "0 8 ? * *", "0 8 * * mon#1", "\uff11 * * * *"],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|never be due"):
        parse_cron(text)
