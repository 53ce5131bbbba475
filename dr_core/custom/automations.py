"""SSM Automation: documents started under a token, and found again by it.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html: ClientToken is a UUID
that is taken once, and nothing lists executions by it; so the token is a tag's key too, by which
DescribeAutomationExecutions filters. Run Command is not used: SendCommand takes no token.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.custom.errand import Errand
from dr_core.custom.port import Execution, ExecutionState
from dr_core.custom.redaction import one_line

ACTIONS = ("ssm:StartAutomationExecution", "ssm:AddTagsToResource", "ssm:DescribeAutomationExecutions")
_DONE = frozenset({"Success", "CompletedWithSuccess"})
_FAILED = frozenset(
    {"Failed", "TimedOut", "Cancelled", "Rejected", "CompletedWithFailure", "ChangeCalendarOverrideRejected", "Exited"}
)


def tag_of(token: str) -> str:
    """The key of the tag by which an execution is found again."""
    return f"dr-token:{token}"


def state_of(status: str) -> ExecutionState:
    """A status that nobody knew when this was written means under way."""
    if status in _DONE:
        return ExecutionState.DONE
    return ExecutionState.FAILED if status in _FAILED else ExecutionState.UNDER_WAY


class SsmAutomations:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "ssm")

    def newest(self, region: str, token: str) -> Execution | None:
        wanted = [{"Key": "TagKey", "Values": [tag_of(token)]}]
        pages = self._client(region).get_paginator("describe_automation_executions").paginate(Filters=wanted)
        with aws_errors("ssm", region, "DescribeAutomationExecutions"):
            found = [_execution(raw) for page in pages for raw in page["AutomationExecutionMetadataList"]]
        return max(found, key=lambda one: one.started_at, default=None)

    def start(self, document: str, region: str, token: str, errand: Errand, parameters: dict[str, str]) -> None:
        with aws_errors("ssm", region, "StartAutomationExecution"):
            self._client(region).start_automation_execution(
                DocumentName=document,
                ClientToken=token,
                Parameters=filled(parameters, errand),
                Tags=[{"Key": tag_of(token), "Value": f"{errand.run}/{errand.step}"[:256]}],
            )


def filled(parameters: dict[str, str], errand: Errand) -> dict[str, list[str]]:
    """The document's parameters, with the errand's words in the place of their names in braces."""
    words = errand.model_dump(mode="json")
    made = {}
    for name, text in parameters.items():
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", value)
        made[name] = [text]
    return made


def _execution(raw: dict[str, Any]) -> Execution:
    status = str(raw.get("AutomationExecutionStatus", ""))
    return Execution(
        id=str(raw["AutomationExecutionId"]),
        state=state_of(status),
        status=status,
        started_at=raw.get("ExecutionStartTime") or datetime.min.replace(tzinfo=UTC),
        detail=one_line(str(raw.get("FailureMessage") or "")),
    )
