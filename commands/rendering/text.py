"""Any result as plain lines of at most 100 characters: for the terminal, and as Slack's fallback text."""

import importlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

# Each drawing is imported when the first result of its kind is drawn.
_DRAWN_BY = {
    "dr.status/1": "commands.rendering.status:status",
    "dr.health/1": "commands.rendering.health:health",
    "dr.replication/1": "commands.rendering.replication:replication",
    "dr.budget/1": "commands.rendering.budget:budget",
    "dr.readiness/1": "commands.rendering.readiness:readiness",
    "dr.plan/1": "commands.rendering.plan:plan",
    "dr.request/1": "commands.rendering.request:request",
    "dr.requests/1": "commands.rendering.request:requests",
    "dr.evacuation/1": "commands.rendering.evacuation:evacuation",
    "dr.evacuation-plan/1": "commands.rendering.evacuation_plan:plan",
    "dr.run/1": "commands.rendering.run:run",
    "dr.runs/1": "commands.rendering.run:runs",
    "dr.brake/1": "commands.rendering.status:brake",
    "dr.audit/1": "commands.rendering.audit:listing",
    "dr.audit-verdict/1": "commands.rendering.audit:verdict",
    "dr.audit-export/1": "commands.rendering.audit:export",
    "dr.doctor/1": "commands.rendering.doctor:doctor",
    "dr.help/1": "commands.rendering.help:report",
    "dr.reviews/1": "commands.rendering.review:reviews",
    "dr.drill/1": "commands.rendering.drill:drill",
    "dr.drills/1": "commands.rendering.drill:history",
    "dr.incident/1": "commands.rendering.incident:incident",
    "dr.incidents/1": "commands.rendering.incident:incidents",
    "dr.after-action/1": "commands.rendering.after_action:after_action",
    "dr.page/1": "commands.rendering.after_action:page",
    "dr.releases/1": "commands.rendering.release:releases",
    "dr.reconciliations/1": "commands.rendering.reconcile:reconciliations",
    "dr.deploy-check/1": "commands.rendering.deploy:check",
    "dr.deploy-plan/1": "commands.rendering.deploy:plan",
    "dr.deploy-sizes/1": "commands.rendering.deploy_cost:sizes",
    "dr.deploy-apply/1": "commands.rendering.deploy:applied",
    "dr.deploy-sync/1": "commands.rendering.deploy:synced",
    "dr.deploy-validation/1": "commands.rendering.deploy:validation",
    "dr.deploy-report/1": "commands.rendering.deploy_report:report",
    "dr.message/1": "commands.rendering.help:message",
}

Drawing = Callable[[Any, datetime], Iterable[str]]


def render(result: BaseModel, now: datetime | None = None) -> str:
    """The result's lines, without a newline at the end. Ages are counted to the result's own time, else to `now`."""
    return "\n".join(lines(result, now))


def lines(result: BaseModel, now: datetime | None = None) -> Iterable[str]:
    """The result line by line: an export is longer than memory."""
    module, _, function = _DRAWN_BY[str(getattr(result, "schema_", ""))].partition(":")
    draw: Drawing = getattr(importlib.import_module(module), function)
    at = getattr(result, "at", None)
    return draw(result, at if isinstance(at, datetime) else now or datetime.now(UTC))
