"""The way home: what its plan has besides a failover's, and what it waits for."""

from datetime import timedelta
from pathlib import Path

import pytest

from dr_core.plan.checks.lost_writes import LOST_WRITES
from dr_core.plan.failover import build
from dr_core.plan.preflight import preflight
from dr_core.plan.step import Mode, Plan, Purpose, Severity
from dr_core.topology.load import load_checked
from dr_core.topology.stores import S3Buckets
from tests.unit.approvals.conftest import observed

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
HOME, AWAY = "eu-central-1", "eu-west-1"
ROLE = "arn:aws:iam::111122223333:role/backfill"


def topology(name="shop"):
    return load_checked(TOPOLOGIES / f"{name}.yaml")


def plan_of(loaded, application="shop", source=AWAY, target=HOME, mode=Mode.PLANNED) -> Plan:
    return build(loaded, application, source=source, target=target, mode=mode)


def with_role(loaded):
    app = loaded.applications["shop"]
    (entry,) = app.storage
    spec = entry.s3.model_copy(update={"batch_role_arn": ROLE})
    app = app.model_copy(update={"storage": (entry.model_copy(update={"s3": spec}),)})
    return loaded.model_copy(update={"applications": {"shop": app}})


def before(plan: Plan, name: str) -> set[str]:
    """Everything that a step waits for, near and far."""
    found: set[str] = set()
    left = [name]
    while left:
        for one in plan.step(left.pop()).after:
            if one not in found:
                found.add(one)
                left.append(one)
    return found


def test_the_way_home_waits_for_the_old_primary_then_catches_up_and_looks_at_everything_last():
    plan = plan_of(with_role(topology()))
    assert plan.purpose is Purpose.FAILBACK
    kinds = [step.kind for step in plan.steps]
    assert kinds[0] == "reprotect-aurora"
    assert kinds[-1] == "verify-steady"
    scale = next(step.name for step in plan.steps if step.kind == "scale-target")
    backfill = next(step.name for step in plan.steps if step.kind == "backfill-buckets")
    fence = next(step.name for step in plan.steps if step.kind == "fence-source")
    assert "reprotect-aurora" in before(plan, scale)
    assert {scale, backfill, "sync-parameters"} <= before(plan, "catch-up")
    assert "catch-up" in before(plan, fence)
    others = {step.name for step in plan.steps} - {"verify-steady"}
    assert before(plan, "verify-steady") == others
    assert "prepare-backfill" not in kinds, "what is missing was copied before"


@pytest.mark.parametrize(
    ("remark", "source", "target", "mode"),
    [("there", HOME, AWAY, Mode.PLANNED), ("forced home", AWAY, HOME, Mode.FORCED)],
)
def test_no_other_plan_has_any_of_it(remark, source, target, mode):
    kinds = {step.kind for step in plan_of(with_role(topology()), source=source, target=target, mode=mode).steps}
    assert not kinds & {"reprotect-aurora", "catch-up", "backfill-buckets", "verify-steady"}, remark


def test_the_way_home_of_a_live_drill_waits_for_the_same_and_is_stopped_by_the_same(clock):
    loaded = with_role(topology())
    home = build(loaded, "shop", source=AWAY, target=HOME, mode=Mode.PLANNED, drill=True)
    assert (home.purpose, home.steps) == (Purpose.DRILL, plan_of(loaded).steps)
    left = {"unsigned": (("w-1", "lost"),), "unfenced": frozenset({HOME})}
    assert {LOST_WRITES, "target-unfenced"} <= found(clock, home, **left).keys()
    there = build(loaded, "shop", source=HOME, target=AWAY, mode=Mode.PLANNED, drill=True)
    assert there.steps == plan_of(loaded, source=HOME, target=AWAY).steps
    assert not {LOST_WRITES, "target-unfenced"} & found(clock, there, **left).keys()


def test_its_digest_is_its_own_and_covers_the_hold():
    loaded = topology()
    plan = plan_of(loaded)
    longer = loaded.failback.model_copy(update={"hold": timedelta(minutes=9)})
    assert plan.digest() != plan_of(loaded.model_copy(update={"failback": longer})).digest()
    assert plan.digest() != plan.model_copy(update={"purpose": Purpose.FAILOVER}).digest()


def test_what_is_looked_at_last_are_the_states_that_still_hold_by_then():
    plan = plan_of(topology())
    states = [step["kind"] for step in plan.step("verify-steady").params["states"]]
    assert {"scale-target", "verify-writer", "switch-records", "scale-to-standby", "reprotect-aurora"} <= set(states)
    assert "fence-source" not in states, "the fence has become a standby"
    back = plan.step("verify-steady").params["states"][-1]
    assert (back["kind"], back["params"]["target"]) == ("reprotect-aurora", AWAY), "the region left is the copy now"


