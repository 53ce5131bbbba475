"""The rules of GlobalDatabase, on the fake and on Aurora."""

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.claim import Claim
from dr_core.database.aurora import AuroraDatabase
from dr_core.database.memory import MemoryDatabase
from dr_core.database.port import GlobalDatabase
from dr_core.errors import RejectedError, UnreachableError
from dr_core.plan.catalogue import Progress
from dr_core.plan.failover import build
from dr_core.plan.kinds import failover_aurora
from dr_core.plan.promotion import member_in, outcome_of, without_loss, writers
from dr_core.plan.step import Mode
from dr_core.plan.steps import make_catalogue
from dr_core.topology.stores import AuroraGlobal
from tests.ports import some_ports

SOURCE, TARGET = "eu-central-1", "eu-west-1"
LONG_ENOUGH_S = 1200


@pytest.fixture
def spec(stage) -> AuroraGlobal:
    database = stage.topology.applications["shop"].database
    assert database is not None
    assert database.aurora_global is not None
    return database.aurora_global


@pytest.fixture
def database(stage, spec) -> GlobalDatabase:
    if stage.world is not None:
        return AuroraDatabase(acting_clients(stage.aws, None), stage.clock)
    fake = MemoryDatabase(spec, SOURCE, stage.clock)
    stage.take_down = fake.down.add
    return fake


def test_at_rest_one_member_writes_and_nothing_is_under_way(database, spec):
    state = database.state(spec, via=TARGET)
    assert writers(state) == (SOURCE,)
    assert state.failover_status is None
    assert state.observed_via == TARGET


def test_details_tell_instances_and_engine_versions_of_both_sides(database, spec):
    members = {member.region: member for member in database.state(spec, via=TARGET).members}
    assert set(members) == {SOURCE, TARGET}
    assert all((member.instances or 0) > 0 for member in members.values())
    assert members[SOURCE].engine_version == members[TARGET].engine_version is not None


def test_without_details_no_member_is_asked(database, spec):
    assert {member.instances for member in database.state(spec, via=TARGET, details=False).members} == {None}


def test_a_switchover_takes_time_and_ends_with_the_target_as_the_only_writer(stage, database, spec):
    database.switchover(spec, source=SOURCE, target=TARGET)
    assert database.state(spec, via=SOURCE).failover_status is not None
    stage.advance(LONG_ENOUGH_S)
    state = database.state(spec, via=SOURCE)
    assert (writers(state), state.failover_status) == ((TARGET,), None)


def test_the_service_says_that_a_switchover_allowed_no_loss(stage, database, spec):
    database.switchover(spec, source=SOURCE, target=TARGET)
    database.state(spec, via=SOURCE)
    stage.advance(LONG_ENOUGH_S)
    assert outcome_of(database.events(spec, TARGET))["data_loss_allowed"] is False


def test_a_failover_works_while_the_source_is_down_and_allows_loss(stage, database, spec):
    stage.take_down(SOURCE)
    database.failover(spec, target=TARGET)
    state = database.state(spec, via=TARGET)
    assert (state.failover_to, state.data_loss_allowed) == (TARGET, True)
    stage.advance(LONG_ENOUGH_S)
    assert writers(database.state(spec, via=TARGET)) == (TARGET,)
    assert outcome_of(database.events(spec, TARGET))["data_loss_allowed"] is True


def test_a_second_change_is_refused_while_the_first_one_works(database, spec):
    database.switchover(spec, source=SOURCE, target=TARGET)
    with pytest.raises(RejectedError):
        database.failover(spec, target=TARGET)


def test_a_switchover_whose_primary_dies_does_not_end_and_a_failover_is_taken(stage, database, spec):
    database.switchover(spec, source=SOURCE, target=TARGET)
    database.state(spec, via=TARGET)
    stage.advance(10)
    stage.take_down(SOURCE)
    assert without_loss(database.state(spec, via=TARGET))
    stage.advance(LONG_ENOUGH_S)
    state = database.state(spec, via=TARGET)
    assert (writers(state), without_loss(state)) == ((SOURCE,), True)
    database.failover(spec, target=TARGET)
    assert not without_loss(database.state(spec, via=TARGET))
    stage.advance(LONG_ENOUGH_S)
    assert writers(database.state(spec, via=TARGET)) == (TARGET,)


def test_the_forced_step_after_an_escalation_acts_as_soon_as_it_is_taken(stage, database, spec):
    """`run escalate`: FailoverState still tells of the planned switchover to the same target."""
    ports = some_ports(database=database)
    plan = build(stage.topology, "shop", source=SOURCE, target=TARGET, mode=Mode.FORCED)
    step = next(step for step in plan.steps if step.kind == failover_aurora.KIND.name)
    kind = failover_aurora.FailoverAurora(ports)
    database.switchover(spec, source=SOURCE, target=TARGET)
    database.state(spec, via=TARGET)
    stage.advance(10)
    seen = kind.observe(step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.ABSENT, False)
    with pytest.raises(UnreachableError, match="takes no failover"):
        kind.act(step, Claim("t", "run-b", 1))
    stage.take_down(SOURCE)
    kind.observe(step)
    stage.advance(LONG_ENOUGH_S)
    assert kind.observe(step).progress is Progress.ABSENT
    kind.act(step, Claim("t", "run-b", 1))
    assert kind.observe(step).progress is Progress.UNDER_WAY
    stage.advance(LONG_ENOUGH_S)
    seen = kind.observe(step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, True)


