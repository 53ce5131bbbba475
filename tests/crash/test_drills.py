"""Drills killed, braked and cut short at each of their points: nothing of theirs is left, and no intent is late."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dr_core.approvals.ack import cancel
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.proof import AckSigner
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.aws.sending import ask_guard
from dr_core.clock import ManualClock
from dr_core.drills.agenda import SECRET, WRITE
from dr_core.drills.carrying import Carrying
from dr_core.drills.intents import intents_of
from dr_core.drills.model import DrillKind, DrillState, Result
from dr_core.errors import ThrottledError, UnreachableError
from dr_core.execution import brake
from dr_core.execution.model import RunState, StepState
from dr_core.failpoints import Point, When
from dr_core.observation.model import Verdict
from dr_core.plan.step import Mode, Purpose
from dr_core.store import drills, observations, requests, scope
from dr_core.store.engine import Tx
from dr_core.store.tables import run, step
from dr_core.topology.model import Topology
from tests.crash.answers import LostAnswer
from tests.crash.databases import SqliteDatabase
from tests.crash.drill_ground import ADA, CENTRAL, LEASE_OVER_S, WEST, At, Ground, alone, ground
from tests.crash.kills import killed
from tests.unit.approvals.conftest import approve, enrol, observed, see
from tests.unit.approvals.conftest import ask as ask_for

LIVE_PATIENCE_S = 6 * 3600.0


@pytest.fixture
def here(sqlite_template: Path, tmp_path: Path, shop: Topology) -> Iterator[Ground]:
    clock = ManualClock()
    database = SqliteDatabase(sqlite_template, tmp_path, clock, pooled=False)
    made = ground(database, clock, alone(shop), AckSigner.load_or_create(tmp_path / "ack.pem"))
    enrol(made.services)
    yield made
    database.close()


def kinds(here: Ground) -> list[str]:
    return [event.kind for event in here.services.store.read(lambda tx: listing(tx, limit=500))]


def test_a_worker_that_dies_anywhere_is_followed_by_one_that_ends_the_drill_and_cleans_up(here: Ground) -> None:
    asked = here.ask(DrillKind.ISOLATED)
    deaths: list[tuple[Point, When, Any]] = []
    here.live(asked.id, lambda point, when: deaths.append((point, when, here.picture())))
    assert here.left() == {}
    for point, when, left_behind in deaths:
        here.back_to(left_behind)
        here.clock.advance(LEASE_OVER_S)
        ended = here.live(asked.id)
        assert (ended.state, here.left(), here.unintended) == (DrillState.PASSED, {}, []), (point, when)
        assert kinds(here).count(EventKind.DRILL_ENDED) == 1
        assert here.services.store.read(verify).ok
    died_at = {(point, when) for point, when, _ in deaths}
    assert died_at >= {
        (point, when) for point in (Point.DRILL_CALL, Point.DRILL_KEEP, Point.DRILL_TAKE) for when in When
    }
    assert len(deaths) > 40


def test_a_brake_at_any_moment_ends_the_drill_which_cleans_up_alone(here: Ground) -> None:
    asked = here.ask(DrillKind.ISOLATED)
    begin = here.picture()
    ends = set()
    for number in range(1, 1000):
        here.back_to(begin)
        stop = At(number, lambda: brake.engage(here.services, actor=ADA, reason="stop", cmd_id="brake"))
        ended = here.live(asked.id, stop)
        if stop.where is None:
            break
        ends.add(ended.state)
        assert here.left() == {}, stop.where
        stopped = ended.state is DrillState.INTERRUPTED
        assert ("the brake is on" in ended.reason) is stopped
        assert kinds(here).count(EventKind.DRILL_INTERRUPTED) == stopped
    assert ends == {DrillState.INTERRUPTED, DrillState.PASSED}


def test_an_answer_that_is_lost_is_told_once(here: Ground) -> None:
    asked = here.ask(DrillKind.PROBE)
    begin = here.picture()
    lost = []
    for number in range(1, 1000):
        here.back_to(begin)
        answer = LostAnswer(number, [Point.DRILL_KEEP, Point.DRILL_TAKE, Point.DRILL_BEAT])
        ended = here.live(asked.id, answer)
        if answer.lost is None:
            break
        lost.append(answer.lost)
        assert (ended.state, here.left()) == (DrillState.PASSED, {})
        assert kinds(here).count(EventKind.DRILL_ENDED) == 1
        assert kinds(here).count(EventKind.DRILL_RESULT) == len(ended.exercises)
    assert {*lost} == {Point.DRILL_KEEP, Point.DRILL_TAKE, Point.DRILL_BEAT}


@pytest.mark.parametrize("when", list(When))
def test_a_drill_that_is_asked_for_again_after_a_crash_is_the_same_one(here: Ground, when: When) -> None:
    killed(lambda: here.ask(DrillKind.PROBE), Point.DRILL_ASK, when)
    asked = here.ask(DrillKind.PROBE)
    assert [one.id for one in here.services.store.read(drills.unfinished)] == [asked.id]
    assert kinds(here).count(EventKind.DRILL_ASKED) == 1


def moved_to(here: Ground, region: str, down: tuple[str, ...] = ()) -> None:
    """What a worker observes once the writer is there."""
    seen = observed(here.clock.now())
    assert seen.database is not None
    members = tuple(one.model_copy(update={"is_writer": one.region == region}) for one in seen.database.members)
    database = seen.database.model_copy(update={"members": members})
    traffic = tuple(one.model_copy(update={"answers": (region,)}) for one in seen.traffic)
    verdicts = tuple(
        one.model_copy(update={"verdict": Verdict.DOWN}) if one.region in down else one for one in seen.verdicts
    )
    signals = tuple(one for one in seen.signals if one.region not in down)
    away = seen.model_copy(
        update={
            "verdicts": verdicts,
            "signals": signals,
            "writers": (region,),
            "database": database,
            "traffic": traffic,
            "readings": (),
            "capacity": (),
        }
    )
    here.services.store.write(lambda tx: observations.save(tx, away))


def carried_out(here: Ground, request: Request, end: RunState = RunState.SUCCEEDED, done: tuple[str, ...] = ()) -> None:
    """One approver acknowledges it, and its run ends: the runner has tests of its own."""
    ended(here, str(approve(here.services, request, "U0GRACE", None).run_id), end, done)


def ended(here: Ground, name: str, end: RunState, done: tuple[str, ...] = ()) -> None:
    """`done`: kinds of its steps."""
    how = {"state": end.value, "ended_at": here.clock.now()}

    def work(tx: Tx) -> None:
        tx.conn.execute(update(run).where(run.c.id == name).values(**how))
        steps = update(step).where(step.c.run == name, step.c.kind.in_(done))
        tx.conn.execute(steps.values(state=StepState.DONE.value, attempt=1))
        scope.free(tx, name)

    here.services.store.write(work)


def rounds(here: Ground, worker: Carrying) -> None:
    for _ in range(10):
        here.clock.advance(5)
        worker.round()


@pytest.mark.parametrize("when", list(When))
def test_a_live_drill_asks_for_each_way_once_whoever_died_between(here: Ground, when: When) -> None:
    killed(lambda: here.ask(DrillKind.LIVE), Point.REQUEST_OPEN, when)
    [drill] = here.services.store.read(drills.unfinished)
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    assert (there.plan.purpose, there.plan.target, there.requester) == (Purpose.DRILL, WEST, ADA)
    carried_out(here, there)
    moved_to(here, WEST)
    rounds(here, worker)
    [back] = here.services.store.read(requests.open_requests)
    assert (back.plan.purpose, back.plan.source, back.plan.target) == (Purpose.DRILL, WEST, CENTRAL)
    carried_out(here, back)
    rounds(here, worker)
    over = here.drill(drill.id)
    assert [one.result for one in over.exercises] == [Result.PASSED, Result.PASSED]
    assert (over.state, over.request) == (DrillState.PASSED, back.id)
    assert kinds(here).count(EventKind.REQUEST_OPENED) == 2


def test_a_live_drill_that_nobody_acknowledges_has_failed_and_asks_for_no_way_back(here: Ground) -> None:
    asked = here.ask(DrillKind.LIVE)
    assert asked.request is not None
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    cancel(here.services, there.id, actor=ADA, cmd_id="cancel")
    rounds(here, worker)
    over = here.drill(asked.id)
    assert [one.result for one in over.exercises] == [Result.FAILED, Result.SKIPPED]
    assert "cancelled" in over.exercises[0].detail
    assert here.services.store.read(requests.open_requests) == ()


def test_a_way_there_that_expired_may_be_renewed_until_the_drill_is_over_and_not_after(here: Ground) -> None:
    asked = here.ask(DrillKind.LIVE)
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    here.clock.advance(there.plan.policy.expires_after_s + 1)
    assert expire_due(here.services) == 1
    rounds(here, worker)
    assert here.drill(asked.id).exercises[0].result is None
    here.clock.advance(LIVE_PATIENCE_S)
    rounds(here, worker)
    over = here.drill(asked.id)
    assert [one.result for one in over.exercises] == [Result.FAILED, Result.SKIPPED]
    kept = here.services.store.read(lambda tx: requests.get(tx, there.id))
    assert (over.state, kept.state) == (DrillState.FAILED, RequestState.VOID)


@pytest.mark.parametrize(
    ("done", "moved"), [(("failover-aurora", "switchover-aurora"), True), (("fence-source",), False)]
)
def test_a_way_there_that_failed_behind_the_promotion_has_a_way_back(
    here: Ground, done: tuple[str, ...], moved: bool
) -> None:
    asked = here.ask(DrillKind.LIVE)
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    carried_out(here, there, RunState.FAILED, done)
    moved_to(here, WEST if moved else CENTRAL)
    rounds(here, worker)
    ways = [(one.plan.source, one.plan.target) for one in here.services.store.read(requests.open_requests)]
    assert ways == ([(WEST, CENTRAL)] if moved else [])
    assert here.drill(asked.id).exercises[0].result is Result.FAILED
    assert here.drill(asked.id).state.finished is not moved


def test_a_way_back_that_is_stopped_tells_where_the_application_is_left(here: Ground) -> None:
    asked = here.ask(DrillKind.LIVE)
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    carried_out(here, there)
    moved_to(here, WEST, down=(CENTRAL,))
    rounds(here, worker)
    back = here.drill(asked.id).exercises[1]
    assert (back.result, here.drill(asked.id).state) == (Result.FAILED, DrillState.FAILED)
    assert "--override" in back.detail
    assert back.detail.endswith(f"shop is still in {WEST}. `failback shop` asks again.")


def test_no_patience_ends_a_way_while_its_run_goes_on(here: Ground) -> None:
    asked = here.ask(DrillKind.LIVE)
    worker = here.worker()
    worker.round()
    [there] = here.services.store.read(requests.open_requests)
    going = str(approve(here.services, there, "U0GRACE", None).run_id)
    here.clock.advance(LIVE_PATIENCE_S)
    rounds(here, worker)
    assert here.drill(asked.id).exercises[0].result is None
    ended(here, going, RunState.SUCCEEDED)
    moved_to(here, WEST)
    rounds(here, worker)
    assert here.drill(asked.id).exercises[0].result is Result.PASSED
    assert len(here.services.store.read(requests.open_requests)) == 1


@pytest.mark.parametrize(("done", "left"), [((), {}), (("scale-target",), {"copies": (2, 2)})])
def test_a_size_is_left_to_a_run_only_once_the_run_has_tried_to_set_it(
    here: Ground, monkeypatch: pytest.MonkeyPatch, done: tuple[str, ...], left: dict[str, object]
) -> None:
    see(here.services)
    request = ask_for(here.services, Mode.PLANNED)
    asked, worker = here.ask(DrillKind.PROBE), here.worker()
    began: list[str] = []
    stand_by = here.capacity.stand_by

    def overtaken(*args: Any) -> None:
        if not began:
            began.append(str(approve(here.services, request, "U0GRACE", None).run_id))
        ask_guard()  # as every request to AWS does right before it leaves
        stand_by(*args)

    monkeypatch.setattr(here.capacity, "stand_by", overtaken)
    while not began:
        rounds(here, worker)
    rounds(here, worker)
    assert here.left() == {"copies": (2, 2)}
    assert [one.kind for one in here.drill(asked.id).unclean] == ["scale"]
    ended(here, began[0], RunState.ABORTED, done)
    rounds(here, worker)
    assert (here.drill(asked.id).unclean, here.left()) == ((), left)


def silent(*_: object) -> None:
    raise UnreachableError("Secrets Manager did not answer.")


def test_who_is_never_reached_says_nothing_and_costs_the_next_none_of_its_patience(
    here: Ground, shop: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that is not reached for a minute is unknown, and a throttle after that is tried again."""
    here.services = replace(here.services, topology=shop)
    asked, worker = here.ask(DrillKind.PROBE), here.worker()
    locks, throttled = here.objects.locks, [ThrottledError("Rate exceeded.")]

    def once_throttled(bucket: str, region: str) -> bool:
        if throttled:
            raise throttled.pop()
        return locks(bucket, region)

    monkeypatch.setattr(here.ports.secrets, "view", silent)
    monkeypatch.setattr(here.objects, "locks", once_throttled)
    for _ in range(4):
        rounds(here, worker)
    found = {one.kind: one for one in here.drill(asked.id).exercises}
    assert found[SECRET].result is Result.UNKNOWN
    assert found[SECRET].detail == "not within 1 min: Secrets Manager did not answer."
    assert (found[WRITE].result, throttled) == (Result.PASSED, [])


