"""The graph of a failover: what comes before what, where each step is homed, and what is left out."""

from graphlib import TopologicalSorter

import pytest

from dr_core.errors import NotFoundError
from dr_core.plan.failover import build
from dr_core.plan.kind import BEST_EFFORT_S
from dr_core.plan.step import Mode, Plan, Plane, Segment
from dr_core.plan.steps import make_catalogue
from tests.ports import some_ports

HOME, AWAY, THIRD = "ap-south-1", "ap-south-2", "ap-east-1"
TAKEOVER = {"standby_takes_over": {"bucket": {AWAY: "switch-2"}, "key": "on", "health_check": "hc-9"}}


def plan_of(topology, mode=Mode.PLANNED, source=HOME, target=AWAY, overrides=()) -> Plan:
    return build(topology, "pay", source=source, target=target, mode=mode, overrides=overrides)


def kinds(plan: Plan) -> list[str]:
    return [step.kind for step in plan.steps]


def by_kind(plan: Plan, kind: str):
    return next(step for step in plan.steps if step.kind == kind)


def before(plan: Plan, name: str) -> set[str]:
    """The kinds that must be done before a step, however indirectly."""
    found = set()
    for earlier in plan.step(name).after:
        found |= {plan.step(earlier).kind} | before(plan, earlier)
    return found


@pytest.mark.parametrize("mode", list(Mode))
def test_a_plan_is_a_graph_whose_edges_name_steps_of_it(topology, mode):
    plan = plan_of(topology, mode)
    assert len({step.name for step in plan.steps}) == len(plan.steps)
    order = list(TopologicalSorter({step.name: step.after for step in plan.steps}).static_order())
    assert set(order) == {step.name for step in plan.steps}


@pytest.mark.parametrize("mode", list(Mode))
def test_every_kind_of_a_plan_can_be_carried_out(topology, mode):
    catalogue = make_catalogue(some_ports())
    assert set(kinds(plan_of(topology, mode))) <= set(catalogue)


def test_a_planned_failover_prepares_fences_promotes_switches_verifies_and_settles(topology):
    assert kinds(plan_of(topology)) == [
        "scale-target",
        "sync-parameters",
        "fence-source",
        "switchover-aurora",
        "switch-records",
        "verify-writer",
        "verify-dns",
        "verify-write",
        "verify-health",
        "scale-to-standby",
    ]


def test_preparations_run_at_the_same_time_and_all_come_before_fencing(topology):
    plan = plan_of(topology)
    assert by_kind(plan, "scale-target").after == by_kind(plan, "sync-parameters").after == ()
    assert before(plan, by_kind(plan, "fence-source").name) == {"scale-target", "sync-parameters"}


def test_verifications_run_at_the_same_time_after_the_switch(topology):
    plan = plan_of(topology)
    assert {s.after for s in plan.steps if s.segment is Segment.VERIFY} == {(by_kind(plan, "switch-records").name,)}


def test_the_old_side_becomes_a_standby_only_after_every_verification(topology):
    plan = plan_of(topology)
    assert {"verify-writer", "verify-dns", "verify-write"} <= before(plan, by_kind(plan, "scale-to-standby").name)


def test_a_switchover_is_called_in_the_source_and_a_failover_in_the_target(topology):
    planned, forced = plan_of(topology).step("promote"), plan_of(topology, Mode.FORCED).step("promote")
    assert (planned.kind, planned.home_region, planned.irreversible) == ("switchover-aurora", HOME, False)
    assert (forced.kind, forced.home_region, forced.irreversible, forced.undo) == ("failover-aurora", AWAY, True, None)


def test_a_forced_failover_settles_nothing_and_copies_nothing(topology):
    found = kinds(plan_of(topology, Mode.FORCED))
    assert "scale-to-standby" not in found
    assert "sync-parameters" not in found
    assert "compare-parameters" in found