def test_a_switchover_that_ends_after_all_satisfies_the_forced_step(stage, database, spec):
    ports = some_ports(database=database)
    plan = build(stage.topology, "shop", source=SOURCE, target=TARGET, mode=Mode.FORCED)
    step = next(step for step in plan.steps if step.kind == failover_aurora.KIND.name)
    database.switchover(spec, source=SOURCE, target=TARGET)
    database.state(spec, via=TARGET)
    stage.advance(LONG_ENOUGH_S)
    assert failover_aurora.FailoverAurora(ports).observe(step).progress is Progress.SATISFIED


def detaching(stage, database):
    plan = build(stage.topology, "shop", source=SOURCE, target=TARGET, mode=Mode.FORCED, overrides=("detach",))
    kinds = make_catalogue(some_ports(database=database))
    step = {step.kind: step for step in plan.steps}
    return kinds, step["detach-aurora"], step["verify-writer"]


def test_a_cluster_that_is_taken_out_writes_by_itself_after_a_while_and_the_old_one_goes_on(stage, database, spec):
    kinds, step, verifying = detaching(stage, database)
    assert kinds["detach-aurora"].observe(step).progress is Progress.ABSENT
    kinds["detach-aurora"].act(step, Claim("t", "run-a", 1))
    kinds["detach-aurora"].act(step, Claim("t", "run-a", 2))
    assert kinds["detach-aurora"].observe(step).progress is Progress.UNDER_WAY
    assert kinds["verify-writer"].observe(verifying).progress is Progress.UNDER_WAY
    stage.advance(LONG_ENOUGH_S)
    seen = kinds["detach-aurora"].observe(step)
    assert (seen.progress, seen.evidence["data_loss_allowed"]) == (Progress.SATISFIED, True)
    own = member_in(database.state(spec, via=TARGET), TARGET)
    assert (own.detached, own.is_writer) == (True, True)
    assert writers(database.state(spec, via=SOURCE)) == (SOURCE,), "nobody fenced it: two write"
    assert "is not fenced" in kinds["verify-writer"].observe(verifying).detail


def test_a_cluster_is_taken_out_while_the_source_is_dead(stage, database, spec):
    stage.take_down(SOURCE)
    kinds, step, verifying = detaching(stage, database)
    kinds["detach-aurora"].act(step, Claim("t", "run-a", 1))
    stage.advance(LONG_ENOUGH_S)
    assert kinds["detach-aurora"].observe(step).progress is Progress.SATISFIED
    assert kinds["verify-writer"].observe(verifying).evidence["old_side"] == "not observed"


def test_nothing_is_taken_out_while_the_writer_changes_and_the_primary_never(database, spec):
    with pytest.raises(RejectedError):
        database.detach(spec, target=SOURCE)
    database.switchover(spec, source=SOURCE, target=TARGET)
    with pytest.raises(RejectedError):
        database.detach(spec, target=TARGET)


def test_who_was_taken_out_is_neither_switched_nor_failed_over(stage, database, spec):
    database.detach(spec, target=TARGET)
    stage.advance(LONG_ENOUGH_S)
    for change in (database.failover, database.detach):
        with pytest.raises(RejectedError):
            change(spec, target=TARGET)


def test_the_engine_is_told_with_the_version(database, spec):
    assert {member.engine for member in database.state(spec, via=TARGET).members} == {"aurora-postgresql"}


def test_a_region_that_is_down_cannot_be_asked(stage, database, spec):
    stage.take_down(SOURCE)
    with pytest.raises(UnreachableError):
        database.state(spec, via=SOURCE)


def test_members_of_a_region_that_is_down_have_no_details(stage, database, spec):
    stage.take_down(SOURCE)
    members = {member.region: member for member in database.state(spec, via=TARGET).members}
    assert members[SOURCE].instances is None
    assert members[TARGET].instances is not None


def test_an_unknown_global_cluster_is_refused_by_name(database, spec):
    with pytest.raises(RejectedError, match="nowhere"):
        database.state(spec.model_copy(update={"global_cluster": "nowhere"}), via=TARGET)


def test_a_lag_that_nobody_measured_is_unknown_with_a_reason(stage, database, spec):
    stage.take_down(TARGET)
    lag = database.lag(spec, TARGET, source=SOURCE)
    assert lag.seconds is None
    assert lag.reason
