"""Lambda event source mappings: all of a function's in a region, turned on and off together.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html: Lambda pauses and goes on where it was.
A disabled mapping polls no more; a batch that it has handed over before is worked on until the function is done.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.port import consumer_name, together
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Consumer

_FLOWS = {
    "Enabled": Flow.ON,
    "Enabling": Flow.STARTING,
    "Disabling": Flow.STOPPING,
    "Disabled": Flow.OFF,
}
"""Any other state (Creating, Updating) passes, and takes no orders meanwhile."""
_CHANGING = frozenset({"ResourceInUseException", "ResourceConflictException"})


class EventSources:
    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "lambda")
        self._clock = clock

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        name = consumer_name(entry)
        states = [str(raw["State"]) for raw in self._mappings(name, region)]
        if not states:
            raise RejectedError(f"Function {name} has no event source mapping in {region}.")
        words = ", ".join(f"{states.count(state)} {state.lower()}" for state in dict.fromkeys(states))
        return ConsumerState(
            region=region,
            kind=entry.kind,
            name=name,
            flow=together(_FLOWS.get(state, Flow.BUSY) for state in states),
            detail=f"event source mappings: {words}",
            observed_at=self._clock.now(),
        )

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(consumer_name(entry), region, on=True)

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(consumer_name(entry), region, on=False)

    def _turn(self, function: str, region: str, *, on: bool) -> None:
        there = (Flow.ON, Flow.STARTING) if on else (Flow.OFF, Flow.STOPPING)
        for raw in self._mappings(function, region):
            if _FLOWS.get(str(raw["State"])) in there:
                continue
            try:
                with aws_errors("lambda", region, "UpdateEventSourceMapping"):
                    self._client(region).update_event_source_mapping(UUID=raw["UUID"], Enabled=on)
            except AwsRejectedError as error:
                if error.aws_code in _CHANGING:
                    raise UnreachableError(f"An event source mapping of {function} is just being changed.") from error
                raise

    def _mappings(self, function: str, region: str) -> Iterator[dict[str, Any]]:
        """One that is being deleted takes no part any more."""
        with aws_errors("lambda", region, "ListEventSourceMappings"):
            pages = self._client(region).get_paginator("list_event_source_mappings").paginate(FunctionName=function)
            found = [raw for page in pages for raw in page["EventSourceMappings"]]
        return (raw for raw in found if raw["State"] != "Deleting")
