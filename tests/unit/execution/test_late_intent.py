"""A finished run that reaches the lost region at last, and a new run of the application: only one of them acts."""

from collections.abc import Callable

import pytest

from dr_core.audit.events import Event, EventKind
from dr_core.errors import DrError
from dr_core.execution.model import Run
from dr_core.execution.runner import Runner
from dr_core.store import events, requests, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change

from .conftest import Stage
from .meanwhile import meanwhile
from .test_follow_up import DEAD
from .test_lives import PLAN, effects


@pytest.fixture
def following(stage: Stage) -> Runner:
    """The worker of a run that has succeeded, and whose lost region answers again."""
    stage.begin(PLAN)
    stage.world.observe_errors["fence"] = list[DrError | None]([DEAD]) * 10_000
    runner = stage.runner()
    stage.until_finished(runner, 120)
    stage.world.observe_errors.clear()
    return runner


def newer_run(stage: Stage) -> None:
    """A run of the application that is made now."""
    request = stage.store.read(lambda tx: requests.get(tx, "r-aaaa2222")).model_copy(update={"id": "r-bbbb2222"})

    def work(tx: Tx) -> None:
        made = requests.create(tx, request, [(EventKind.REQUEST_OPENED, {}, {}, None)])
        runs.create(tx, "run-bbbb2222", made, [(EventKind.RUN_CREATED, {}, {}, None)])

    stage.store.write(work)


def until_it_tries(stage: Stage, runner: Runner) -> Callable[[], None]:
    """Tick until the old run has come to the writing of its late intent, and no further."""

    def work() -> None:
        for _ in range(30):
            runner.tick()
            if late_intents(stage) or runner.owned == ():
                return
            stage.clock.advance(1)

    return work


def late_intents(stage: Stage) -> list[Event]:
    found = stage.store.read(lambda tx: list(events.of_chain(tx, "r-aaaa2222")))
    return [event for event in found if event.data.get("late") is True]


def new_run(stage: Stage) -> Run:
    return stage.store.read(lambda tx: runs.get(tx, "run-bbbb2222"))


def test_no_late_intent_is_written_once_a_new_run_is_there(
    stage: Stage, following: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new run is made when the old one has seen that nobody has the application, and before it writes."""
    told = meanwhile(monkeypatch, runs, "transition", until_it_tries(stage, following), lambda: newer_run(stage))
    if told.other_first:
        assert late_intents(stage) == [], "whoever writes first has the application"
    assert effects(stage).count("fence") == len(late_intents(stage))
    assert new_run(stage).lease_until == stage.run.lease_until


def test_a_new_run_waits_for_the_lease_of_who_has_just_written_a_late_intent(
    stage: Stage, following: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = meanwhile(monkeypatch, events, "put", until_it_tries(stage, following), lambda: newer_run(stage))
    assert not told.other_first
    assert len(late_intents(stage)) == 1
    until = new_run(stage).lease_until
    assert until is not None
    assert until == stage.run.lease_until
    assert until > stage.clock.now()
    other = stage.runner()
    other.tick()
    assert other.owned == ()
    stage.clock.advance(6)
    following.tick()
    assert following.owned == (), "the beat of the old owner is refused"


def test_a_new_run_waits_for_who_may_act_although_a_person_has_ended_it(stage: Stage, following: Runner) -> None:
    until_it_tries(stage, following)()
    ended = Change([(EventKind.RUN_FOLLOWED, {}, {}, None)], {"follow_up": False, "epoch": stage.run.epoch + 1})
    stage.store.write(lambda tx: runs.command(tx, stage.run_id, ended))
    newer_run(stage)
    assert (new_run(stage).lease_until or stage.clock.now()) > stage.clock.now()
