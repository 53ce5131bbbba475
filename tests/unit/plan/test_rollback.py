"""What takes back what a run did: every kind answers, and the plan goes back by the law of any plan."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.observation.model import ControlsState, Observation
from dr_core.plan import rollback
from dr_core.plan.failover import build
from dr_core.plan.gates import check
from dr_core.plan.kinds import verify_steady
from dr_core.plan.move import Move
from dr_core.plan.preflight import preflight
from dr_core.plan.step import AsLeft, Finding, Mode, Plan, Purpose, Segment, Severity
from dr_core.plan.steps import KINDS
from dr_core.plan.undo import Outcome, Stays
from dr_core.topology.model import Topology
from tests.undone import answer

from .conftest import AWAY, HOME, TAKEOVER, MakeObservation, MakeTopology

RUN = "run-abc"
DETACHED = {"failover-aurora", "detach-aurora", "promote-replica", "promote-secrets"}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_taken_back_or_says_what_to_do_instead_or_only_looks(name: str) -> None:
    kind = KINDS[name]
    ways = [kind.undo is not None, kind.irreversible, rollback.looks_only(kind)]
    assert ways.count(True) == 1, ways
    assert bool(kind.instead) == kind.irreversible
    assert kind.instead or kind.back or rollback.looks_only(kind), "it says so in words, too"


def test_the_kinds_that_nothing_takes_back_are_few() -> None:
    assert {kind.name for kind in KINDS.values() if kind.irreversible} == DETACHED


def planned(topology: Topology, mode: Mode = Mode.PLANNED, **more: Any) -> Plan:
    return build(topology, "pay", source=HOME, target=AWAY, mode=mode, **more)


FOUND: Mapping[str, Mapping[str, Any]] = {
    "scale-target": {"desired": 2, "running": 2},
    "fence-source": {"desired": 5, "running": 5},
    "scale-to-standby": {"desired": 0, "running": 0},
    "switch-records": {"records": {HOME: 90, AWAY: 0}},
    "promote": {"writers": [HOME]},
}


def after(plan: Plan, last: str, state: str = "done") -> dict[str, Outcome]:
    """As a run leaves it that was stopped with the step `last`, the steps before it being done."""
    left: dict[str, Outcome] = {}
    for step in plan.steps:
        found = next((value for name, value in FOUND.items() if step.name.startswith(name)), {})
        changes = not rollback.looks_only(KINDS[step.kind])
        done = step.name != last or state == "done"
        failed = not done and state == "failed"
        left[step.name] = Outcome(found if changes else None, {}, done=done, possible=done or changes, failed=failed)
        if step.name == last:
            break
    return left


def back(topology: Topology, plan: Plan, last: str, state: str = "done") -> Plan:
    return rollback.build(topology, plan, after(plan, last, state), RUN)


def kinds_of(plan: Plan) -> list[str]:
    return [step.kind for step in plan.steps]


def named(plan: Plan, prefix: str) -> str:
    return next(step.name for step in plan.steps if step.name.startswith(prefix))


def test_a_run_that_has_changed_nothing_has_no_way_back(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = rollback.build(topology, planned(topology), {}, RUN)
    assert (plan.steps, plan.left, plan.purpose, plan.undoes) == ((), (), Purpose.ROLLBACK, RUN)


def test_what_was_found_done_already_is_left_as_it_was(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology)
    scaled = {named(plan, "scale-target"): Outcome(None, {"desired": 3}, done=True, possible=True)}
    assert rollback.build(topology, plan, scaled, RUN).steps == ()


def test_before_the_writer_moves_the_source_works_again_and_nothing_waits_for_the_target(
    make_topology: MakeTopology,
) -> None:
    topology = make_topology()
    plan = planned(topology)
    found = back(topology, plan, named(plan, "fence-source"))
    assert found.source == AWAY
    assert found.target == HOME
    assert found.mode is Mode.PLANNED
    up, rest = (found.step(named(found, kind)) for kind in ("scale-target", "scale-to-standby"))
    assert (up.params["region"], up.params["count"], up.best_effort) == (HOME, 5, False)
    assert (rest.params["region"], rest.params["count"], rest.best_effort) == (AWAY, 2, True)
    assert "switchover-aurora" not in kinds_of(found)
    assert "fence-source" not in kinds_of(found)
    assert not found.leans_on(AWAY)
    assert [left.step for left in found.left] == [named(plan, "sync-parameters")]


def test_once_the_writer_may_have_moved_it_goes_back_as_any_planned_move(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology)
    for state in ("done", "uncertain"):
        found = back(topology, plan, "promote", state)
        order = [step.segment for step in found.steps if step.kind != "verify-steady"]
        assert order == sorted(order, key=list(Segment).index)
        fence, promote = found.step(named(found, "fence-source")), found.step("promote")
        assert fence.params["region"] == AWAY
        assert (promote.params["source"], promote.params["target"]) == (AWAY, HOME)
        assert fence.name in promote.after
        assert found.leans_on(AWAY)
        assert kinds_of(found)[-1] == "verify-steady"


def test_at_the_end_it_is_looked_again_where_users_go(make_topology: MakeTopology) -> None:
    """Weights that were given back are a state as well: somebody may give the target its own again meanwhile."""
    topology = make_topology()
    plan = planned(topology)
    [steady] = [step for step in back(topology, plan, plan.steps[-1].name).steps if step.kind == "verify-steady"]
    assert "shift-weights" in {state["kind"] for state in steady.params["states"]}
    switching = {kind.name for kind in KINDS.values() if kind.segment is Segment.SWITCH}
    assert switching - set(verify_steady.STATES) == {"start-consumers"}, "whose end is looked at by verify-consumers"


@pytest.mark.parametrize("mode", Mode)
def test_a_promotion_that_failed_for_certain_leaves_the_application_at_home(
    make_topology: MakeTopology, mode: Mode
) -> None:
    """A promotion that may have taken place is never called failed: nothing waits for a target that may be why."""
    topology = make_topology()
    plan = planned(topology, mode)
    found = back(topology, plan, "promote", "failed")
    up, rest = (found.step(named(found, kind)) for kind in ("scale-target", "scale-to-standby"))
    assert (up.params["region"], up.best_effort) == (HOME, False)
    assert (rest.params["region"], rest.best_effort) == (AWAY, True)
    assert not {"promote", "fence-source"} & {step.kind for step in found.steps}
    assert not found.leans_on(AWAY)
    assert not [step for step in found.steps if step.name.endswith("-first")], "nobody need look for it"
    assert "promote" not in [left.step for left in found.left], "it left nothing"


def test_the_weights_before_are_given_back_and_those_that_led_elsewhere_are_not(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology)
    switch = named(plan, "switch-records")
    found = back(topology, plan, switch)
    (step,) = [step for step in found.steps if step.segment is Segment.SWITCH]
    assert (step.kind, step.params["weights"]) == ("shift-weights", {HOME: 90, AWAY: 0})
    elsewhere = {**after(plan, switch), switch: Outcome({"records": {HOME: 0, AWAY: 100}}, {}, True, True)}
    (step,) = [step for step in rollback.build(topology, plan, elsewhere, RUN).steps if step.segment is Segment.SWITCH]
    assert (step.kind, step.params["target"]) == ("switch-records", HOME)


def test_one_thing_that_several_steps_have_changed_goes_back_to_how_it_stood_first(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology)
    found = back(topology, plan, named(plan, "scale-to-standby"))
    (up,) = [step for step in found.steps if step.kind == "scale-target"]
    assert up.params["count"] == 5, "what the fence found, and not the zero that it left"
    (fence,) = [step for step in found.steps if step.kind == "fence-source"]
    assert fence.params["region"] == AWAY


def test_a_failover_that_gave_data_up_is_not_taken_back_and_says_so(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology, Mode.FORCED)
    found = back(topology, plan, "promote")
    assert found.steps == ()
    (promotion,) = [left for left in found.left if left.step == "promote"]
    assert "failback" in promotion.instead
    others = [left for left in found.left if left.step != "promote"]
    assert others
    assert all(AWAY in left.why for left in others), "the application needs them there"


def test_one_that_nobody_has_seen_is_looked_for_before_anything_else(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology, Mode.FORCED)
    found = back(topology, plan, "promote", "uncertain")
    first, *others = found.steps
    assert (first.kind, first.segment, first.params["target"]) == ("verify-writer", Segment.PREPARE, HOME)
    assert all(step.after for step in others), "all of it waits for that"
    assert "failover-aurora" not in kinds_of(found)


def test_objects_send_users_back_before_the_other_ones_go(make_topology: MakeTopology) -> None:
    both = {"standby_takes_over": TAKEOVER["standby_takes_over"] | {"bucket": {HOME: "switch-1", AWAY: "switch-2"}}}
    topology = make_topology(traffic=[both], database=None)
    plan = planned(topology)
    found = back(topology, plan, named(plan, "give-back"))
    (forward,) = [step for step in found.steps if step.kind == "take-over"]
    (behind,) = [step for step in found.steps if step.kind == "give-back"]
    assert (forward.params["region"], behind.params["region"]) == (HOME, AWAY)
    assert behind.after == (forward.name,)


def test_a_step_of_the_team_without_an_undo_stays_and_says_so(make_topology: MakeTopology) -> None:
    entry = {"lambda": {"name": "warm", "after": "prepare", "function": "warm-it"}}
    for undo, left in (("cool-it", False), (None, True)):
        topology = make_topology(custom=[{"lambda": {**entry["lambda"], **({"undo": undo} if undo else {})}}])
        plan = planned(topology)
        found = back(topology, plan, named(plan, "custom-lambda"))
        assert [one.step for one in found.left if one.step.startswith("custom")] == (
            [] if not left else ["custom-lambda-warm"]
        )
        undone = [step for step in found.steps if step.kind == "custom-lambda"]
        assert [(step.params["function"], step.params["verb"]) for step in undone] == (
            [] if left else [("cool-it", "undo")]
        )
        names = frozenset(step.name for step in undone)
        left_by_run = after(plan, named(plan, "custom-lambda"))
        again = rollback.build(topology, plan, left_by_run, RUN, undone_before=names)
        assert "custom-lambda" not in kinds_of(again), "an earlier rollback has done it"


def test_the_digest_is_that_of_what_is_done_and_names_the_run(make_topology: MakeTopology) -> None:
    topology = make_topology()
    plan = planned(topology)
    one = back(topology, plan, named(plan, "fence-source"))
    other = rollback.build(topology, plan, after(plan, named(plan, "fence-source")), "run-other")
    assert one.digest() != other.digest()
    assert one.intent()["undoes"] == RUN


@pytest.mark.parametrize("mode", Mode)
def test_every_step_of_a_plan_is_answered_for(make_topology: MakeTopology, mode: Mode) -> None:
    """Whatever was found, or nothing at all: steps, or a sentence with what to do instead."""
    topology = make_topology()
    plan = planned(topology, mode)
    there = Move("pay", topology.applications["pay"], HOME, AWAY, mode)
    for step in plan.steps:
        if KINDS[step.kind].undo is None:
            continue
        for moved in (True, False):
            said = answer(step, back=replace(there, source=AWAY, target=HOME), found={}, moved=moved)
            assert isinstance(said, tuple) or (isinstance(said, Stays) and said.why and said.instead)


def speaks(topology: Topology, plan: Plan, seen: Observation, clock: ManualClock) -> dict[str, Finding]:
    return {one.code: one for one in preflight(topology, plan, seen, clock.now())}


def test_a_target_that_is_down_stops_only_a_rollback_that_goes_back_from_it(
    make_topology: MakeTopology, observe: MakeObservation, clock: ManualClock
) -> None:
    topology = make_topology()
    plan = planned(topology)
    at_home, moved = back(topology, plan, named(plan, "fence-source")), back(topology, plan, "promote")
    found = speaks(topology, at_home, observe(down=AWAY), clock)
    assert not [one for one in found.values() if one.severity is Severity.BLOCKING]
    there = speaks(topology, moved, observe(down=AWAY), clock)
    assert f"failover {HOME} --forced" in there["wrong-mode"].way_out
    assert "target-down" in speaks(topology, at_home, observe(down=HOME), clock)


def test_what_stays_is_told_before_anybody_approves(
    make_topology: MakeTopology, observe: MakeObservation, clock: ManualClock
) -> None:
    topology = make_topology()
    plan = planned(topology)
    found = speaks(topology, back(topology, plan, named(plan, "fence-source")), observe(), clock)["stays"]
    assert found.severity is Severity.WARNING
    assert f"{AWAY} has the parameters of {HOME} now" in found.message
    assert "history" in found.way_out


def test_a_writer_that_somebody_else_has_moved_stops_a_rollback_at_home(
    make_topology: MakeTopology, observe: MakeObservation, clock: ManualClock
) -> None:
    """The run did not move it: its source would be made to work beside a writer elsewhere."""
    topology = make_topology()
    plan, seen = planned(topology), observe()
    assert seen.database is not None
    turned = tuple(m.model_copy(update={"is_writer": not m.is_writer}) for m in seen.database.members)
    elsewhere = observe(database=seen.database.model_copy(update={"members": turned}))
    at_home, moved = back(topology, plan, named(plan, "fence-source")), back(topology, plan, "promote")
    assert speaks(topology, at_home, elsewhere, clock)["moved-since"].severity is Severity.BLOCKING
    assert "moved-since" not in speaks(topology, at_home, seen, clock)
    assert "moved-since" not in speaks(topology, moved, elsewhere, clock)


@pytest.mark.parametrize(
    ("remark", "of", "name", "left", "later_s", "told"),
    [
        ("as it was left", "capacity", "pay/web", {"desired": 3}, 60, None),
        ("somebody gave it another size", "capacity", "pay/web", {"desired": 0}, 60, "3 are asked for, the run left 0"),
        ("automatic scaling did", "capacity", "pay/web", {"desired": 5, "least": 2, "most": 9}, 60, None),
        ("beyond its bounds", "capacity", "pay/web", {"desired": 0, "least": 0, "most": 0}, 60, "the run left 0"),
        ("looked at before the step had ended", "capacity", "pay/web", {"desired": 0}, -60, None),
        ("weights as they were left", "weights", "pay.acme.test", {HOME: 100, AWAY: 0}, 60, None),
        ("other weights", "weights", "pay.acme.test", {HOME: 0}, 60, f"{HOME} has 100, the run left 0"),
        ("records that are not looked at", "weights", "www.acme.test", {HOME: 0}, 60, None),
        ("a control", "controls", "arc", {HOME: "Off", AWAY: "On"}, 60, f"{HOME} has On, the run left Off"),
        ("a control as it was left", "controls", "arc", {HOME: "On"}, 60, None),
    ],
)
def test_what_somebody_has_changed_since_is_not_taken_back_unasked(
    make_topology: MakeTopology,
    observe: MakeObservation,
    clock: ManualClock,
    remark: str,
    of: str,
    name: str,
    left: dict[str, Any],
    later_s: float,
    told: str | None,
) -> None:
    topology = make_topology()
    plan = planned(topology)
    at_home = back(topology, plan, named(plan, "fence-source"))
    ended = clock.now() - timedelta(seconds=later_s)
    region = HOME if of == "capacity" else ""
    as_left = AsLeft(of=of, name=name, region=region, seen=left, at=ended)
    controls = (ControlsState(name="arc", on=(HOME,), observed_at=clock.now()),)
    seen = observe(controls=controls)
    found = speaks(topology, at_home.model_copy(update={"as_left": (as_left,)}), seen, clock)
    if told is None:
        assert "changed-since" not in found, remark
        return
    assert found["changed-since"].severity is Severity.BLOCKING
    assert told in found["changed-since"].evidence
    assert "--override changed-since" in found["changed-since"].way_out


def test_a_rollback_at_home_leans_on_no_team_step_elsewhere_and_works_as_the_gates_ask(
    make_topology: MakeTopology,
) -> None:
    entry = {"lambda": {"name": "warm", "after": "prepare", "function": "warm-it", "undo": "cool-it"}}
    topology = make_topology(custom=[entry])
    plan = planned(topology)
    fence = named(plan, "fence-source")
    found = back(topology, plan, fence)
    (cool,) = [step for step in found.steps if step.kind == "custom-lambda"]
    assert (cool.region, cool.best_effort) == (AWAY, True)
    assert not found.leans_on(AWAY)
    assert not [s for s in back(topology, plan, "promote").steps if s.kind == "custom-lambda" and s.best_effort]
    less = {**after(plan, fence), fence: Outcome({"desired": 2}, {}, True, True)}
    (up,) = [step for step in rollback.build(topology, plan, less, RUN).steps if step.kind == "scale-target"]
    assert up.params["count"] == 3, "it had 2, and the gates want what dr.yaml says"


def test_the_gates_let_a_rollback_pass_as_any_planned_move(
    make_topology: MakeTopology, observe: MakeObservation, clock: ManualClock
) -> None:
    topology = make_topology()
    found = back(topology, planned(topology), "promote")
    assert check(topology, found, observe(), clock.now()) == ()
    short = tuple(c.model_copy(update={"running": 1}) for c in observe().capacity)
    assert check(topology, found, observe(capacity=short), clock.now()), (
        "the source must work before it is gone back to"
    )
