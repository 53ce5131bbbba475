"""SSM Automation: executions that take their time, are started once a token, and end as their document's name says.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html

What AWS's documentation leaves open and is decided here: a client token that was taken with the same parameters answers
with the execution that it started; filters look at a page of executions, so that a page may hold none and not be the
last.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from moto.ssm.models import ssm_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters
from bot.sandbox.world.errands import SLOW_S, behaviour
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

RUNS_S = 30.0
PAGE = 50


@dataclass
class Execution:
    """One run of a document."""

    id: str
    region: str
    document: str
    asked: dict[str, Any]
    tags: tuple[str, ...]
    started_at: datetime
    status: str = "InProgress"
    failure: str = ""


class Automations:
    """Documents are moto's; what runs of them is here."""

    PAGES: ClassVar[dict[str, str]] = {
        "ssm": "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self.executions: dict[str, Execution] = {}
        self._tokens: dict[tuple[str, str], str] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "StartAutomationExecution": self.start,
            "GetAutomationExecution": self.get,
            "DescribeAutomationExecutions": self.describe,
        }
        return {("ssm", name): handler for name, handler in table.items()}

    def start(self, call: Call) -> Parameters:
        """One execution a client token; the document must exist and declare the parameters."""
        document, token = call.text("DocumentName"), str(call.parameters.get("ClientToken") or uuid.uuid4()).lower()
        self._declared(call, document)
        known = self._tokens.get((call.region, token))
        if known is not None:
            if self.executions[known].asked != _asked(call):
                raise AwsError("IdempotentParameterMismatch", "The token was taken with other parameters.")
            return {"AutomationExecutionId": known}
        made = Execution(
            id=str(uuid.uuid4()),
            region=call.region,
            document=document,
            asked=_asked(call),
            tags=tuple(str(tag["Key"]) for tag in call.parameters.get("Tags") or ()),
            started_at=self._timeline.now,
        )
        self.executions[made.id] = made
        self._tokens[call.region, token] = made.id
        if behaviour(document) not in ("hangs", "silent"):
            self._timeline.after(SLOW_S if behaviour(document) == "slow" else RUNS_S, lambda: _end(made))
        return {"AutomationExecutionId": made.id}

    def get(self, call: Call) -> Parameters:
        """One execution of this region, with why it failed."""
        found = self.executions.get(call.text("AutomationExecutionId"))
        if found is None or found.region != call.region:
            raise AwsError("AutomationExecutionNotFoundException", "There is no such execution.")
        return {"AutomationExecution": _described(found)}

    def describe(self, call: Call) -> Parameters:
        """Pages of this region's, newest first; filters: ExecutionId, ExecutionStatus, DocumentNamePrefix, TagKey."""
        own = [one for one in self.executions.values() if one.region == call.region]
        own.sort(key=lambda one: one.started_at, reverse=True)
        refusal = AwsError("InvalidNextToken", "The specified token isn't valid.")
        found, more = page(own, call.parameters.get("NextToken"), call.parameters.get("MaxResults", PAGE), refusal)
        for wanted in call.parameters.get("Filters") or ():
            found = [one for one in found if _fits(one, str(wanted["Key"]), wanted["Values"])]
        listed = {"AutomationExecutionMetadataList": [_described(one) for one in found]}
        return listed | ({"NextToken": more} if more else {})

    def _declared(self, call: Call, document: str) -> None:
        known = ssm_backends[self._account][call.region]._documents
        if document not in known:
            raise AwsError("AutomationDefinitionNotFoundException", f"There is no document {document}.")
        content = json.loads(known[document].get_default_version().content)
        unknown = set(call.parameters.get("Parameters") or {}) - set(content.get("parameters", {}))
        if unknown:
            message = f"{document} does not declare {', '.join(sorted(unknown))}."
            raise AwsError("InvalidAutomationExecutionParametersException", message)


def _end(execution: Execution) -> None:
    failed = behaviour(execution.document) == "fails"
    execution.status = "Failed" if failed else "Success"
    execution.failure = f"Step wait failed: {execution.document} was made to fail" if failed else ""


def _asked(call: Call) -> dict[str, Any]:
    return {name: call.parameters.get(name) for name in ("DocumentName", "DocumentVersion", "Parameters")}


def _fits(execution: Execution, key: str, values: list[str]) -> bool:
    match key:
        case "ExecutionId":
            return execution.id in values
        case "ExecutionStatus":
            return execution.status in values
        case "DocumentNamePrefix":
            return any(execution.document.startswith(value) for value in values)
        case "TagKey":
            return any(value in execution.tags for value in values)
    raise AwsError("InvalidFilterKey", f"{key} is not played here.")


def _described(execution: Execution) -> Parameters:
    return {
        "AutomationExecutionId": execution.id,
        "DocumentName": execution.document,
        "AutomationExecutionStatus": execution.status,
        "ExecutionStartTime": execution.started_at,
        **({"FailureMessage": execution.failure} if execution.failure else {}),
    }
