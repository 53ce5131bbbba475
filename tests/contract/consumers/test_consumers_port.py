"""The rules of Consumers, on the fake and on Lambda, EventBridge, EventBridge Scheduler and ECS."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from moto.events.models import events_backends

from bot.sandbox.world.world import World
from dr_core.aws.clients import acting_clients
from dr_core.aws.sending import guarded
from dr_core.claim import Claim
from dr_core.consumers import by_hand
from dr_core.consumers.aws import AwsConsumers
from dr_core.consumers.memory import MemoryConsumers
from dr_core.consumers.port import Consumers, consumer_name
from dr_core.errors import DeniedError, RejectedError, ThrottledError, UnreachableError
from dr_core.observation.model import Flow
from dr_core.plan.kinds import stop_consumers
from dr_core.plan.kinds.stop_consumers import Consuming
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.capacity import Consumer
from tests.contract.by_hand import Hands
from tests.contract.conftest import Stage
from tests.contract.consumers.conftest import CONSUMERS, SOURCE, TARGET

CLAIM = Claim("0123456789abcdef", "run-a", 1)
ENTRIES = [Consumer.model_validate(entry) for entry in CONSUMERS]
MAPPING, RULE, SCHEDULE, POLLER = ENTRIES
TURNS = {
    "lambda_event_source": ("lambda", "UpdateEventSourceMapping"),
    "eventbridge_rule": ("events", "DisableRule"),
    "eventbridge_schedule": ("scheduler", "UpdateSchedule"),
    "ecs_poller": ("ecs", "UpdateService"),
}
by_kind = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)


@pytest.fixture(params=["memory", "aws"])
def on(request, billing, clock):
    if request.param == "memory":
        names = [consumer_name(entry) for entry in ENTRIES]
        fake = MemoryConsumers(names, (SOURCE, TARGET), [(name, SOURCE) for name in names], clock)
        yield Stage(billing, clock, take_down=fake.down.add), fake
        return
    stage: Stage = request.getfixturevalue("ground")
    world = stage.world
    assert world is not None
    stage.take_down = lambda region: _down(world, region)
    consumers = AwsConsumers(acting_clients(stage.aws, None), stage.clock)
    yield stage, consumers
    world.remove_fault(None)
    stage.advance(600)
    played = request.node.callspec.params.get("entry")
    back = Claim(f"back {stage.clock.monotonic()}", "run-0", 1)
    for entry in [played] if played in ENTRIES else ENTRIES if played is None else ():
        consumers.turn_on(entry, SOURCE, back)
        consumers.turn_off(entry, TARGET, back)
    stage.advance(600)


def _down(world: World, region: str) -> None:
    world.add_fault("region_down", region=region)


def flows(consumers: Consumers, entry: Consumer) -> tuple[Flow | None, Flow | None]:
    return consumers.state(entry, SOURCE).flow, consumers.state(entry, TARGET).flow


@by_kind
def test_what_takes_work_is_told_by_region_with_its_name_and_its_words(on, entry):
    _, consumers = on
    state = consumers.state(entry, SOURCE)
    assert (state.region, state.kind, state.name) == (SOURCE, entry.kind, consumer_name(entry))
    assert state.detail
    assert flows(consumers, entry) == (Flow.ON, Flow.OFF)


@by_kind
def test_it_moves_from_one_region_to_the_other_and_back(on, entry):
    stage, consumers = on
    consumers.turn_off(entry, SOURCE, CLAIM)
    stage.advance(120)
    assert flows(consumers, entry) == (Flow.OFF, Flow.OFF)
    consumers.turn_on(entry, TARGET, CLAIM)
    stage.advance(120)
    assert flows(consumers, entry) == (Flow.OFF, Flow.ON)
    consumers.turn_off(entry, TARGET, Claim("undo", "run-b", 1))
    stage.advance(120)
    consumers.turn_on(entry, SOURCE, Claim("undo", "run-b", 1))
    stage.advance(120)
    assert flows(consumers, entry) == (Flow.ON, Flow.OFF)


@by_kind
def test_turning_twice_has_one_effect_and_what_is_so_already_is_left_alone(on, entry):
    stage, consumers = on
    consumers.turn_on(entry, SOURCE, CLAIM)
    consumers.turn_off(entry, SOURCE, CLAIM)
    stage.advance(120)
    consumers.turn_off(entry, SOURCE, CLAIM)
    assert flows(consumers, entry) == (Flow.OFF, Flow.OFF)


@pytest.mark.parametrize("entry", [MAPPING, POLLER], ids=lambda entry: entry.kind)
def test_what_takes_time_is_seen_on_its_way(on, entry):
    stage, consumers = on
    consumers.turn_off(entry, SOURCE, CLAIM)
    state = consumers.state(entry, SOURCE)
    assert (state.flow, state.consumes) == (Flow.STOPPING, True)
    stage.advance(120)
    consumers.turn_on(entry, SOURCE, CLAIM)
    assert consumers.state(entry, SOURCE).flow is Flow.STARTING


@by_kind
def test_a_region_that_is_down_can_be_neither_asked_nor_told(on, entry):
    stage, consumers = on
    stage.take_down(SOURCE)
    with pytest.raises(UnreachableError):
        consumers.state(entry, SOURCE)
    with pytest.raises(UnreachableError):
        consumers.turn_off(entry, SOURCE, CLAIM)


@pytest.mark.parametrize(
    "entry",
    [
        {"lambda_event_source": {"function": "nobody"}},
        {"eventbridge_rule": {"rule": "nobody", "bus": "billing"}},
        {"eventbridge_schedule": {"schedule": "nobody", "group": "billing"}},
        {"ecs_poller": {"cluster": "billing", "service": "nobody"}},
    ],
    ids=lambda entry: next(iter(entry)),
)
def test_what_does_not_exist_is_refused_by_name(on, entry):
    _, consumers = on
    with pytest.raises(RejectedError, match="nobody"):
        consumers.state(Consumer.model_validate(entry), SOURCE)


# -- on AWS alone ----------------------------------------------------------------------------------------------------


only_aws = pytest.mark.parametrize("on", ["aws"], indirect=True)


@only_aws
@by_kind
def test_a_call_that_failed_before_or_after_its_effect_is_told_by_looking(on, entry):
    stage, consumers = on
    service, operation = TURNS[entry.kind]
    for kind, left in (("error_before", Flow.ON), ("error_after", Flow.OFF)):
        fault = stage.world.add_fault(kind, region=SOURCE, service=service, operation=operation)
        with pytest.raises(UnreachableError):
            consumers.turn_off(entry, SOURCE, CLAIM)
        stage.world.remove_fault(fault)
        stage.advance(120)
        assert consumers.state(entry, SOURCE).flow is left


@only_aws
@by_kind
def test_throttling_and_a_missing_permission_are_told_apart(on, entry):
    stage, consumers = on
    service, operation = TURNS[entry.kind]
    for kind, error in (("throttle", ThrottledError), ("denied", DeniedError)):
        fault = stage.world.add_fault(kind, region=SOURCE, service=service, operation=operation)
        with pytest.raises(error):
            consumers.turn_off(entry, SOURCE, CLAIM)
        stage.world.remove_fault(fault)
    assert consumers.state(entry, SOURCE).flow is Flow.ON


@only_aws
def test_a_mapping_that_is_being_enabled_takes_no_other_order_and_is_looked_at_again(on):
    _, consumers = on
    consumers.turn_on(MAPPING, TARGET, CLAIM)
    with pytest.raises(UnreachableError, match="just being changed"):
        consumers.turn_off(MAPPING, TARGET, CLAIM)
    assert consumers.state(MAPPING, TARGET).flow is Flow.STARTING


IDLE = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
ACTIVITIES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@only_aws
@pytest.mark.parametrize("held", [(), ACTIVITIES[:1], ACTIVITIES], ids=len)
def test_a_poller_that_idles_is_off_only_when_nothing_can_wake_it(on, held):
    stage, consumers = on
    targets, ecs = (stage.aws.client(name, SOURCE) for name in ("application-autoscaling", "ecs"))
    suspended = {activity: activity in held for activity in ACTIVITIES}
    targets.register_scalable_target(
        ResourceId="service/billing/poller", **IDLE, MinCapacity=0, SuspendedState=suspended
    )
    ecs.update_service(cluster="billing", service="poller", desiredCount=0)
    stage.advance(120)
    off = held == ACTIVITIES
    assert consumers.state(POLLER, SOURCE).flow is (Flow.OFF if off else Flow.MIXED)
    assert _stopped_by_hand(stage, by_hand.is_turned(POLLER, SOURCE, on=False)) is off
    consumers.turn_off(POLLER, SOURCE, CLAIM)
    assert consumers.state(POLLER, SOURCE).flow is Flow.OFF
    assert _stopped_by_hand(stage, by_hand.is_turned(POLLER, SOURCE, on=False))


def _stopped_by_hand(stage: Stage, condition: str) -> bool:
    return "it is so" in typed(stage, f"if {condition}; then echo it is so; fi")


def typed(stage: Stage, text: str) -> str:
    """What a shell says to it."""
    assert stage.endpoints is not None
    ends = stage.endpoints
    hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, stage.clock)
    # A socket's path may have 107 characters, which pytest's folders can exceed.
    with TemporaryDirectory(prefix="dr-hand-") as folder:
        return hands.run(text, Path(folder))


@only_aws
def test_all_mappings_of_a_function_move_and_one_that_is_there_is_not_told_again(on):
    stage, consumers = on
    assert stage.world is not None
    source = stage.aws.client("lambda", SOURCE)
    queues = stage.aws.client("sqs", SOURCE)
    queue = queues.get_queue_attributes(
        QueueUrl=queues.create_queue(QueueName="more")["QueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    more = source.create_event_source_mapping(FunctionName="billing-in", EventSourceArn=queue, Enabled=False)
    try:
        assert consumers.state(MAPPING, SOURCE).flow is Flow.MIXED
        before = len(stage.world.calls())
        consumers.turn_off(MAPPING, SOURCE, CLAIM)
        assert [call["operation"] for call in stage.world.calls()[before:]] == ["UpdateEventSourceMapping"]
        assert consumers.state(MAPPING, SOURCE).flow is Flow.STOPPING
        stage.advance(120)
        assert consumers.state(MAPPING, SOURCE).flow is Flow.OFF
    finally:
        source.delete_event_source_mapping(UUID=more["UUID"])


@only_aws
def test_a_schedule_keeps_everything_but_its_state(on):
    stage, consumers = on
    scheduler = stage.aws.client("scheduler", SOURCE)
    named = {"Name": "hourly", "GroupName": "billing"}
    whole = {
        **named,
        "ScheduleExpression": "cron(15 * * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Vienna",
        "Description": "closes the books",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 7},
        "StartDate": stage.clock.now() + timedelta(days=1),
        "Target": scheduler.get_schedule(**named)["Target"] | {"Input": '{"a": 1}'},
    }
    scheduler.update_schedule(**whole, ActionAfterCompletion="DELETE")
    before = scheduler.get_schedule(**named)
    consumers.turn_off(SCHEDULE, SOURCE, CLAIM)
    after = scheduler.get_schedule(**named)
    changing = ("State", "LastModificationDate", "ResponseMetadata")
    assert {key: after[key] for key in after if key not in changing} == {
        key: before[key] for key in before if key not in changing
    }
    assert after["State"] == "DISABLED"


@only_aws
def test_a_schedule_that_began_long_ago_can_still_be_turned(on):
    stage, consumers = on
    scheduler = stage.aws.client("scheduler", SOURCE)
    named = {"Name": "hourly", "GroupName": "billing"}
    known = scheduler.get_schedule(**named)
    kept = {key: known[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**named, **kept, StartDate=stage.clock.now() + timedelta(hours=1))
    stage.advance(7200)
    consumers.turn_off(SCHEDULE, SOURCE, CLAIM)
    assert consumers.state(SCHEDULE, SOURCE).flow is Flow.OFF


@only_aws
@pytest.mark.parametrize("past", [True, False])
def test_a_schedule_by_hand_keeps_a_start_that_is_still_to_come_and_no_other(on, past):
    stage, _ = on
    scheduler = stage.aws.client("scheduler", SOURCE)
    named = {"Name": "hourly", "GroupName": "billing"}
    known = scheduler.get_schedule(**named)
    kept = {key: known[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    start = stage.clock.now() + timedelta(hours=1)
    scheduler.update_schedule(**named, **kept, StartDate=start, Description="it's theirs")
    stage.advance(7200 if past else 60)
    now = f"date() {{ echo {stage.clock.now():%Y-%m-%dT%H:%M:%S}; }}"
    read, update = by_hand.turn(SCHEDULE, SOURCE, on=False)
    assert "--output json" in read, "whoever has another format by default would read nothing that can be sent"
    typed(stage, "\n".join((now, "set -e", read, update)))
    left = scheduler.get_schedule(**named)
    assert (left["State"], left["Description"], left.get("StartDate")) == (
        "DISABLED", "it's theirs", None if past else start
    )  # fmt: skip


@only_aws
def test_mappings_by_hand_are_all_tried_and_a_failure_of_the_first_is_told(on):
    stage, consumers = on
    source, queues = stage.aws.client("lambda", SOURCE), stage.aws.client("sqs", SOURCE)
    queue = queues.get_queue_attributes(
        QueueUrl=queues.create_queue(QueueName="third")["QueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    more = source.create_event_source_mapping(FunctionName="billing-in", EventSourceArn=queue, Enabled=True)
    stage.advance(120)
    step = Step(
        name="stop", kind="stop-consumers", title="", segment=Segment.FENCE, region=SOURCE, plane=Plane.CONTROL,
        home_region=SOURCE, deadline_s=20.0, best_effort=True, params=Consuming(entry=MAPPING, region=SOURCE).stored(),
    )  # fmt: skip
    stage.world.add_fault(
        "error_before", region=SOURCE, service="lambda", operation="UpdateEventSourceMapping", value=1
    )
    try:
        assert "it is unfenced" in typed(stage, *stop_consumers.commands(step).act)
        stage.advance(120)
        assert consumers.state(MAPPING, SOURCE).flow is Flow.MIXED, "the second was stopped all the same"
        assert "unfenced" not in typed(stage, *stop_consumers.commands(step).act)
    finally:
        source.delete_event_source_mapping(UUID=more["UUID"])


@only_aws
def test_an_update_of_a_schedule_that_arrives_late_undoes_nothing(on):
    """The old owner read, the new one finished, somebody improved the schedule; then the old update arrives."""
    stage, consumers = on
    scheduler = stage.aws.client("scheduler", SOURCE)
    named = {"Name": "hourly", "GroupName": "billing"}
    asleep = [True]

    def meanwhile() -> None:
        """Before the update leaves; the first request is the reading."""
        if asleep.pop():
            asleep.append(False)
            return
        asleep.append(True)
        with guarded(lambda: None):
            consumers.turn_off(SCHEDULE, SOURCE, CLAIM)
            known = scheduler.get_schedule(**named)
            kept = {key: known[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target", "State")}
            scheduler.update_schedule(**named, **kept, Description="improved")

    with guarded(meanwhile):
        consumers.turn_off(SCHEDULE, SOURCE, Claim(CLAIM.token, CLAIM.run, CLAIM.epoch + 1))
    left = scheduler.get_schedule(**named)
    assert (left["State"], left["Description"]) == ("DISABLED", "improved")


@only_aws
def test_a_rule_that_a_service_manages_for_itself_is_refused(on):
    stage, consumers = on
    events = stage.aws.client("events", SOURCE)
    account = events.put_rule(Name="theirs", EventPattern="{}", State="ENABLED")["RuleArn"].split(":")[4]
    rules = events_backends[account][SOURCE].event_buses["default"].rules
    rules["theirs"].managed_by = "pipes.amazonaws.com"
    try:
        with pytest.raises(RejectedError, match="managed"):
            consumers.turn_off(Consumer.model_validate({"eventbridge_rule": {"rule": "theirs"}}), SOURCE, CLAIM)
    finally:
        rules.pop("theirs")
