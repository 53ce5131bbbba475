"""Consumers in a plan: one region consumes at any time, nobody waits for a dead region, and silence proves nothing."""

import pytest

from dr_core.claim import Claim
from dr_core.consumers.memory import MemoryConsumers
from dr_core.consumers.port import consumer_name, together
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import Flow
from dr_core.plan.catalogue import Progress
from dr_core.plan.failover import build
from dr_core.plan.kinds.verify_consumers import ELSEWHERE
from dr_core.plan.step import Mode, Segment
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.topology.capacity import Consumer
from tests.ports import some_ports

HOME, AWAY, THIRD = "ap-south-1", "ap-south-2", "ap-east-1"
DONE, MOVING, ABSENT = Progress.SATISFIED, Progress.UNDER_WAY, Progress.ABSENT
STOP, START, VERIFY = "stop-consumers", "start-consumers", "verify-consumers"
CONSUMERS = [
    {"lambda_event_source": {"function": "pay-in"}},
    {"eventbridge_rule": {"rule": "pay-in", "bus": "arn:aws:events:ap-south-1:1:event-bus/pay"}},
    {"eventbridge_schedule": {"schedule": "nightly", "roles": {AWAY: "arn:aws:iam::111122223333:role/clock"}}},
    {"ecs_poller": {"cluster": "pay", "service": "poller", "count": 2}},
]
ONE = CONSUMERS[:1]
CLAIM = Claim("token", "run-a", 1)


class Play:
    """The steps of one plan on consumers in memory, as the runner would play them."""

    def __init__(self, topology, clock, mode, overrides=()):
        app = topology.applications["pay"]
        self.clock = clock
        self.entry = app.consumers[0]
        self.plan = build(topology, "pay", source=HOME, target=AWAY, mode=mode, overrides=overrides)
        name = consumer_name(self.entry)
        self.consumers = MemoryConsumers([name], app.regions, [(name, HOME)], clock)
        self._kinds = make_catalogue(some_ports(consumers=self.consumers))

    def step(self, kind):
        return next(step for step in self.plan.steps if step.kind == kind)

    def look(self, kind):
        return self._kinds[kind].observe(self.step(kind))

    def carry_out(self, kind):
        self._kinds[kind].act(self.step(kind), CLAIM)
        self.clock.advance(30)
        return self.look(kind).progress


@pytest.fixture
def play(make_topology, clock):
    def make(mode=Mode.PLANNED, regions=(HOME, AWAY), overrides=()):
        standby = [region for region in regions if region != HOME]
        return Play(make_topology(regions=regions, standby=standby, consumers=ONE), clock, mode, overrides)

    return make


@pytest.mark.parametrize("mode", list(Mode))
def test_each_entry_is_stopped_before_the_promotion_and_started_after_it(make_topology, mode):
    plan = build(make_topology(consumers=CONSUMERS), "pay", source=HOME, target=AWAY, mode=mode)
    of = {kind: [step for step in plan.steps if step.kind == kind] for kind in (STOP, START, VERIFY)}
    assert [len(steps) for steps in of.values()] == [4, 4, 4]
    assert len({step.name for step in plan.steps}) == len(plan.steps), "two things of one name are two steps"
    [promote] = [step for step in plan.steps if step.segment is Segment.PROMOTE]
    assert {step.name for step in of[STOP]} <= set(promote.after)
    for start, verify in zip(of[START], of[VERIFY], strict=True):
        assert start.after == (promote.name,)
        assert verify.after == (start.name,)
    assert {step.region for step in of[STOP]} == {HOME}
    assert {step.region for step in of[START]} == {AWAY}
    assert all(step.best_effort is (mode is Mode.FORCED) for steps in of.values() for step in steps)


@pytest.mark.parametrize("mode", list(Mode))
def test_users_do_not_wait_for_consumers_to_start(make_topology, mode):
    plan = build(make_topology(consumers=ONE), "pay", source=HOME, target=AWAY, mode=mode)
    others = [step for step in plan.steps if step.segment is Segment.VERIFY and step.kind != VERIFY]
    assert others
    assert all("start-consumers-pay-in" not in step.after for step in others)


def test_stopping_is_done_when_nothing_takes_work_any_more(play):
    it = play()
    assert it.look(STOP).progress is ABSENT
    it._kinds[STOP].act(it.step(STOP), CLAIM)
    assert it.look(STOP).progress is MOVING
    it.clock.advance(30)
    assert it.look(STOP).progress is DONE


def test_what_is_stopped_already_is_adopted(play):
    it = play()
    it.consumers.turn_off(it.entry, HOME, CLAIM)
    it.clock.advance(30)
    assert it.look(STOP).progress is DONE


def test_a_planned_start_does_not_begin_while_the_source_consumes_again(play):
    it = play()
    seen = it.look(START)
    assert (seen.progress, HOME in seen.detail) == (MOVING, True)
    assert it.carry_out(STOP) is DONE
    assert it.look(START).progress is ABSENT
    assert it.carry_out(START) is DONE


