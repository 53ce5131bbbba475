"""Lambda event source mappings over time: enabling and disabling take a while, and no other change is taken meanwhile.

https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html: the states.

What AWS's documentation leaves open and is decided here: how long it takes, and that a change in the middle of another
one is refused with ResourceInUseException.
"""

import json
from typing import Any, ClassVar

from moto.awslambda.models import lambda_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

ENABLING_S = 20.0
DISABLING_S = 30.0
_MOST = 100


class EventSourceMappings:
    """The mappings are moto's; what is under way is kept here."""

    PAGES: ClassVar[dict[str, str]] = {"lambda": "https://docs.aws.amazon.com/lambda/latest/api/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._moving: dict[str, str] = {}

    def operations(self) -> Operations:
        return {
            ("lambda", "ListEventSourceMappings"): self.list_mappings,
            ("lambda", "GetEventSourceMapping"): self.get_mapping,
            ("lambda", "UpdateEventSourceMapping"): self.update,
        }

    def consumes(self, region: str, function: str) -> bool:
        """Whether any mapping of the function takes work: one that is being disabled does until it is disabled."""
        mappings = self._backend(region).list_event_source_mappings("", function)
        return any(self._state(one) != "Disabled" for one in mappings)

    def function_of(self, region: str, mapping: str) -> str | None:
        """The ARN of the function behind a mapping; None where there is no such mapping."""
        found = self._backend(region).get_event_source_mapping(mapping)
        return str(found.function_arn) if found is not None else None

    def list_mappings(self, call: Call) -> Parameters:
        """Mappings of a function or of a source with their states of now, 100 a page."""
        asked = call.parameters
        function, source = asked.get("FunctionName"), asked.get("EventSourceArn")
        if function and function not in {one.function_name for one in self._backend(call.region).list_functions()}:
            raise AwsError("ResourceNotFoundException", f"Function not found: {function}", 404)
        found = self._backend(call.region).list_event_source_mappings(source or "", function or "")
        refusal = AwsError("InvalidParameterValueException", "The marker is not valid.")
        listed, rest = page([self._shown(one) for one in found], asked.get("Marker"), _MOST, refusal)
        return {"EventSourceMappings": listed, **({"NextMarker": rest} if rest else {})}

    def get_mapping(self, call: Call) -> Parameters:
        """One mapping with its state of now."""
        return self._shown(self._mapping(call))

    def update(self, call: Call) -> Reply:
        """Enabling and disabling take half a minute; a change meanwhile is refused with ResourceInUseException."""
        mapping = self._mapping(call)
        if mapping.uuid in self._moving:
            raise AwsError("ResourceInUseException", "The operation cannot be performed at this time.")
        before = bool(mapping.enabled)
        reply = call.forward()
        if not reply.ok:
            return reply
        if bool(mapping.enabled) != before:
            self._moving[mapping.uuid] = "Enabling" if mapping.enabled else "Disabling"
            seconds = ENABLING_S if mapping.enabled else DISABLING_S
            self._timeline.after(seconds, lambda: self._arrived(mapping.uuid))
        answer = json.loads(reply.body) | {"State": self._state(mapping)}
        return Reply(reply.status, reply.headers, json.dumps(answer).encode())

    def _arrived(self, uuid: str) -> None:
        self._moving.pop(uuid, None)

    def _mapping(self, call: Call) -> Any:
        found = self._backend(call.region).get_event_source_mapping(call.text("UUID"))
        if found is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return found

    def _shown(self, mapping: Any) -> Parameters:
        shown = {name: value for name, value in mapping.get_configuration().items() if value is not None}
        return shown | {"State": self._state(mapping)}

    def _state(self, mapping: Any) -> str:
        return self._moving.get(mapping.uuid, "Enabled" if mapping.enabled else "Disabled")

    def _backend(self, region: str) -> Any:
        return lambda_backends[self._account][region]
