"""The steps that only the way home has, on the fakes and on the simulated AWS."""

from dataclasses import dataclass, replace

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.catch_up.memory import MemoryTracks
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.copies.buckets import S3Copies
from dr_core.copies.memory import MemoryBuckets
from dr_core.database.aurora import AuroraDatabase
from dr_core.database.memory import MemoryDatabase
from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation, observed
from dr_core.plan.failover import build
from dr_core.plan.kinds import backfill_buckets, give_back, take_over, verify_steady
from dr_core.plan.kinds.check_rules import BucketsMove
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import make_catalogue
from dr_core.topology.traffic import StandbyTakesOver
from dr_core.traffic.memory import MemoryTakeover
from tests.ports import some_ports

HOME, AWAY = "eu-central-1", "eu-west-1"
ROLE = "arn:aws:iam::111122223333:role/backfill"
ABSENT, MOVING, DONE = Progress.ABSENT, Progress.UNDER_WAY, Progress.SATISFIED
MINE = Claim("run-a-step", "run-a", 1)
ON_AWS = pytest.mark.parametrize("stage", ["aws"], indirect=True)
IN_MEMORY = pytest.mark.parametrize("stage", ["memory"], indirect=True)


@dataclass
class Way:
    """The way home of the shop, whose users were taken away by force; `fault` is what took the region."""

    kinds: Catalogue
    steps: dict[str, Step]
    clock: ManualClock

    def look(self, kind: str, step: Step | None = None) -> StepObservation:
        return observed(self.kinds[kind], step or self.steps[kind], MINE)

    def until_over(self, kind: str, step: Step) -> StepObservation:
        for _ in range(40):
            seen = self.look(kind, step)
            if seen.progress is not MOVING:
                return seen
            self.clock.advance(10)
        raise AssertionError(seen.detail)


def way(stage, **ports) -> Way:
    plan = build(stage.topology, "shop", source=AWAY, target=HOME, mode=Mode.PLANNED)
    return Way(make_catalogue(some_ports(**ports)), {step.kind: step for step in plan.steps}, stage.clock)


@pytest.fixture
def spec(stage):
    return stage.topology.applications["shop"].database.aurora_global


@pytest.fixture
def database(stage, spec):
    """Its writer is in eu-west-1, and eu-central-1 is not back yet."""
    if stage.world is None:
        fake = MemoryDatabase(spec, AWAY, stage.clock)
        fake.rebuilding.add(HOME)
        fake.down.add(HOME)
        return fake
    stage.world.add_fault("region_hangs" if stage.hangs else "region_down", region=HOME)
    made = AuroraDatabase(acting_clients(stage.aws, None), stage.clock)
    made.failover(spec, target=AWAY)
    stage.advance(600)
    return made


@pytest.fixture(autouse=True)
def hangs(stage, request):
    """Whether the old primary lives on behind the cut."""
    stage.hangs = "live_old_writer" in request.node.name
    return stage.hangs


def back(stage, database) -> None:
    """The old region answers again."""
    if stage.world is None:
        database.down.clear()
    else:
        stage.world.remove_fault(None)


def test_what_a_region_that_is_not_back_does_not_tell_is_not_known(stage, database):
    with pytest.raises(UnreachableError):
        way(stage, database=database).look("reprotect-aurora")


def test_the_old_primary_is_waited_for_until_it_is_rebuilt_and_writes_nothing(stage, database):
    found = way(stage, database=database)
    back(stage, database)
    seen = found.look("reprotect-aurora")
    assert (seen.progress, seen.evidence["synchronized"]) == (MOVING, False)
    if stage.world is None:
        database.rebuilding.clear()
    stage.advance(400)
    seen = found.look("reprotect-aurora")
    assert (seen.progress, seen.evidence["synchronized"], seen.evidence["status"]) == (DONE, True, "available")


@ON_AWS
def test_a_live_old_writer_is_not_taken_for_a_standby(stage, database):
    found = way(stage, database=database)
    back(stage, database)
    assert sorted(stage.world.snapshot()["applications"]["shop"]["writers"]) == [HOME, AWAY]
    assert found.look("reprotect-aurora").progress is MOVING
    stage.advance(400)
    assert stage.world.snapshot()["applications"]["shop"]["writers"] == [AWAY]
    assert found.look("reprotect-aurora").progress is DONE


def test_when_the_primary_writes_already_nothing_is_waited_for(stage, database, spec):
    found = way(stage, database=database)
    back(stage, database)
    if stage.world is None:
        database.rebuilding.clear()
    stage.advance(400)
    database.switchover(spec, source=AWAY, target=HOME)
    assert found.look("reprotect-aurora").progress is MOVING
    stage.advance(600)
    assert found.look("reprotect-aurora").progress is DONE


@IN_MEMORY
def test_while_the_region_to_leave_does_not_write_nothing_is_protected_by_it(stage, database, monkeypatch):
    found = way(stage, database=database)
    back(stage, database)
    database.rebuilding.clear()
    state = database.state

    def nobody(*asked, **how):
        told = state(*asked, **how)
        members = tuple(member.model_copy(update={"is_writer": False}) for member in told.members)
        return told.model_copy(update={"members": members})

    monkeypatch.setattr(database, "state", nobody)
    seen = found.look("reprotect-aurora")
    assert (seen.progress, f"nobody, not {AWAY} alone" in seen.detail) == (MOVING, True)


@IN_MEMORY
def test_what_was_taken_out_is_never_waited_for(stage, database):
    back(stage, database)
    database.detached.add(HOME)
    with pytest.raises(RejectedError, match="does not add back"):
        way(stage, database=database).look("reprotect-aurora")