def test_a_planned_start_goes_on_where_the_source_was_stopped_and_has_gone(play):
    it = play()
    assert it.carry_out(STOP) is DONE
    it.consumers.down.add(HOME)
    assert it.look(START).progress is ABSENT


def test_a_forced_start_waits_for_nobody_and_says_so(play):
    it = play(Mode.FORCED)
    assert it.look(START).progress is ABSENT
    assert "unfenced" in it.step(START).title
    assert it.carry_out(START) is DONE


def test_a_silent_source_can_be_neither_observed_nor_stopped(play):
    it = play(Mode.FORCED)
    it.consumers.down.add(HOME)
    with pytest.raises(UnreachableError):
        it.look(STOP)


def test_verified_is_one_region_alone_and_another_one_that_consumes_too_is_not(play):
    it = play()
    assert it.look(VERIFY).progress is MOVING, "the target does not consume yet"
    it.consumers.turn_on(it.entry, AWAY, CLAIM)
    it.clock.advance(30)
    seen = it.look(VERIFY)
    assert (seen.progress, seen.detail) == (MOVING, f"{HOME} consumes, too")
    assert it.carry_out(STOP) is DONE
    assert it.look(VERIFY).progress is DONE


def test_a_region_that_does_not_answer_is_not_observed_and_holds_nothing_up(play):
    it = play(Mode.FORCED)
    it.carry_out(START)
    it.consumers.down.add(HOME)
    seen = it.look(VERIFY)
    assert seen.progress is DONE
    assert f"{HOME} was not observed" in seen.detail
    assert str(seen.evidence[HOME]).startswith("not observed")


def test_a_third_region_must_not_consume_unless_somebody_said_so(play):
    for overrides, progress in (((), MOVING), ((ELSEWHERE,), DONE)):
        it = play(regions=(HOME, AWAY, THIRD), overrides=overrides)
        for region in (AWAY, THIRD):
            it.consumers.turn_on(it.entry, region, CLAIM)
        it.carry_out(STOP)
        assert it.look(VERIFY).progress is progress


@pytest.mark.parametrize("mode", list(Mode))
def test_what_a_step_may_call_is_exact(make_topology, mode):
    plan = build(make_topology(consumers=CONSUMERS), "pay", source=HOME, target=AWAY, mode=mode)
    found: dict[str, set[tuple[str, str, str]]] = {}
    for step in (step for step in plan.steps if "consumers" in step.kind):
        needs = KINDS[step.kind].needs(step, "111122223333")
        assert {need.action for need in needs} <= set(KINDS[step.kind].actions)
        found.setdefault(step.kind, set()).update(
            (need.action, need.region, arn) for need in needs for arn in need.resources
        )
    rule = "arn:aws:events:{}:111122223333:rule/pay/pay-in"
    schedule = "arn:aws:scheduler:{}:111122223333:schedule/default/nightly"
    assert ("events:DisableRule", HOME, rule.format(HOME)) in found[STOP]
    assert ("events:EnableRule", AWAY, rule.format(AWAY)) in found[START]
    assert ("scheduler:UpdateSchedule", AWAY, schedule.format(AWAY)) in found[START]
    assert ("iam:PassRole", AWAY, "arn:aws:iam::111122223333:role/clock") in found[START]
    assert "iam:PassRole" not in {action for action, *_ in found[STOP]}, "which one is not known there"
    assert ("ecs:UpdateService", HOME, f"arn:aws:ecs:{HOME}:111122223333:service/pay/poller") in found[STOP]
    assert {action for action, region, _ in found[VERIFY] if region == HOME} == {
        "lambda:ListEventSourceMappings", "events:DescribeRule", "scheduler:GetSchedule", "ecs:DescribeServices",
        "application-autoscaling:DescribeScalableTargets",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((Flow.ON, Flow.ON), Flow.ON),
        ((Flow.OFF, Flow.STOPPING), Flow.STOPPING),
        ((Flow.STARTING, Flow.ON), Flow.STARTING),
        ((Flow.ON, Flow.OFF), Flow.MIXED),
        ((Flow.OFF, Flow.STARTING), Flow.MIXED),
        ((Flow.OFF, Flow.BUSY), Flow.MIXED),
        ((Flow.BUSY,), Flow.BUSY),
    ],
)
def test_several_parts_are_on_or_off_together_or_mixed(parts, whole):
    assert together(parts) is whole


@pytest.mark.parametrize(
    ("entry", "name"),
    [*zip(CONSUMERS, ["pay-in", "pay/pay-in", "nightly", "pay/poller"], strict=True)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_default_bus_and_group_are_left_out_of_a_name(entry, name):
    assert consumer_name(Consumer.model_validate(entry)) == name


def test_a_consumer_that_is_not_there_is_refused_by_name(play):
    it = play()
    with pytest.raises(RejectedError, match="pay-in"):
        it.consumers.state(it.entry, "nowhere")
