"""From one preflight to the next: what stays believed, what is news, when it is time."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.readiness.history import EVERY, SOON, carried, changes, due, forgotten
from tests.unit.readiness.conftest import AT, MakeCheck, MakeSheet

LATER = AT + timedelta(minutes=20)


def test_a_finding_of_a_region_that_fell_silent_stays_with_its_time(check: MakeCheck, sheet: MakeSheet) -> None:
    before = sheet(check())
    now = carried(before, sheet(check("secret-unknown", "unknown", "warning"), at=LATER))
    (kept,) = now.blocking
    assert kept.checked_at == AT
    assert changes(before, now) == ((), ())


@pytest.mark.parametrize(
    "unknown",
    [{"area": "keys"}, {"subject": "shop/other"}, {"region": "eu-north-1"}],
    ids=["another area", "another subject", "another region"],
)
def test_silence_about_something_else_keeps_nothing(
    check: MakeCheck, sheet: MakeSheet, unknown: dict[str, Any]
) -> None:
    now = carried(sheet(check()), sheet(check("secret-unknown", "unknown", "warning", **unknown), at=LATER))
    assert now.blocking == ()


def test_silence_about_the_whole_application_keeps_its_findings(check: MakeCheck, sheet: MakeSheet) -> None:
    """Permissions are asked in one question, and found one by one."""
    silent = check("permissions-unknown", "unknown", "warning", subject="shop", region=None)
    assert len(carried(sheet(check()), sheet(silent, at=LATER)).blocking) == 1


def test_what_was_not_seen_for_a_day_is_believed_no_longer(check: MakeCheck, sheet: MakeSheet) -> None:
    before, silent = sheet(check()), check("secret-unknown", "unknown", "warning")
    now = carried(before, sheet(silent, at=AT + timedelta(hours=25)))
    assert now.blocking == ()
    assert changes(before, now) == ((), ()), "nobody saw it mended"
    assert forgotten(before, now) == before.blocking


def test_what_stays_behind_in_the_region_that_is_active_now_is_not_mended(check: MakeCheck, sheet: MakeSheet) -> None:
    before, now = sheet(check()), sheet(check(), at=LATER, active="eu-west-1")
    assert (changes(before, now), forgotten(before, now)) == (((), ()), ())


def test_what_was_mended_is_gone_and_what_is_new_appeared(check: MakeCheck, sheet: MakeSheet) -> None:
    old, new = check(), check("missing:key", area="keys", subject="alias/shop")
    appeared, gone = changes(sheet(old), carried(sheet(old), sheet(new, at=LATER)))
    assert appeared == (new,)
    assert gone == (old,)


def test_what_is_wrong_in_the_active_region_is_no_news_of_a_blocked_failover(
    check: MakeCheck, sheet: MakeSheet
) -> None:
    found = check(region="eu-north-1")
    now = sheet(found).model_copy(update={"active": "eu-north-1"})
    assert changes(None, now) == ((), ())
    assert changes(None, now.model_copy(update={"active": "eu-south-1"}))[0] == (found,)


def test_a_warning_is_no_news(check: MakeCheck, sheet: MakeSheet) -> None:
    assert changes(None, sheet(check("ttl-high", "finding", "warning"))) == ((), ())


@pytest.mark.parametrize(
    ("after", "given", "expected"),
    [
        (timedelta(), {"topology": "another dr.yaml"}, True),
        (timedelta(), {"active": "eu-west-1"}, True),
        (EVERY - timedelta(seconds=1), {}, False),
        (EVERY, {}, True),
        (timedelta(minutes=-10), {}, True),
    ],
    ids=["dr.yaml changed", "it was moved", "not yet", "old enough", "made by a clock that was ahead"],
)
def test_a_good_sheet_is_made_anew(
    sheet: MakeSheet, check: MakeCheck, after: timedelta, given: dict[str, str], expected: bool
) -> None:
    asked = {"topology": "t", "active": "eu-central-1"} | given
    good = sheet(check("missing:secret", "ok", "info"))
    assert due(good, now=AT + after, **asked) is expected


@pytest.mark.parametrize("state", ["blocking", "unknown", "cut short"])
def test_a_sheet_that_leaves_something_open_is_made_anew_soon(sheet: MakeSheet, check: MakeCheck, state: str) -> None:
    made = {
        "blocking": sheet(check()),
        "unknown": sheet(check("secret-unknown", "unknown", "warning")),
        "cut short": sheet(complete=False),
    }[state]
    asked = {"topology": "t", "active": "eu-central-1"}
    assert not due(made, now=AT + SOON - timedelta(seconds=1), **asked)
    assert due(made, now=AT + SOON, **asked)


def test_an_unknown_that_lasts_is_asked_about_as_often_as_everything_else(sheet: MakeSheet, check: MakeCheck) -> None:
    """Soon for as long as an ordinary period takes; then as any other, until something changes."""
    unknown = check("secret-unknown", "unknown", "warning")
    asked = {"topology": "t", "active": "eu-central-1"}
    made, pauses = sheet(unknown), []
    for _ in range(6):
        pauses.append(SOON if due(made, now=made.at + SOON, **asked) else EVERY)
        made = carried(made, sheet(unknown, at=made.at + pauses[-1]))
    assert pauses == [SOON, SOON, SOON, SOON, EVERY, EVERY]
    other = carried(made, sheet(check("key-unknown", "unknown", "warning"), at=made.at + EVERY))
    assert due(other, now=other.at + SOON, **asked)
    blocked = carried(made, sheet(unknown, check(), at=made.at + EVERY))
    assert due(blocked, now=blocked.at + SOON, **asked), "what blocks may be mended at any time"


def test_the_first_one_is_due_at_once() -> None:
    assert due(None, topology="t", active="eu-central-1", now=AT)


def test_it_is_never_older_than_half_an_hour_by_plan() -> None:
    assert timedelta(minutes=30) >= EVERY > SOON
