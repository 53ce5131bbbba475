"""Whatever happens to a run while its canary is out, and whoever stops it: no share of the users stays behind."""

from collections.abc import Callable
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.aws.faults import AwsDeniedError, AwsUnreachableError
from dr_core.claim import Claim
from dr_core.errors import DrError, FinalError, RejectedError
from dr_core.execution.model import Ending, Hold, HoldKind, Run, RunState, StepState
from dr_core.execution.pace import overdue, refused_as, refused_for_good
from dr_core.execution.recovery import Moves, next_moves
from dr_core.execution.runner import Runner
from dr_core.plan.steps import make_catalogue
from dr_core.store import brake, runs
from dr_core.store.runs import Change
from dr_core.traffic.memory import MemoryRecords
from tests.ports import some_ports
from tests.unit.execution.conftest import Stage
from tests.unit.execution.test_new_owner import abort, ticks

from .test_runs import BACK, SENT, SOURCE, TARGET, Trial, lite, trial

__all__ = ["lite", "trial"]

DENIED, AWAY = AwsDeniedError("expired"), AwsUnreachableError("no connection")


def hold_it(kind: HoldKind, event: EventKind) -> Callable[[Stage], None]:
    def held(stage: Stage) -> None:
        def work(tx: Any) -> None:
            run = runs.claim(tx, stage.run_id)
            hold = Hold(kind=kind, reason="paused by Ada: look", since=tx.now(), by="Ada")
            runs.command(tx, run.id, Change([(event, {}, {"run": run.id}, None)], holds=(*run.holds, hold)))

        stage.store.write(work)

    return held


pause = hold_it(HoldKind.PAUSED, EventKind.RUN_PAUSED)
ask_again = hold_it(HoldKind.ROUND, EventKind.RUN_ROUND_NEEDED)


def resume(stage: Stage) -> None:
    entry = (EventKind.RUN_RESUMED, {}, {"run": stage.run_id}, None)
    stage.store.write(lambda tx: runs.command(tx, stage.run_id, Change([entry], holds=())))


def stop_all(stage: Stage) -> None:
    entry = (EventKind.BRAKE_ENGAGED, {}, {"reason": "stop"}, None)
    stage.store.write(lambda tx: brake.engage(tx, brake.get(tx), "Ada", "stop", entry))