def test_an_exercise_that_only_looks_and_is_cut_short_leaves_no_intent_open(
    here: Ground, shop: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.services = replace(here.services, topology=shop)
    asked, worker = here.ask(DrillKind.PROBE), here.worker()
    monkeypatch.setattr(here.ports.secrets, "view", silent)
    worker.round()
    brake.engage(here.services, actor=ADA, reason="stop", cmd_id="brake")
    rounds(here, worker)
    assert here.drill(asked.id).state is DrillState.INTERRUPTED
    found = here.services.store.read(lambda tx: intents_of(tx, asked.id)).values()
    assert "drill-secret" in {intent.kind for intent in found}
    assert all(intent.until is not None for intent in found)


def test_another_trouble_of_a_clean_up_is_told_again(here: Ground) -> None:
    asked, worker = here.ask(DrillKind.PROBE), here.worker()
    for silent in (CENTRAL, WEST):
        here.objects.down = {CENTRAL} if silent == CENTRAL else {WEST}
        for _ in range(3):
            rounds(here, worker)
    told = [event.data["trouble"] for event in here.services.store.read(lambda tx: listing(tx, limit=500))
            if event.kind == EventKind.DRILL_UNCLEAN]  # fmt: skip
    assert told == [f"S3 in {region} did not answer." for region in (CENTRAL, WEST)]
    here.objects.down = set()
    assert (here.live(asked.id).state, here.left()) == (DrillState.PASSED, {})
