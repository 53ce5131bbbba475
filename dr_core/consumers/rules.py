"""EventBridge rules: enabled or disabled in a region.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html: events may go on matching for a short
time. EnableRule leaves out the read-only events of CloudTrail, which a rule may have been told to match as well.
"""

from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.port import consumer_name
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Consumer, EventBridgeRule


class Rules:
    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "events")
        self._clock = clock

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        rule = _rule(entry)
        with aws_errors("events", region, "DescribeRule"):
            state = str(self._client(region).describe_rule(Name=rule.rule, EventBusName=rule.bus)["State"])
        return ConsumerState(
            region=region,
            kind=entry.kind,
            name=consumer_name(entry),
            flow=Flow.OFF if state == "DISABLED" else Flow.ON,
            detail=f"the rule is {state.lower().replace('_', ' ')}",
            observed_at=self._clock.now(),
        )

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(_rule(entry), region, "EnableRule")

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(_rule(entry), region, "DisableRule")

    def _turn(self, rule: EventBridgeRule, region: str, operation: str) -> None:
        client = self._client(region)
        call = client.enable_rule if operation == "EnableRule" else client.disable_rule
        try:
            with aws_errors("events", region, operation):
                call(Name=rule.rule, EventBusName=rule.bus)
        except AwsRejectedError as error:
            if error.aws_code == "ConcurrentModificationException":
                raise UnreachableError(f"EventBridge rule {rule.rule} is just being changed.") from error
            raise


def _rule(entry: Consumer) -> EventBridgeRule:
    if entry.eventbridge_rule is None:
        raise RejectedError(f"{consumer_name(entry)} is no EventBridge rule.")
    return entry.eventbridge_rule
