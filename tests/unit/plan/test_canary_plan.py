"""Where a canary stands in a plan, and where there is none and why."""

from typing import Any

import pytest

from dr_core.plan.canary import CanaryPlan, canary_plan
from dr_core.plan.failover import build
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Segment
from dr_core.plan.steps import KINDS
from tests.unit.plan.conftest import AWAY, HOME

CANARY = {"percent": 3, "hold": "2m"}
RECORDS = {"hosted_zone": "Z", "name": "api.example.com", "type": "A", "set_identifiers": {HOME: "a", AWAY: "b"}}
OBJECT = {"bucket": {AWAY: "takeover"}, "key": "active", "health_check": "hc"}


def planned(make_topology: Any, mode: Mode = Mode.PLANNED, **changes: Any) -> CanaryPlan | str:
    app = make_topology(**{"canary": CANARY, **changes}).applications["pay"]
    return canary_plan(Move("pay", app, HOME, AWAY, mode))


def test_it_stands_after_all_preparation_and_before_anything_that_is_taken_away(make_topology):
    topology = make_topology(canary=CANARY)
    steps = build(topology, "pay", source=HOME, target=AWAY, mode=Mode.PLANNED).steps
    segments = [step.segment for step in steps]
    first = segments.index(Segment.CANARY)
    assert [step.name for step in steps if step.segment is Segment.CANARY] == ["canary-start", "canary-hold"]
    assert set(segments[:first]) == {Segment.PREPARE}
    assert not {Segment.PREPARE, Segment.CANARY} & set(segments[first + 2 :])
    assert set(steps[first].after) <= {step.name for step in steps[:first]}
    assert steps[first + 1].after == ("canary-start",)
    assert {step.after for step in steps if step.segment is Segment.FENCE} == {("canary-hold",)}


def test_both_steps_say_on_which_zones_they_read_and_change(make_topology):
    steps = build(make_topology(canary=CANARY), "pay", source=HOME, target=AWAY, mode=Mode.PLANNED).steps
    for step in (one for one in steps if one.segment is Segment.CANARY):
        needs = KINDS[step.kind].needs
        assert needs is not None
        assert {(need.action, need.region, need.resources) for need in needs(step, "111122223333")} == {
            (f"route53:{what}ResourceRecordSets", None, ("arn:aws:route53:::hostedzone/Z9",))
            for what in ("Change", "List")
        }
        assert KINDS[step.kind].by_hand(step).act


def test_a_forced_plan_has_none(make_topology):
    assert planned(make_topology, Mode.FORCED) == ""
    steps = build(make_topology(canary=CANARY), "pay", source=HOME, target=AWAY, mode=Mode.FORCED).steps
    assert Segment.CANARY not in {step.segment for step in steps}


@pytest.mark.parametrize("code", ["no-canary", "canary-not-weighted"])
def test_an_override_leaves_it_out_and_nothing_else(make_topology, code):
    topology = make_topology(canary=CANARY)
    steps = build(topology, "pay", source=HOME, target=AWAY, mode=Mode.PLANNED, overrides=(code,)).steps
    without = build(make_topology(), "pay", source=HOME, target=AWAY, mode=Mode.PLANNED).steps
    assert steps == without


TABLE = [
    ({"canary": None}, "", "nobody asked for one"),
    ({"traffic": [{"standby_takes_over": OBJECT}]}, "records are not what switches it", "an object has no shares"),
    (
        {"traffic": [{"route53_records": RECORDS}, {"standby_takes_over": OBJECT}]},
        "records are not what switches it",
        "the object is the switch, the records follow",
    ),
    (
        {"traffic": [{"route53_records": {**RECORDS, "set_identifiers": {AWAY: "b"}}}]},
        f"api.example.com has no record for {HOME}",
        "no share can be taken from whoever has no record",
    ),
    ({"health": []}, f"there is no health URL of {HOME} and {AWAY}", "nothing to judge it by"),
    ({"health": [{"http": {HOME: "https://a.example.com/"}}]}, f"no health URL of {AWAY}", "only one side is seen"),
]


@pytest.mark.parametrize(("changes", "said", "remark"), TABLE, ids=[row[-1] for row in TABLE])
def test_where_there_is_none_it_is_said_why(make_topology, changes, said, remark):
    found = planned(make_topology, **changes)
    assert isinstance(found, str), remark
    assert said in found
    assert bool(found) is bool(said)
