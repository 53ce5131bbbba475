"""A run is taken back by a request of its own: when it may be asked for, and what voids it."""

from typing import Any

import pytest
from sqlalchemy import update

from dr_core.approvals.lapse import misfit
from dr_core.approvals.open import Proposal
from dr_core.approvals.planning import again, asked, taken_back
from dr_core.approvals.rolling_back import roll_back
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.detection.detector import Detector
from dr_core.drills.agenda import SCALE
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise, Stage
from dr_core.errors import ConflictError, RefusedError
from dr_core.execution import control
from dr_core.execution.at_work import works_of
from dr_core.execution.lease import NamedLease
from dr_core.execution.left_as import left_as
from dr_core.execution.model import Run, RunState, StepState
from dr_core.execution.outcomes import errands_undone, in_the_way, taken_back_by
from dr_core.observation.model import SignalState, Verdict
from dr_core.plan.step import Mode, Purpose
from dr_core.preparation.model import Item, ItemState, Preparation
from dr_core.store import drills, events, observations, preparations, runs
from dr_core.store.events import Entry
from dr_core.store.runs import Change, StepChange
from dr_core.store.tables import step
from tests.unit.approvals.conftest import CENTRAL, WEST, approve


def aborted(room: Any, at: str) -> Run:
    """A planned run that a person ended as soon as a step of that kind was done."""
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    worker = room.worker()

    def there(run: Run) -> bool:
        records = [run.record(step.name) for step in run.plan.steps if step.kind == at]
        return any(record.state is StepState.DONE for record in records)

    room.until(worker, run_id, there)
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="wrong", confirmed=True)
    room.until(worker, run_id, lambda run: run.state.finished)
    run: Run = room.run(run_id)
    return run


def ask_back(room: Any, run: Run, **more: Any) -> Any:
    given = {"actor": room.person("U0REQUESTER"), "reason": "it was wrong", "cmd_id": "slack:b1"} | more
    return roll_back(room.services, run.id, **given)


def refused(room: Any, run: Run) -> str:
    with pytest.raises((ConflictError, RefusedError)) as told:
        room.services.store.read(lambda tx: taken_back(tx, room.services.topology, run.id))
    return str(told.value)


def test_a_run_that_was_aborted_is_taken_back_by_a_request_of_its_own(room: Any) -> None:
    run = aborted(room, "fence-source")
    assert run.state is RunState.ABORTED
    request = ask_back(room, run)
    plan = request.plan
    assert (plan.purpose, plan.undoes, plan.source, plan.target) == (Purpose.ROLLBACK, run.id, WEST, CENTRAL)
    assert request.loss_limit_s == 0
    assert ask_back(room, run).id == request.id, "the same press twice"
    outcome = approve(room.services, request, "U0ADA")
    worker = room.worker()
    room.until(worker, outcome.run_id, lambda back: back.state.finished)
    assert room.run(outcome.run_id).state is RunState.SUCCEEDED
    assert f"taken back by {outcome.run_id} already" in refused(room, run)


def switch_off(room: Any, *, database: SignalState) -> None:
    """As a pass sees the source after its fence: nothing runs there, and the database is `database`."""
    room.see()
    seen = room.services.store.read(lambda tx: observations.latest(tx, "shop"))
    home = next(one for one in seen.signals if one.region == CENTRAL)
    size = home.model_copy(update={"component": "capacity", "name": "shop/api", "state": SignalState.BAD})
    signals = [one.model_copy(update={"state": database}) if one == home else one for one in seen.signals]
    sizes = [
        one.model_copy(update={"desired": 0, "running": 0}) if one.region == CENTRAL else one for one in seen.capacity
    ]
    verdicts = [
        one.model_copy(update={"verdict": Verdict.DOWN}) if one.region == CENTRAL else one for one in seen.verdicts
    ]
    new = seen.model_copy(update={"signals": (*signals, size), "capacity": tuple(sizes), "verdicts": tuple(verdicts)})
    room.services.store.write(lambda tx: observations.save(tx, new))