def broken(records: MemoryRecords, call: str, error: DrError, times: int = 10_000) -> None:
    """That many calls of the kind fail, without an effect."""
    real, left = getattr(records, call), [times]

    def fails(*args: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return real(*args)

    setattr(records, call, fails)


def mended(records: MemoryRecords, call: str) -> None:
    delattr(records, call)


def begun(trial: Trial) -> Runner:
    runner = trial.runner()
    trial.seconds(runner, 8)
    assert trial.weights == SENT
    return runner


@pytest.mark.parametrize(("call", "error"), [("records", DENIED), ("set_active", DENIED), ("set_active", AWAY)])
def test_refusals_end_no_canary_that_is_out(trial: Trial, call: str, error: DrError) -> None:
    runner = begun(trial)
    broken(trial.records, call, error)
    run = trial.seconds(runner, 40)
    assert run.state is RunState.RUNNING
    mended(trial.records, call)
    assert trial.weights == SENT
    run = trial.seconds(runner, 12)
    assert (run.state, trial.weights) == (RunState.SUCCEEDED, BACK)


STOPS = {"paused": pause, "asked again": ask_again, "braked": stop_all}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize("at_once", [False, True], ids=["held", "its start not recorded yet"])
def test_whoever_stops_the_run_has_the_canary_taken_back_and_ended(
    trial: Trial, stop: Callable[[Stage], None], at_once: bool
) -> None:
    runner = trial.runner()
    while trial.weights != SENT:
        trial.seconds(runner, 1)
    trial.seconds(runner, 0 if at_once else 5)
    assert (trial.stage.states()["canary-hold"] == "waiting") is at_once
    trial.ill = {TARGET} if at_once else set()
    stop(trial.stage)
    trial.seconds(runner, 6)
    assert trial.weights == BACK
    run = trial.seconds(runner, 20)
    assert run.state is RunState.FAILED
    assert "taken back before its time" in run.reason


def test_a_canary_that_was_stopped_does_not_pass_by_what_is_measured_afterwards(trial: Trial) -> None:
    runner = begun(trial)
    pause(trial.stage)
    runner.stop()
    for _ in range(30):
        trial.probe()
        trial.stage.clock.advance(1)
    run = trial.seconds(trial.runner("another"), 30)
    assert (run.state, trial.weights) == (RunState.FAILED, BACK)


def test_a_pause_that_is_over_before_anybody_saw_it_ends_no_canary(trial: Trial) -> None:
    runner = begun(trial)
    pause(trial.stage)
    resume(trial.stage)
    assert trial.seconds(runner, 30).state is RunState.SUCCEEDED


@pytest.mark.parametrize(("error", "times"), [(AWAY, 1), (DENIED, 12)])
def test_an_aborted_run_does_not_end_before_its_canary_is_back(trial: Trial, error: DrError, times: int) -> None:
    """The first return without an answer or effect, or refused for longer than an abort is patient."""
    runner = begun(trial)
    error = AwsUnreachableError(error.message) if times == 1 else error
    if isinstance(error, AwsUnreachableError):
        error.outcome_unknown = times == 1
    broken(trial.records, "set_active", error, times)
    abort(trial.stage)
    while trial.weights == SENT:
        assert trial.stage.states()["canary-hold"] == "running"
        ticks(trial.stage, runner, 1)
    ticks(trial.stage, runner, 30)
    run = trial.stage.run
    assert (run.state, trial.weights) == (RunState.ABORTED, BACK)
    assert run.record("canary-hold").state is StepState.SKIPPED


def test_a_failing_canary_that_stood_still_for_minutes_is_back_when_it_is_aborted(trial: Trial) -> None:
    runner = begun(trial)
    broken(trial.records, "set_active", AWAY)
    trial.ill = {TARGET}
    pause(trial.stage)
    trial.seconds(runner, 20)
    abort(trial.stage)
    ticks(trial.stage, runner, 20)
    mended(trial.records, "set_active")
    run = trial.stage.until_finished(runner, 60)
    assert (run.state, trial.weights) == (RunState.ABORTED, BACK)


class Names:
    """Two names, of which the second may not be shared."""

    def __init__(self, first: MemoryRecords, second: MemoryRecords) -> None:
        self._of = {"www.site.example.net": first, "two.example.net": second}

    def __getattr__(self, call: str) -> Any:
        return lambda spec, *args: getattr(self._of[spec.name], call)(spec, *args)


def two_names(trial: Trial, second_leads_to: str) -> MemoryRecords:
    """The plan's steps for two names, before any worker has seen them."""
    other = trial.spec.model_copy(update={"name": "two.example.net"})
    values = {SOURCE: ("192.0.2.3",), TARGET: ("192.0.2.4",)}
    second = MemoryRecords(other, second_leads_to, values, trial.stage.clock)
    ports = some_ports(records=Names(trial.records, second), trials=trial.kinds["canary-hold"].ports.trials)
    inner = make_catalogue(ports)
    both = [one.model_dump(mode="json") for one in (trial.spec, other)]

    class Both:
        def __init__(self, name: str) -> None:
            self._kind = inner[name]

        def observe(self, step: Any) -> Any:
            return self._kind.observe(step.model_copy(update={"params": {**step.params, "records": both}}))

        def act(self, step: Any, claim: Any) -> None:
            self._kind.act(step.model_copy(update={"params": {**step.params, "records": both}}), claim)

    trial.kinds = {name: Both(name) for name in ("canary-start", "canary-hold")}
    return second


def test_a_start_that_reached_one_of_two_names_is_taken_back_before_its_run_ends(trial: Trial) -> None:
    second = two_names(trial, SOURCE)
    broken(second, "set_weights", AWAY)
    broken(trial.records, "set_active", AWAY)
    runner = trial.runner()
    ticks(trial.stage, runner, 310)
    assert trial.stage.states() == {"canary-start": "failed", "canary-hold": "running"}
    assert trial.weights == SENT
    mended(trial.records, "set_active")
    run = trial.stage.until_finished(runner, 40)
    assert (run.state, trial.weights) == (RunState.FAILED, BACK)
    assert run.reason.startswith(run.plan.step("canary-start").title), "what failed first is told"
    assert run.record("canary-hold").state is StepState.SKIPPED


def test_one_of_two_names_that_is_away_costs_the_other_one_its_share_at_once(trial: Trial) -> None:
    second = two_names(trial, SOURCE)
    broken(second, "set_weights", AWAY)
    trial.seconds(trial.runner(), 5)
    assert trial.weights == BACK


def test_a_start_that_was_refused_moves_nobody_who_was_elsewhere(trial: Trial) -> None:
    """After half a move the records lead to the target: nothing of that is a canary's to take back."""
    trial.records.set_active(trial.spec, TARGET, Claim("t", "run-before", 1))
    run = trial.stage.until_finished(trial.runner(), 60)
    assert run.state is RunState.FAILED
    assert "--override no-canary" in run.reason
    assert trial.weights == {SOURCE: 0, TARGET: 100}


# -- the pure decisions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "faults", "given_up"),
    [
        (DENIED, 99, False),
        (RejectedError("NoSuchHostedZone"), 99, False),
        (AWAY, 99, False),
        (FinalError("failed and back"), 4, False),
        (FinalError("failed and back"), 5, True),
    ],
)
def test_only_its_own_word_ends_what_takes_back(trial: Trial, error: DrError, faults: int, given_up: bool) -> None:
    assert refused_for_good(trial.stage.run.plan.step("canary-hold"), error, faults) is given_up


