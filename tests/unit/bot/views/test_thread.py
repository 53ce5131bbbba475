"""Every event has its words or a reason to have none, and those that everybody must know are loud."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.views import thread
from dr_core.audit.events import Event, EventKind

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
# Bookkeeping of the trail and of processes; what it means to people is told by other events or by a report.
UNTOLD = {
    EventKind.CHAIN_OPENED, EventKind.CONFIG_LOADED, EventKind.ROSTER_CHANGED, EventKind.COMMAND_REFUSED,
    EventKind.VERDICT_CHANGED, EventKind.DIGEST_POSTED, EventKind.REQUEST_REFUSED, EventKind.RUN_CREATED,
    EventKind.RUN_TAKEN, EventKind.RUN_FOLLOWED, EventKind.STEP_INTENT, EventKind.STEP_FOUND,
    EventKind.TERMINAL_REFUSED,
    EventKind.DRILL_INTENT, EventKind.DRILL_RESULT, EventKind.DRILL_CLEANED,
    EventKind.RUN_LOSS_GREW, EventKind.RUNBOOK_EXPORTED, EventKind.DETECTION_TOLD, EventKind.DETECTION_DROPPED,
    EventKind.INCIDENT_OPENED, EventKind.REPORT_ASKED, EventKind.REPORT_POSTED,
    EventKind.FREEZE_MARKED, EventKind.RECONCILIATION_COPYING,
    EventKind.RELEASE_INTENT, EventKind.RELEASE_POINTER,
}  # fmt: skip


def event(kind: EventKind, display: str = "Ada", **data: Any) -> Event:
    return Event(
        chain="r-1", seq=1, cmd_id="c", at=NOW, kind=kind.value, actor={"display": display}, data=data, body="",
        prev="", hash="",
    )  # fmt: skip


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_has_its_words_or_none_on_purpose(kind: EventKind) -> None:
    assert (thread.line(event(kind)) is None) == (kind in UNTOLD)


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (EventKind.RUN_PAUSED, {"reason": "wait"}, "paused by Ada: wait"),
        (EventKind.RUN_RESUMED, {"reason": "approved again"}, "Ada let the run go on (approved again)"),
        (EventKind.RUN_ABORT_ASKED, {"reason": "wrong"}, "Ada ends the run: wrong"),
        (EventKind.RUN_ABORTED, {"reason": "by Ada", "facts": ["Nobody can write."]}, "by Ada. Nobody can write."),
        (EventKind.RUN_ROUND_NEEDED, {"reason": "120 s are more than 60 s"}, "approvals are needed again: 120 s"),
        (EventKind.RUN_FOLLOWED, {"left": ["Scale it"], "reason": "it is back"}, "Ada tries no more to: Scale it (it"),
        (EventKind.RUN_TAKEN, {"epoch": 2}, "another worker goes on"),
        (
            EventKind.REQUEST_BROKE_GLASS,
            {"skipped": ["Grace", "Linus"], "reason": "asleep"},
            "for Grace, Linus: asleep",
        ),
        (EventKind.BRAKE_ENGAGED, {"reason": "two changes"}, "Ada put the brake on: two changes. Nothing new starts"),
        (EventKind.BRAKE_RELEASED, {}, "Ada released the brake"),
        (EventKind.REVIEW_OPENED, {"review": "v-1", "reason": "asleep"}, "v-1: asleep"),
        (
            EventKind.STORE_ROLLED_BACK,
            {"last": 12, "last_at": "2026-01-05T08:59:00+00:00", "asked_again": ["r-1", "r-2"]},
            "anchor 12 of 2026-01-05T08:59:00Z says. The brake is on; approvals are asked again for r-1, r-2",
        ),
        (EventKind.ANCHOR_CONFLICT, {"place": "b", "number": 3, "reason": "gone"}, "number 3 in b: gone"),
        (EventKind.CALL_UNEXPLAINED, {"service": "rds", "operation": "Delete", "region": "r"}, "rds Delete r"),
    ],
)
def test_a_line_says_who_did_what_and_why(kind: EventKind, data: dict[str, Any], words: str) -> None:
    told = thread.line(event(kind, **data))
    assert told is not None
    assert words in told
    assert told.startswith("09:00:00 UTC ")


def test_text_from_people_is_one_line() -> None:
    told = thread.line(event(EventKind.RUN_PAUSED, reason="one\ntwo \u202e" + "x" * 900))
    assert told is not None
    assert "\n" not in told
    assert "\u202e" not in told
    assert len(told) <= 600


def test_what_pages_is_loud_as_well() -> None:
    assert thread.PAGING <= thread.LOUD
    for kind in (
        EventKind.REQUEST_BROKE_GLASS,
        EventKind.RUN_ROUND_NEEDED,
        EventKind.STORE_ROLLED_BACK,
        EventKind.CALL_UNEXPLAINED,
    ):
        assert kind in thread.PAGING
    assert EventKind.REQUEST_BLOCKED not in thread.LOUD


def test_the_brake_is_told_in_the_channel_itself() -> None:
    told = thread.channel(event(EventKind.BRAKE_ENGAGED, reason="wait"))
    assert told is not None
    assert "/dr brake off" in told
    assert thread.channel(event(EventKind.RUN_PAUSED, reason="wait")) is None