def test_a_region_that_an_ended_run_switched_off_is_switched_on_again_and_not_given_up(room: Any) -> None:
    run = aborted(room, "fence-source")

    def plan(mode: Mode) -> dict[str, str]:
        moved = asked(room.services.topology, "shop", source=CENTRAL, target=WEST, mode=mode)
        found = room.services.store.read(lambda tx: Proposal(tx, room.services, moved)).findings
        return {one.code: f"{one.severity} {one.message} {one.way_out}" for one in found}

    switch_off(room, database=SignalState.OK)
    assert f"`rollback {run.id}`" in plan(Mode.PLANNED)["wrong-mode"]
    assert "--forced" not in plan(Mode.PLANNED)["wrong-mode"]
    assert plan(Mode.FORCED)["switched-off"].startswith("warning")
    Detector(room.services, NamedLease(room.services.store, "detection", "w", 15)).round()
    held = [one for one in room.services.store.read(lambda tx: listing(tx, limit=50)) if one.kind == "detection.held"]
    assert [one.data["command"] for one in held] == [f"rollback {run.id} --reason TEXT"]
    switch_off(room, database=SignalState.BAD)
    assert "switched-off" not in plan(Mode.FORCED), "its database is down, too"


def test_what_was_prepared_goes_back_to_the_size_before_that(room: Any) -> None:
    """Though the run only found it there, and whatever the configuration calls a standby's size."""
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    room.until(room.worker(), run_id, lambda run: run.state.finished)
    run = room.run(run_id)
    [scaled] = [step for step in run.plan.steps if step.kind == "scale-target"]
    kept = Item(
        step=scaled.name, title=scaled.title, name="shop/api", entry=scaled.params["entry"], region=WEST, count=4,
        size=2, state=ItemState.KEPT,
    )  # fmt: skip
    as_found = update(step).where(step.c.run == run_id, step.c.name == scaled.name).values(evidence="{}")
    room.services.store.write(lambda tx: tx.conn.execute(as_found))
    assert resting(room, run_id) != [2]
    room.services.store.write(lambda tx: preparations.put(tx, Preparation(request=run.request, items=(kept,))))
    assert resting(room, run_id) == [2]
    copy = Exercise(name="scale", kind=SCALE, title="", region=WEST, stage=Stage.CLEAN, since=run.created_at,
                    clean_at=run.ended_at, kept={"desired": 1}, params={"entry": scaled.params["entry"]})  # fmt: skip
    drill = Drill(id="d-1", application="shop", kind=DrillKind.PROBE, state=DrillState.INTERRUPTED, source=CENTRAL,
                  by=room.person("U0ADA"), asked_at=run.created_at, exercises=(copy,))  # fmt: skip
    room.services.store.write(lambda tx: drills.add(tx, drill))
    assert resting(room, run_id) == [1], "one of the two was the copy of a drill, which was left to the run"


def resting(room: Any, run_id: str) -> list[Any]:
    """The sizes to which its rollback would bring the target's standby."""
    plan = room.services.store.read(lambda tx: taken_back(tx, room.services.topology, run_id))
    return [step.params["count"] for step in plan.steps if step.kind == "scale-to-standby"]


def test_one_that_has_changed_nothing_is_refused(room: Any) -> None:
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    control.abort(room.services, run_id, actor=room.person("U0ADA"), reason="wrong", confirmed=True)
    room.until(room.worker(), run_id, lambda run: run.state.finished)
    assert "changed nothing" in refused(room, room.run(run_id))


def test_one_that_is_not_finished_is_aborted_first(room: Any) -> None:
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    assert f"run abort {run_id}" in refused(room, room.run(run_id))


def test_a_step_that_is_reached_after_the_request_voids_it(room: Any) -> None:
    """What would be done now is not what was asked for."""
    run = aborted(room, "fence-source")
    request = ask_back(room, run)
    assert unfit(room, request) is None
    late = next(record.name for record in run.steps if record.state in (StepState.WAITING, StepState.SKIPPED))
    found = '{"before": {"writers": ["eu-central-1"]}}'
    entry: Entry = (EventKind.STEP_NOT_REACHED, {}, {}, None)
    change = Change([entry], {}, StepChange(late, {"state": StepState.NOT_REACHED.value, "evidence": found}))
    room.services.store.write(lambda tx: runs.command(tx, run.id, change))
    assert unfit(room, request) == "its plan is not what the configuration says now"


def unfit(room: Any, request: Any) -> str | None:
    told: str | None = room.services.store.read(lambda tx: misfit(tx, room.services, request))
    return told


def test_it_is_made_again_from_the_records(room: Any) -> None:
    run = aborted(room, "fence-source")
    request = ask_back(room, run)
    made = room.services.store.read(lambda tx: again(tx, room.services.topology, request.plan))
    assert made.digest() == request.digest