def test_an_application_without_a_database_has_nothing_to_protect_and_none_without_a_gate_to_catch_up():
    loaded = topology()
    app = loaded.applications["shop"].model_copy(update={"database": None})
    plan = plan_of(loaded.model_copy(update={"applications": {"shop": app}}))
    kinds = {step.kind for step in plan.steps}
    assert "verify-steady" in kinds
    assert not kinds & {"reprotect-aurora", "catch-up"}


def found(clock, plan, loaded=None, seen=None, **left):
    seen = seen or observed(clock.now())
    return {one.code: one for one in preflight(loaded or topology(), plan, seen, clock.now(), **left)}


def test_unsigned_lost_writes_keep_a_way_home_waiting_and_can_be_overridden(clock):
    sentence = "Run run-1 gave up at most 12 s"
    finding = found(clock, plan_of(topology()), unsigned=(("w-1", sentence),))[LOST_WRITES]
    assert finding.severity is Severity.BLOCKING
    assert finding.evidence == sentence
    assert "reconcile sign w-1 --note TEXT" in finding.way_out
    assert f"--override {LOST_WRITES}" in finding.way_out


def test_what_was_not_looked_for_yet_keeps_it_waiting_too(clock):
    finding = found(clock, plan_of(topology()), unknown_losses=("run run-1 gave up writes",))["lost-writes-unknown"]
    assert finding.severity is Severity.BLOCKING
    assert "--override lost-writes-unknown" in finding.way_out


@pytest.mark.parametrize(
    ("source", "target", "mode"), [(HOME, AWAY, Mode.PLANNED), (HOME, AWAY, Mode.FORCED), (AWAY, HOME, Mode.FORCED)]
)
def test_any_other_move_is_told_of_them_and_kept_by_nothing(clock, source, target, mode):
    plan = plan_of(topology(), source=source, target=target, mode=mode)
    codes = found(clock, plan, unsigned=(("w-1", "lost"),), unknown_losses=("run-1",), unfenced=frozenset({target}))
    assert codes["lost-writes-open"].severity is Severity.WARNING
    assert not {LOST_WRITES, "lost-writes-unknown", "target-unfenced"} & codes.keys()


def test_a_region_that_could_not_be_fenced_is_not_gone_back_to(clock):
    plan = plan_of(topology())
    assert found(clock, plan, unfenced=frozenset({HOME}))["target-unfenced"].severity is Severity.BLOCKING
    assert "target-unfenced" not in found(clock, plan, unfenced=frozenset({AWAY}))


def test_a_cluster_that_is_being_rebuilt_is_waited_for_and_one_that_is_no_member_blocks(clock):
    seen = observed(clock.now())

    def as_(**member):
        members = (seen.database.members[0].model_copy(update=member), seen.database.members[1])
        return seen.model_copy(update={"database": seen.database.model_copy(update={"members": members})})

    plan = plan_of(topology())
    rebuilding = found(clock, plan, seen=as_(synchronized=False, is_writer=False))
    assert rebuilding["target-rebuilding"].severity is Severity.WARNING
    detached = found(clock, plan, seen=as_(detached=True))["global-cluster-broken"]
    assert detached.severity is Severity.BLOCKING
    assert "Build the global cluster again" in detached.way_out


def test_one_that_has_not_caught_up_says_so_and_may_be_told_not_to_wait(clock):
    told = found(clock, plan_of(topology()))["not-caught-up"]
    assert told.severity is Severity.WARNING
    assert told.evidence == "no store that gates is measured towards it"
    assert "--override not-caught-up" in told.way_out
    seen = observed(clock.now())
    home = seen.readings[0].model_copy(update={"region": HOME, "source_region": AWAY})
    behind = home.model_copy(update={"seconds": 3600.0})
    told = found(clock, plan_of(topology()), seen=seen.model_copy(update={"readings": (behind,)}))["not-caught-up"]
    assert "3600 s" in told.evidence
    assert "not-caught-up" not in found(clock, plan_of(topology()), seen=seen.model_copy(update={"readings": (home,)}))
    plan = build(topology(), "shop", source=AWAY, target=HOME, mode=Mode.PLANNED, overrides=("not-caught-up",))
    kinds = [step.kind for step in plan.steps]
    assert "catch-up" not in kinds
    assert "reprotect-aurora" in before(plan, next(s.name for s in plan.steps if s.kind == "fence-source"))
    assert "does not wait" in found(clock, plan)["not-caught-up"].message


def test_buckets_without_a_role_for_the_copying_are_named(clock):
    loaded = topology()
    assert isinstance(loaded.applications["shop"].storage[0].s3, S3Buckets)
    warned = found(clock, plan_of(loaded), loaded)["backfill-not-possible"]
    assert "shop-web-eu-west-1" in warned.message
    able = with_role(loaded)
    assert "backfill-not-possible" not in found(clock, plan_of(able), able)
