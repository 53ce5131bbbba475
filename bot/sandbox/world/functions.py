"""Lambda functions that are invoked: they answer, fail, or give no answer, as their names say.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

import base64
import json
from typing import Any, ClassVar

from moto.awslambda.models import lambda_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Reply
from bot.sandbox.world.errands import Errands, behaviour, event_of
from bot.sandbox.world.gateway import ConnectionResetInsteadError
from bot.sandbox.world.ground import Ground


class Functions:
    """The functions themselves are moto's; what they do when they are called is here."""

    PAGES: ClassVar[dict[str, str]] = {"lambda": "https://docs.aws.amazon.com/lambda/latest/api/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._errands = ground.part(Errands)

    def operations(self) -> Operations:
        return {("lambda", "Invoke"): self.invoke}

    def invoke(self, call: Call) -> Reply:
        """`DryRun` does nothing (204), `Event` is queued (202); else the answer, or what the function failed with."""
        name = call.text("FunctionName").rpartition(":")[2]
        if name not in self._known(call.region):
            arn = f"arn:aws:lambda:{call.region}:{self._account}:function:{name}"
            raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)
        event = event_of(_bytes(call.parameters.get("Payload")))
        if call.parameters.get("InvocationType") == "DryRun":
            return Reply(204, (), b"")
        queued = call.parameters.get("InvocationType") == "Event"
        if queued:
            if event is not None and behaviour(name) != "fails":
                self._errands.tell(name, event)
            return Reply(202, (), b"")
        if behaviour(name) in ("silent", "hangs"):
            raise ConnectionResetInsteadError
        if behaviour(name) == "fails":
            return _failed(name)
        log = f"START\nreceived {event['verb'] if event else 'something'}\npassword=hunter2hunter2\nEND"
        answer: dict[str, Any] = {"status": "ok"}
        if event is not None:
            asked = event.get("verb") == "verify"
            answer = self._errands.ask(event) if asked else self._errands.tell(name, event, at_once=True)
        headers = (("X-Amz-Log-Result", base64.b64encode(log.encode()).decode()), ("X-Amz-Executed-Version", "$LATEST"))
        return Reply(200, headers, json.dumps(answer).encode())

    def _known(self, region: str) -> set[str]:
        return {str(one.function_name) for one in lambda_backends[self._account][region].list_functions()}


def _failed(name: str) -> Reply:
    what = {"errorType": "RuntimeError", "errorMessage": f"{name} was made to fail, token=abcdef123456"}
    return Reply(200, (("X-Amz-Function-Error", "Unhandled"),), json.dumps(what).encode())


def _bytes(payload: Any) -> bytes:
    return payload.encode() if isinstance(payload, str) else bytes(payload or b"")
