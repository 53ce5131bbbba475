"""Lambda functions: invoked and waited for, or queued, or asked.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: an invocation has no idempotency token, so the errand's
own is in its event. A queued event may arrive more than once, and is tried twice more where the function fails:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html.
"""

import base64
import binascii
import json
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.custom.errand import Answer, Errand, read, read_check
from dr_core.custom.redaction import one_line
from dr_core.errors import RejectedError

ACTION = "lambda:InvokeFunction"


class LambdaFunctions:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "lambda")

    def send(self, function: str, region: str, errand: Errand, *, wait: bool) -> Answer:
        if not wait:
            with aws_errors("lambda", region, "Invoke"):
                self._client(region).invoke(FunctionName=function, InvocationType="Event", Payload=errand.body())
            return Answer(done=False, detail=f"queued for {function}", under_way=True)
        body, log = self._invoked(function, region, errand)
        return read(body, who=f"Function {function}", log=log)

    def ask(self, function: str, region: str, errand: Errand) -> Answer:
        body, log = self._invoked(function, region, errand)
        return read_check(body, who=f"Function {function}", log=log)

    def _invoked(self, function: str, region: str, errand: Errand) -> tuple[bytes, str]:
        """What it returned, and the tail of its log."""
        with aws_errors("lambda", region, "Invoke"):
            reply = self._client(region).invoke(
                FunctionName=function, InvocationType="RequestResponse", LogType="Tail", Payload=errand.body()
            )
            body: bytes = reply["Payload"].read()
        if reply.get("FunctionError"):
            raise RejectedError(f"Function {function} in {region} failed: {_why(body)}")
        return body, _tail(reply)


def _why(body: bytes) -> str:
    try:
        found = json.loads(body)
        return one_line(f"{found.get('errorType', '')} {found.get('errorMessage', '')}".strip()) or "it said nothing"
    except (ValueError, AttributeError):
        return one_line(body.decode("utf-8", "replace")) or "it said nothing"


def _tail(reply: dict[str, Any]) -> str:
    """The last 4 KB of the log, which Lambda sends in base64."""
    try:
        return base64.b64decode(reply.get("LogResult") or "").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