def test_fencing_a_failed_region_is_tried_for_a_bounded_time_only(topology):
    fence = by_kind(plan_of(topology, Mode.FORCED), "fence-source")
    assert (fence.best_effort, fence.deadline_s, fence.home_region) == (True, BEST_EFFORT_S, HOME)


def test_whatever_is_homed_in_a_failed_region_is_best_effort(make_topology):
    topology = make_topology(traffic=[TAKEOVER])
    for source, target in ((HOME, AWAY), (AWAY, HOME)):
        plan = plan_of(topology, Mode.FORCED, source, target)
        homed = [step for step in plan.steps if step.home_region == source]
        assert homed
        assert all(step.best_effort and step.deadline_s <= BEST_EFFORT_S for step in homed)


def test_nothing_waits_for_a_mere_comparison(topology):
    plan = plan_of(topology, Mode.FORCED)
    assert all("compare-parameters" not in step.after for step in plan.steps)


def test_fencing_is_undone_by_scaling_back(topology):
    assert by_kind(plan_of(topology), "fence-source").undo == f"Scale pay/web in {HOME} back to 3"


def test_route_53_is_control_plane_in_us_east_1(topology):
    step = by_kind(plan_of(topology), "switch-records")
    assert (step.plane, step.home_region) == (Plane.CONTROL, "us-east-1")


def test_where_a_standby_takes_over_the_object_is_the_switch_and_records_are_only_verified(make_topology, topology):
    records = topology.applications["pay"].traffic[0].model_dump(exclude_none=True)
    plan = plan_of(make_topology(traffic=[records, TAKEOVER]))
    assert "switch-records" not in kinds(plan)
    step = by_kind(plan, "take-over")
    assert (step.plane, step.home_region) == (Plane.DATA, AWAY)
    assert by_kind(plan, "verify-dns").after == (step.name,)


def test_going_home_removes_the_object_of_the_present_active_region(make_topology):
    plan = plan_of(make_topology(traffic=[TAKEOVER]), source=AWAY, target=HOME)
    assert [step.kind for step in plan.steps if step.segment is Segment.SWITCH] == ["give-back"]
    assert by_kind(plan, "give-back").region == AWAY


def test_verification_does_not_wait_for_a_failed_region_to_give_back(make_topology):
    plan = plan_of(make_topology(traffic=[TAKEOVER]), Mode.FORCED, source=AWAY, target=HOME)
    assert all("give-back" not in before(plan, step.name) for step in plan.steps if step.segment is Segment.VERIFY)


def three(make_topology, **changes):
    everywhere = {HOME: "one", AWAY: "two", THIRD: "three"}
    return make_topology(
        regions=(HOME, AWAY, THIRD),
        standby=[AWAY, THIRD],
        traffic=[
            {"route53_records": {"hosted_zone": "Z9", "name": "pay.acme.test", "set_identifiers": everywhere}},
        ],
        database={"aurora_global": {"global_cluster": "ledger", "clusters": everywhere}},
        **changes,
    )


def test_with_three_regions_any_of_them_can_be_the_target(make_topology):
    topology = three(make_topology)
    for source, target in ((HOME, THIRD), (THIRD, AWAY), (AWAY, HOME)):
        plan = plan_of(topology, source=source, target=target)
        assert plan.step("promote").params["target"] == target
        assert by_kind(plan, "fence-source").region == source


def test_between_two_standbys_the_new_object_comes_before_the_old_one_goes(make_topology):
    switch = {"standby_takes_over": {"bucket": {AWAY: "s2", THIRD: "s3"}, "key": "on", "health_check": "hc"}}
    plan = plan_of(
        make_topology(regions=(HOME, AWAY, THIRD), standby=[AWAY, THIRD], traffic=[switch]), source=AWAY, target=THIRD
    )
    assert by_kind(plan, "give-back").after == (by_kind(plan, "take-over").name,)


def test_parts_that_an_application_does_not_have_are_left_out(make_topology):
    topology = make_topology(database=None, capacity=None, traffic=None, parameters=None, verify=None)
    assert kinds(plan_of(topology)) == ["verify-health"]


