"""Plans over RDS read replicas and over a global cluster that is taken apart: their order, findings and gates."""

from typing import Any

import pytest

from dr_core.observation.model import DatabaseState, MemberState, Observation
from dr_core.plan.failover import build
from dr_core.plan.gates import check
from dr_core.plan.preflight import preflight
from dr_core.plan.step import Finding, Mode, Plan, Segment, Severity
from dr_core.topology.model import Topology

HOME, AWAY, THIRD = "ap-south-1", "ap-south-2", "ap-east-1"
REPLICA = {"rds_replica": {"instances": {HOME: "pay-1", AWAY: "pay-2"}}}


@pytest.fixture
def replicated(make_topology: Any) -> Topology:
    topology: Topology = make_topology(database=REPLICA)
    return topology


def plan_of(topology: Topology, mode: Mode = Mode.PLANNED, overrides: tuple[str, ...] = (), **ends: str) -> Plan:
    ends = {"source": HOME, "target": AWAY, **ends}
    return build(topology, "pay", mode=mode, overrides=overrides, **ends)


def member(region: str, **changes: Any) -> MemberState:
    given = {"region": region, "cluster": "pay-1" if region == HOME else "pay-2", "is_writer": False, "instances": 1}
    return MemberState.model_validate({**given, "status": "available", **changes})


SOURCE = member(HOME, is_writer=True, copied_to=(AWAY,))
COPY = member(AWAY, copies_from=HOME, copying="replicating")


def seen_with(observe: Any, *members: MemberState, status: str | None = None) -> Observation:
    seen: Observation = observe()
    state = DatabaseState(
        members=members, failover_status=status, failover_to=AWAY if status else None, observed_via=AWAY,
        observed_at=seen.observed_at,
    )  # fmt: skip
    writers = tuple(m.region for m in members if m.is_writer)
    return seen.model_copy(update={"database": state, "writers": writers})


def told(topology: Topology, plan: Plan, seen: Observation) -> dict[str, Finding]:
    return {finding.code: finding for finding in preflight(topology, plan, seen, seen.observed_at)}


def test_the_old_instance_is_stopped_after_the_promotion_and_holds_nothing_up(replicated: Topology) -> None:
    for mode in Mode:
        plan = plan_of(replicated, mode)
        kinds = [step.kind for step in plan.steps]
        stop = next(step for step in plan.steps if step.kind == "stop-instance")
        assert kinds.index("fence-source") < kinds.index("promote-replica") < kinds.index("stop-instance")
        assert (stop.after, stop.best_effort, stop.segment) == (("promote",), True, Segment.FENCE)
        assert not [step.name for step in plan.steps if stop.name in step.after]
        assert plan.step("promote").irreversible
        assert "verify-promoted" in kinds


def test_only_a_planned_promotion_waits_for_everything(replicated: Topology) -> None:
    assert plan_of(replicated).step("promote").params["complete"] is True
    assert plan_of(replicated, Mode.FORCED).step("promote").params["complete"] is False
    assert "copy_of" not in plan_of(replicated, overrides=("copies-from-elsewhere",)).step("promote").params


def test_a_request_may_take_the_target_out_of_its_global_cluster_when_it_is_forced_and_says_so(
    topology: Topology,
) -> None:
    forced = plan_of(topology, Mode.FORCED, ("detach",))
    assert forced.step("promote").kind == "detach-aurora"
    assert forced.step("promote").irreversible
    assert plan_of(topology, Mode.FORCED).step("promote").kind == "failover-aurora"
    assert plan_of(topology, Mode.PLANNED, ("detach",)).step("promote").kind == "switchover-aurora"
    assert forced.digest() != plan_of(topology, Mode.FORCED).digest()


STATES = [
    ("all is well", (SOURCE, COPY), {}),
    ("it copies from a third region", (SOURCE, member(AWAY, copies_from=THIRD)),
     {"copies-from-elsewhere": Severity.BLOCKING}),
    ("it is no replica any more", (SOURCE, member(AWAY, status="stopped")), {"replica-missing": Severity.BLOCKING}),
    ("it does not replicate", (SOURCE, member(AWAY, copies_from=HOME, copying="error: log is gone")),
     {"not-replicating": Severity.BLOCKING}),
    ("it is MySQL", (SOURCE, COPY.model_copy(update={"engine": "mysql"})), {"loss-not-provable": Severity.WARNING}),
    ("it is backed up", (SOURCE, member(AWAY, copies_from=HOME, copying="replicating", status="backing-up")),
     {"replica-backing-up": Severity.WARNING}),
    ("the source has another replica", (member(HOME, is_writer=True, copied_to=(AWAY, THIRD)), COPY),
     {"source-stays-writable": Severity.BLOCKING}),
    ("both take writes", (SOURCE, member(AWAY, is_writer=True)),
     {"two-writers": Severity.BLOCKING, "replica-missing": Severity.BLOCKING}),
    ("it was promoted already", (member(HOME, status="stopped"), member(AWAY, is_writer=True)),
     {"target-writes-already": Severity.WARNING}),
]  # fmt: skip


