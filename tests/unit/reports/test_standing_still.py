"""Why nothing new starts in a run, in sentences; and when its worker counts as not heard of."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.execution.model import Ending, Hold, HoldKind, Run, RunState
from dr_core.plan.step import Plan
from dr_core.reports.run import silent_s, stopped

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def run(**changes: object) -> Run:
    values = {
        "id": "run-1", "request": "r-1", "application": "shop", "plan": Plan.model_construct(),
        "state": RunState.RUNNING, "epoch": 1, "owner": "w", "lease_until": NOW, "hold": None,
        "created_at": NOW, "started_at": NOW, "ended_at": None,
    }  # fmt: skip
    return Run.model_construct(**values | changes)  # type: ignore[arg-type]  # the run's own fields


def hold(kind: HoldKind, reason: str, by: str | None = None) -> Hold:
    return Hold(kind=kind, reason=reason, since=NOW, by=by)


def test_a_run_that_goes_on_has_nothing_to_say() -> None:
    assert stopped(run()) == ()


def test_every_reason_is_a_sentence_of_its_own_the_wish_to_end_first() -> None:
    found = run(
        ending=Ending(by="Ada", reason="wrong", at=NOW),
        braked_since=NOW,
        holds=(
            hold(HoldKind.PAUSED, "paused by Grace: wait", "Grace"),
            hold(HoldKind.UNCERTAIN, "promote is uncertain: no answer"),
            hold(HoldKind.ROUND, "120 s are more than 60 s"),
        ),
    )
    assert stopped(found) == (
        "is to end, asked by Ada: wrong",
        "the brake is on",
        "paused by Grace: wait",
        "a person must look: promote is uncertain: no answer",
        "needs its approvals again: 120 s are more than 60 s",
    )


def test_a_finished_run_does_not_stand_still() -> None:
    assert stopped(run(state=RunState.ABORTED, ending=Ending(by="Ada", reason="wrong", at=NOW))) == ()


@pytest.mark.parametrize(
    ("age_s", "owner", "state", "expected"),
    [
        (3, "w", RunState.RUNNING, None),
        (20, "w", RunState.RUNNING, None),
        (21, "w", RunState.RUNNING, 20),
        (38.9, "w", RunState.HELD, 35),
        (38.9, None, RunState.PENDING, None),
        (900, "w", RunState.SUCCEEDED, None),
    ],
)
def test_silence_counts_in_steps_of_five_seconds_while_somebody_owns_it(
    age_s: float, owner: str | None, state: RunState, expected: int | None
) -> None:
    found = run(owner=owner, state=state, beat_at=NOW - timedelta(seconds=age_s))
    assert silent_s(found, NOW) == expected


def test_a_run_that_nobody_ever_had_is_not_silent() -> None:
    assert silent_s(run(beat_at=None), NOW) is None