def at(run: Run, start: StepState, hold: StepState, **more: Any) -> Run:
    first, second = run.steps
    states = (
        first.model_copy(update={"state": start, "started_at": None if start is StepState.WAITING else run.created_at}),
        second.model_copy(update={"state": hold}),
    )
    return run.model_copy(update={"steps": states, "state": RunState.RUNNING, **more})


W, R, D = StepState.WAITING, StepState.RUNNING, StepState.DONE
F, S, U = StepState.FAILED, StepState.SKIPPED, StepState.UNCERTAIN
BEGIN, LOOK = Moves(start=("canary-hold",)), Moves(look=("canary-hold",))


@pytest.mark.parametrize(
    ("start", "hold", "how", "moves"),
    [
        (W, W, "braked", Moves()),
        (W, W, "ending", Moves(end=RunState.ABORTED)),  # nothing of it was begun
        (R, W, "braked", Moves(look=("canary-start",))),  # first what became of the start
        (R, W, "ending", Moves(look=("canary-start",))),
        (D, W, "braked", BEGIN),
        (D, W, "ending", BEGIN),
        (S, W, "ending", BEGIN),  # of several names it may have reached some
        (U, W, "ending", BEGIN),
        (F, W, "", BEGIN),
        (F, W, "braked", BEGIN),
        (F, R, "", LOOK),
        (D, R, "ending", LOOK),
        (F, S, "", Moves(end=RunState.FAILED)),
        (D, S, "ending", Moves(end=RunState.ABORTED)),
        (D, F, "braked", Moves(end=RunState.FAILED)),
    ],
)
def test_no_run_ends_or_stands_still_with_a_share_that_nobody_takes_back(
    trial: Trial, start: StepState, hold: StepState, how: str, moves: Moves
) -> None:
    run = trial.stage.run
    ending = Ending(by="Ada", reason="stop", at=run.created_at) if how == "ending" else None
    found = at(run, start, hold, ending=ending, braked_since=run.created_at if how == "braked" else None)
    assert next_moves(found, gated=False) == moves


def test_what_takes_back_has_no_end_by_time_and_fails_no_run_that_is_over(trial: Trial) -> None:
    run, step = trial.stage.run, trial.stage.run.plan.step("canary-hold")
    ending = Ending(by="Ada", reason="stop", at=run.created_at)
    for found in (at(run, D, R), at(run, D, R, ending=ending)):
        assert overdue(found, step, maybe_done=True) is None
    assert refused_as(at(run, D, R), step) is F
    assert refused_as(at(run, D, R, ending=ending), step) is refused_as(at(run, F, R), step) is S
