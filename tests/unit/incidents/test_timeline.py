"""One order for everything, with who did it; what belongs to something else is left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.audit.events import Event, EventKind
from dr_core.incidents.telling import UNTOLD, words
from dr_core.incidents.timeline import Extent, timeline

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SHOP = Extent(START, START + timedelta(minutes=10), frozenset({"shop"}), frozenset({"i-1", "r-1", "run-1"}))


def event(kind: EventKind, seq: int = 1, at_s: float = 0, chain: str = "ops", by: str = "Ada", **data: Any) -> Event:
    return Event(
        chain=chain, seq=seq, cmd_id=f"{chain}{seq}", at=START + timedelta(seconds=at_s), kind=kind.value,
        actor={"display": by}, data=data, body="", prev="", hash="",
    )  # fmt: skip


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_has_words_or_is_bookkeeping(kind: EventKind) -> None:
    assert (words(event(kind)) is None) == (kind in UNTOLD)


def test_chains_are_merged_by_time_with_who_did_what() -> None:
    told = timeline(
        [
            event(EventKind.NOTE_ADDED, 2, 30, incident="i-1", text="called the provider"),
            event(EventKind.REQUEST_OPENED, 1, 20, "r-1", "Robin", application="shop", mode="forced", source="a",
                  target="b", reason="gone"),
            event(EventKind.VERDICT_CHANGED, 1, 10, by="DR worker", application="shop", region="a", verdict="down",
                  before="healthy", reasons=["http: no connection", "more"]),
            event(EventKind.BRAKE_ENGAGED, 3, 40, by="Grace", reason="two changes"),
        ]
    , SHOP)  # fmt: skip
    assert [(one.who, one.what) for one in told] == [
        ("DR worker", "shop in a is down (was healthy): http: no connection"),
        ("Robin", "asked for a forced move of shop from a to b: gone"),
        ("Ada", "noted: called the provider"),
        ("Grace", "put the brake on: two changes"),
    ]
    assert [one.about for one in told] == ["", "r-1", "", ""]


def test_a_clock_that_was_set_back_puts_no_effect_before_its_cause() -> None:
    told = timeline(
        [
            event(EventKind.REQUEST_OPENED, 1, 100, "r-1"),
            event(EventKind.REQUEST_ACKED, 2, 40, "r-1"),
            event(EventKind.NOTE_ADDED, 1, 60, incident="i-1", text="between"),
        ],
        SHOP,
    )
    assert [one.seq for one in told if one.chain == "r-1"] == [1, 2]
    assert [one.kind for one in told] == ["note.added", "request.opened", "request.acked"]
    assert told[-1].at == START + timedelta(seconds=40), "the time is shown as the trail has it"


@pytest.mark.parametrize(
    ("given", "kept", "why"),
    [
        (event(EventKind.VERDICT_CHANGED, application="shop"), True, "its own application"),
        (event(EventKind.VERDICT_CHANGED, application="ledger"), False, "another application"),
        (event(EventKind.VERDICT_CHANGED, application="shop", verdict="healthy"), False, "a first look that is good"),
        (event(EventKind.VERDICT_CHANGED, application="shop", verdict="down"), True, "a first look that is not"),
        (event(EventKind.VERDICT_CHANGED, at_s=-1, application="shop"), False, "before it began"),
        (event(EventKind.VERDICT_CHANGED, at_s=601, application="shop"), False, "after its end"),
        (event(EventKind.NOTE_ADDED, at_s=900, incident="i-1", text="late"), True, "it names the incident"),
        (event(EventKind.NOTE_ADDED, incident="i-2", text="other"), False, "another incident"),
        (event(EventKind.REVIEW_CLOSED, at_s=9000, request="r-1", review="v-1"), True, "about its request"),
        (event(EventKind.BRAKE_RELEASED), True, "it is everybody's"),
        (event(EventKind.STEP_DONE, chain="r-1", at_s=9000), True, "its own chain, however late"),
        (event(EventKind.STEP_DONE, chain="r-2"), False, "another request's chain"),
        (event(EventKind.RUN_TAKEN, chain="r-1", epoch=1), False, "a run's first worker is no news"),
        (event(EventKind.RUN_TAKEN, chain="r-1", epoch=2), True, "another worker is"),
        (event(EventKind.STEP_INTENT, chain="r-1", attempt=1), False, "every step is begun"),
        (event(EventKind.STEP_INTENT, chain="r-1", attempt=2), True, "not every step is begun twice"),
        (event(EventKind.ROSTER_CHANGED, application="shop"), False, "bookkeeping"),
    ],
)  # fmt: skip
def test_what_belongs_is_kept(given: Event, kept: bool, why: str) -> None:
    assert bool(timeline([given], SHOP)) is kept, why


def test_an_incident_of_all_applications_keeps_each_of_them() -> None:
    every = Extent(START, None, None, frozenset({"i-1"}))
    assert len(timeline([event(EventKind.VERDICT_CHANGED, application=name) for name in ("a", "b")], every)) == 2


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (EventKind.REQUEST_ACKED, {"round": 1, "accepted_limit_s": 900, "missing": 1},
         "acknowledged round 1, accepting a loss of up to 900 s; 1 more needed"),
        (EventKind.REQUEST_ACKED, {"round": 2, "accepted_limit_s": None, "missing": 0},
         "acknowledged round 2, accepting an unknown loss"),
        (EventKind.REQUEST_BROKE_GLASS, {"skipped": ["Ada", "Grace"], "accepted_limit_s": 0, "reason": "no answer"},
         "BROKE THE GLASS without waiting for Ada, Grace, accepting no loss: no answer"),
        (EventKind.REQUEST_APPROVED, {"people": ["person:Ada", "slack:U1"]}, "the quorum is complete: Ada, U1"),
        (EventKind.STEP_NOT_REACHED, {"title": "fence", "detail": "no answer"}, "step not reached: fence (no answer)"),
        (EventKind.INCIDENT_JOINED, {"title": "a is down", "signals": ["x", "y"]},
         "joined the incident: a is down (2 signals)"),
        (EventKind.RUN_HELD, {"reasons": ["one", "two"]}, "held for a person to decide: one; two"),
        (EventKind.RUN_LOSS_GREW, {"loss_s": None}, "more is lost than when the step was begun: unknown"),
    ],
)  # fmt: skip
def test_events_say_what_happened(kind: EventKind, data: dict[str, Any], said: str) -> None:
    assert words(event(kind, **data)) == said


def test_a_kind_without_words_of_its_own_tells_its_data() -> None:
    unknown = event(EventKind.NOTE_ADDED, region="eu-west-1", count=4, proof="hidden", nothing=None)
    assert words(unknown.model_copy(update={"kind": "other.thing"})) == "other thing: region eu-west-1, count 4"