def test_what_stood_before_the_first_call_is_kept_over_attempts_and_stands_in_the_trail(room: Any) -> None:
    run = aborted(room, "fence-source")
    told = room.services.store.read(lambda tx: list(events.of_chain(tx, run.request)))
    found = {event.data["step"]: event.data["before"] for event in told if event.kind == EventKind.STEP_FOUND}
    assert found
    assert {record.name: record.before for record in run.steps if record.before is not None} == found
    intents = [event.data["step"] for event in told if event.kind == EventKind.STEP_INTENT]
    assert set(found) <= set(intents)


def later(run: Run, name: str, **changes: Any) -> Run:
    plan = run.plan.model_copy(update=changes.pop("plan", {}))
    return run.model_copy(update={"id": name, "plan": plan, **changes})


def test_a_later_run_is_taken_back_first_unless_it_has_done_nothing_or_was_itself(room: Any) -> None:
    run = aborted(room, "fence-source")
    other = later(run, "run-2")
    idle = later(run, "run-3", steps=())
    back = later(run, "run-4", state=RunState.SUCCEEDED, plan={"purpose": Purpose.ROLLBACK, "undoes": "run-2"})
    half = later(back, "run-5", state=RunState.ABORTED)
    own = later(run, "run-6", plan={"purpose": Purpose.ROLLBACK, "undoes": run.id})
    assert in_the_way(run, [other]) == other
    assert in_the_way(run, [idle]) is None
    assert in_the_way(run, [back, other]) is None
    assert in_the_way(run, [half, other]) == half
    assert in_the_way(run, [own]) is None, "each rollback of it goes back to the same state"
    assert taken_back_by(run, [own]) is None, "one that did not succeed is tried again"
    done = later(own, "run-7", state=RunState.SUCCEEDED)
    redone = later(done, "run-8", plan={"undoes": "run-7"})
    assert taken_back_by(run, [done]) == done
    assert taken_back_by(run, [redone, done]) is None
    again = later(back, "run-9", plan={"undoes": "run-4"})
    assert in_the_way(run, [again, back, other]) == other, "its rollback was taken back: it stands again"
    back_again = later(back, "run-10", plan={"undoes": "run-9"})
    assert in_the_way(run, [back_again, again, back, other]) is None


def test_what_the_team_has_taken_back_is_not_taken_back_again(room: Any) -> None:
    run = aborted(room, "fence-source")
    first, second = run.plan.steps[:2]
    asked = first.model_copy(update={"params": {"verb": "undo"}})
    done = tuple(run.record(step.name).model_copy(update={"state": StepState.DONE}) for step in (first, second))
    own = later(
        run, "run-2", steps=done, plan={"undoes": run.id, "purpose": Purpose.ROLLBACK, "steps": (asked, second)}
    )
    assert errands_undone(run, [own]) == {first.name}, "the others are looked at again"
    assert errands_undone(run, [later(own, "run-3", plan={"undoes": "run-x"})]) == frozenset()
    failed = own.model_copy(update={"steps": tuple(r.model_copy(update={"state": StepState.FAILED}) for r in done)})
    assert errands_undone(run, [failed]) == frozenset()


def test_it_expects_what_the_run_has_left_unless_a_later_one_has_acted(room: Any) -> None:
    run = aborted(room, "fence-source")
    fence = next(run.record(step.name) for step in run.plan.steps if step.kind == "fence-source")
    told = {"desired": 0, "before": {"desired": 4}}
    told_by = tuple(r.model_copy(update={"evidence": told}) if r == fence else r for r in run.steps)
    run = run.model_copy(update={"steps": told_by})
    found = left_as(run, ())
    assert [(left.of, left.seen["desired"], left.at) for left in found] == [("capacity", 0, fence.ended_at)]
    sizes = [step for step in run.plan.steps if step.kind in ("scale-target", "fence-source")]
    assert [(work.run, work.region) for work in works_of(run)] == [(run.id, step.region) for step in sizes]
    assert left_as(run, [later(run, "run-2")]) == ()
    assert left_as(run, [later(run, "run-3", steps=())]) != ()
    unseen = tuple(r.model_copy(update={"state": StepState.UNCERTAIN}) for r in run.steps)
    assert left_as(run.model_copy(update={"steps": unseen}), ()) == ()


def test_what_lies_too_far_back_is_refused(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = aborted(room, "fence-source")
    monkeypatch.setattr("dr_core.approvals.planning._LATER", 0)
    assert f"runs since {run.id}" in refused(room, run)