@IN_MEMORY
def test_it_is_caught_up_when_it_was_for_the_whole_hold_and_not_before(stage):
    tracks = MemoryTracks(stage.clock, {"shop": 75.0, "web": 1.0})
    found = way(stage, tracks=tracks)
    seen = found.look("catch-up")
    assert (seen.progress, "75 s, threshold 60 s" in seen.detail) == (MOVING, True)
    tracks.behind["shop"] = 3.0
    assert found.look("catch-up").progress is DONE
    tracks.behind["shop"] = None
    assert found.look("catch-up").progress is MOVING


@IN_MEMORY
def test_without_a_store_nobody_is_caught_up(stage):
    with pytest.raises(RejectedError, match="no store"):
        way(stage).look("catch-up")


@IN_MEMORY
def test_it_is_steady_when_every_state_stands_at_once_and_what_deviates_is_named(stage):
    takeover, app = MemoryTakeover(), stage.topology.applications["shop"]
    switch = StandbyTakesOver(bucket={AWAY: "takeover-eu-west-1"}, key="active", health_check="hc-3")
    move = Move("shop", app, AWAY, HOME, Mode.PLANNED)
    steps = (give_back.plan(move, switch, ()), take_over.plan(replace(move, target=AWAY), switch, ()))
    found = way(stage, takeover=takeover)
    gone, there = (verify_steady.plan(move, [step], ()) for step in steps)
    assert (found.look("verify-steady", gone).progress, found.look("verify-steady", there).progress) == (DONE, MOVING)
    takeover.present.add(AWAY)
    assert (found.look("verify-steady", gone).progress, found.look("verify-steady", there).progress) == (MOVING, DONE)
    seen = found.look("verify-steady", gone)
    assert seen.detail == "not steady: give-back-eu-west-1: the take-over object is still there"
    takeover.down.add(AWAY)
    with pytest.raises(UnreachableError):
        found.look("verify-steady", gone)


# -- what live replication will never carry ---------------------------------------------------------------------------


@pytest.fixture
def buckets(stage):
    if stage.world is not None:
        return S3Copies(acting_clients(stage.aws, None), stage.clock)
    fake = MemoryBuckets(stage.clock)
    stage.take_down = fake.down.add
    return fake


@pytest.fixture
def backfill(stage) -> Step:
    """From the region with objects that are older than their rule."""
    app = stage.topology.applications["shop"]
    move = Move("shop", app, HOME, AWAY, Mode.PLANNED)
    pair = BucketsMove(spec=app.storage[0].s3, source=HOME, target=AWAY)
    return backfill_buckets.plan(move, pair, ROLE, ())


KIND = backfill_buckets.KIND.name


def test_a_job_copies_what_is_missing_without_a_person_and_says_how_much(stage, buckets, backfill):
    found = way(stage, buckets=buckets)
    assert found.look(KIND, backfill).progress is ABSENT
    found.kinds[KIND].act(backfill, MINE)
    found.kinds[KIND].act(backfill, MINE)
    seen = found.until_over(KIND, backfill)
    assert (seen.progress, seen.evidence["status"], seen.evidence["failed"]) == (DONE, "Complete", 0)
    assert seen.evidence["copied"] == seen.evidence["objects"] > 0
    found.kinds[KIND].act(backfill, MINE)
    if stage.world is not None:
        jobs = stage.aws.client("s3control", HOME).list_jobs(AccountId="111122223333")["Jobs"]
        assert len(jobs) == 1


def test_the_second_run_finds_nothing_left_and_says_so(stage, buckets, backfill):
    found = way(stage, buckets=buckets)
    found.kinds[KIND].act(backfill, MINE)
    found.until_over(KIND, backfill)
    if stage.world is None:
        buckets.missing = 0
    another = Claim("run-b-step", "run-b", 1)
    assert observed(found.kinds[KIND], backfill, another).progress is ABSENT
    found.kinds[KIND].act(backfill, another)
    for _ in range(40):
        seen = observed(found.kinds[KIND], backfill, another)
        stage.advance(10)
    assert (seen.progress, "nothing to copy" in seen.detail) == (DONE, True)


@IN_MEMORY
def test_one_object_that_failed_is_not_done(stage, buckets, backfill):
    buckets.unable = 1
    found = way(stage, buckets=buckets)
    found.kinds[KIND].act(backfill, MINE)
    with pytest.raises(RejectedError, match="1 of 3 objects failed"):
        found.look(KIND, backfill)


@ON_AWS
@pytest.mark.parametrize(
    ("kind", "then"), [("error_before", ABSENT), ("error_after", MOVING), ("throttle", ABSENT), ("denied", ABSENT)]
)
def test_after_a_failed_call_it_is_looked_whether_the_job_is_there(stage, buckets, backfill, kind, then):
    found = way(stage, buckets=buckets)
    fault = stage.world.add_fault(kind, region=HOME, service="s3control", operation="CreateJob")
    with pytest.raises(DrError):
        found.kinds[KIND].act(backfill, MINE)
    stage.world.remove_fault(fault)
    assert found.look(KIND, backfill).progress is then
    if then is ABSENT:
        found.kinds[KIND].act(backfill, MINE)
    assert found.until_over(KIND, backfill).progress is DONE


def test_a_region_that_is_down_is_not_called_copied(stage, buckets, backfill):
    stage.take_down(HOME)
    with pytest.raises(UnreachableError):
        way(stage, buckets=buckets).look(KIND, backfill)