@pytest.mark.parametrize(("members", "expected"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
def test_what_speaks_against_a_planned_promotion(
    replicated: Topology, observe: Any, members: tuple[MemberState, ...], expected: dict[str, Severity]
) -> None:
    found = told(replicated, plan_of(replicated), seen_with(observe, *members))
    always = {"readiness-unknown", "replication-ends"}
    assert {code: one.severity for code, one in found.items() if code not in always} == expected
    assert all(finding.way_out for code, finding in found.items() if expected.get(code) is Severity.BLOCKING)


def test_a_forced_promotion_says_that_nobody_fences_the_source(replicated: Topology, observe: Any) -> None:
    found = told(replicated, plan_of(replicated, Mode.FORCED), seen_with(observe, SOURCE, COPY))
    assert found["source-not-fenced"].severity is Severity.WARNING
    assert not [one.code for one in found.values() if one.severity is Severity.BLOCKING]


@pytest.mark.parametrize(
    ("members", "mode", "closed"),
    [
        ((SOURCE, COPY), Mode.PLANNED, False),
        ((SOURCE, COPY), Mode.FORCED, False),
        ((SOURCE,), Mode.PLANNED, True),
        ((SOURCE, member(AWAY, is_writer=True)), Mode.FORCED, True),
    ],
)
def test_the_gates_ask_for_the_roles_of_the_instances(
    replicated: Topology, observe: Any, members: tuple[MemberState, ...], mode: Mode, closed: bool
) -> None:
    seen = seen_with(observe, *members)
    plan = plan_of(replicated, mode, ("capacity-short",))
    assert bool(check(replicated, plan, seen, seen.observed_at)) is closed


def test_a_planned_promotion_without_anything_that_stops_the_writers_is_blocked(
    make_topology: Any, observe: Any
) -> None:
    bare = make_topology(database=REPLICA, capacity=None)
    plan, seen = plan_of(bare), seen_with(observe, SOURCE, COPY)
    assert told(bare, plan, seen)["writers-not-stopped"].severity is Severity.BLOCKING
    assert plan.step("promote").params["fenced"] is False
    assert "writers-not-stopped" not in told(bare, plan_of(bare, Mode.FORCED), seen)


def test_a_promotion_that_is_under_way_stops_a_planned_request_and_not_the_forced_one_that_escalates_it(
    replicated: Topology, observe: Any
) -> None:
    seen = seen_with(observe, SOURCE, member(AWAY, copies_from=HOME, status="modifying"), status="modifying")
    for mode, severity in ((Mode.PLANNED, Severity.BLOCKING), (Mode.FORCED, Severity.WARNING)):
        assert told(replicated, plan_of(replicated, mode), seen)["failover-under-way"].severity is severity


def versions(seen: Observation, ours: str, theirs: str) -> Observation:
    assert seen.database is not None
    told_of = {HOME: theirs, AWAY: ours}
    members = tuple(
        m.model_copy(update={"engine_version": told_of[m.region]}) for m in seen.database.members
    )  # fmt: skip
    return seen.model_copy(update={"database": seen.database.model_copy(update={"members": members})})


def test_versions_that_differ_offer_to_take_the_target_out_and_then_only_warn(topology: Topology, observe: Any) -> None:
    seen = versions(observe(), "16.6", "16.4")
    offered = told(topology, plan_of(topology, Mode.FORCED), seen)["engine-versions-differ"]
    assert (offered.severity, "--override detach" in offered.way_out) == (Severity.BLOCKING, True)
    asked = told(topology, plan_of(topology, Mode.FORCED, ("detach",)), seen)
    assert {asked[code].severity for code in ("engine-versions-differ", "detach")} == {Severity.WARNING}
    planned = told(topology, plan_of(topology), seen)["engine-versions-differ"]
    assert (planned.severity, "detach" in planned.way_out) == (Severity.BLOCKING, False)


def test_a_cluster_that_was_taken_out_blocks_every_way_back_until_the_global_cluster_is_built_again(
    topology: Topology, observe: Any
) -> None:
    alone = member(AWAY, is_writer=True, detached=True)
    seen = seen_with(observe, member(HOME, is_writer=True), alone)
    found = told(topology, plan_of(topology, source=AWAY, target=HOME), seen)
    assert found["global-cluster-broken"].severity is Severity.BLOCKING
    assert "infrastructure as code" in found["global-cluster-broken"].way_out