def test_without_capacity_promotion_waits_for_preparation_alone(make_topology):
    plan = plan_of(make_topology(capacity=None))
    assert plan.step("promote").after == ("sync-parameters",)


def test_a_standby_of_zero_needs_no_settling(make_topology):
    topology = make_topology(capacity=[{"ecs": {"cluster": "pay", "service": "web", "active": 3, "standby": 0}}])
    assert "scale-to-standby" not in kinds(plan_of(topology))


READERS = {"aurora_readers": {"clusters": {HOME: "one", AWAY: "two"}, "active": 2, "standby": 1}}


def test_readers_are_made_before_and_taken_away_after_and_never_fenced(make_topology):
    plan = plan_of(make_topology(capacity=[READERS]))
    assert [step.kind for step in plan.steps if "readers" in step.name] == ["scale-target", "scale-to-standby"]
    assert by_kind(plan, "scale-target").params["count"] == 3, "two readers, and the one that becomes the writer"
    assert "scale-target" in before(plan, "promote")


def test_a_lost_region_is_not_waited_for_until_readers_were_built(make_topology):
    plan = plan_of(make_topology(capacity=[READERS]), Mode.FORCED)
    assert by_kind(plan, "scale-target").best_effort is True
    assert "scale-target" not in before(plan, "promote")


def test_a_headless_target_gets_its_instance_before_anything_else(make_topology):
    headless = {"aurora_readers": READERS["aurora_readers"] | {"standby": 0}}
    plan = plan_of(make_topology(capacity=[headless]), Mode.FORCED)
    assert by_kind(plan, "scale-target").best_effort is False
    assert "scale-target" in before(plan, "promote")


def test_readers_without_a_cluster_in_the_target_are_left_to_preflight(make_topology):
    elsewhere = {"aurora_readers": READERS["aurora_readers"] | {"clusters": {HOME: "one"}}}
    assert "scale-target" not in kinds(plan_of(make_topology(capacity=[elsewhere])))


def test_two_services_with_one_slug_are_two_steps(make_topology):
    services = [
        {"ecs": {"cluster": c, "service": s, "active": 1, "standby": 1}} for c, s in (("a", "b-c"), ("a-b", "c"))
    ]
    plan = plan_of(make_topology(capacity=services))
    fences = [step.name for step in plan.steps if step.kind == "fence-source"]
    assert fences == ["fence-source-a-b-c", "fence-source-a-b-c-2"]
    assert plan.step("promote").after == tuple(fences)


def test_the_policy_is_the_one_of_the_mode(topology):
    assert plan_of(topology).policy.required == 1
    assert plan_of(topology, Mode.FORCED).policy.required == 2


def test_the_same_question_gives_the_same_digest_and_another_one_does_not(topology):
    assert plan_of(topology).digest() == plan_of(topology).digest()
    assert plan_of(topology).digest() != plan_of(topology, Mode.FORCED).digest()
    assert plan_of(topology).digest() != plan_of(topology, overrides=("ttl-high",)).digest()


def test_a_changed_count_makes_another_digest(topology, make_topology):
    more = make_topology(capacity=[{"ecs": {"cluster": "pay", "service": "web", "active": 4, "standby": 1}}])
    assert plan_of(topology).digest() != plan_of(more).digest()


def test_whoever_overrides_short_capacity_goes_on_without_it(topology):
    assert by_kind(plan_of(topology, overrides=("capacity-short",)), "scale-target").best_effort is True


def test_an_unknown_application_is_named(topology):
    with pytest.raises(NotFoundError, match="nothing"):
        build(topology, "nothing", source=HOME, target=AWAY, mode=Mode.PLANNED)


def test_an_unknown_target_still_gives_a_plan_for_preflight_to_refuse(topology):
    assert plan_of(topology, target="eu-north-1").target == "eu-north-1"
