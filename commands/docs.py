"""Prints `docs/commands/README.md` from the registry: `python -m commands.docs > docs/commands/README.md`."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, get_args

from pydantic import BaseModel

from commands.help import Names, entry_of
from commands.registry import Command, Needs, Where, registry
from dr_core.doctor.result import DoctorReport
from dr_core.reports.audit import AuditList, AuditVerdict
from dr_core.reports.brake import BrakeReport
from dr_core.reports.costs import BudgetReport
from dr_core.reports.drills import DrillsReport, DrillView
from dr_core.reports.evacuation import EvacuationView
from dr_core.reports.evacuation_plan import EvacuationPlan
from dr_core.reports.health import HealthReport
from dr_core.reports.help import HelpReport
from dr_core.reports.listing import Message, ReplicationReport, RequestList, RunList
from dr_core.reports.model import PlanReport, RequestView, RunView, StatusReport
from dr_core.reports.reconciliations import ReconciliationList
from dr_core.reports.reviews import ReviewList
from infra.deploying.model import (
    ApplyReport,
    CheckReport,
    DeployPlan,
    DeployReport,
    SizesReport,
    SyncReport,
    ValidationReport,
)

_INTRO = """\
# Commands

The same words in Slack (`/dr ...`) and in a terminal (`dr ...`). This page is printed from the code by
`python -m commands.docs`; a test holds it current.

- Regions and applications are told apart by what they are: `failover eu-west-1 shop` and
  `failover shop eu-west-1` are the same. With one application its name may be left out.
- What is missing is asked for: in Slack by a form filled with what is known, in the terminal by one line
  and exit code 2.
- A text of several words stands in quotes: `--reason "two words"`.
- In a terminal everybody may look. What changes something needs AWS credentials of a person whom `dr.yaml` names; a
  worker proves it, and decides as Slack does. There `--json` prints the result with its versioned schema.
- `RUN` is a run's id or its request's; with one unfinished run it may be left out. What stops a run in its middle
  shows first what is down, and is done when the same is asked again with `--confirm`.
- Exit codes: 0 done or healthy; 1 failed or unhealthy; 2 wrong usage or configuration; 3 refused by policy; 4 could not
  reach what it needs.
"""

_JSON = """\
`dr COMMAND --json` prints one of these; `schema` names it with its version. Within a version fields may be added,
none is removed or changes its meaning. Times are UTC in ISO 8601, durations seconds; `null` is not known or not
there, never 0.
"""

RESULTS: tuple[type[BaseModel], ...] = (
    StatusReport, HealthReport, ReplicationReport, BudgetReport, PlanReport, RequestView, RequestList, RunView, RunList,
    DrillView, DrillsReport, EvacuationView, EvacuationPlan,
    BrakeReport, ReviewList, ReconciliationList, AuditList, AuditVerdict, DoctorReport, HelpReport, Message,
    CheckReport, DeployPlan, SizesReport, ApplyReport, SyncReport, ValidationReport, DeployReport,
)  # fmt: skip

_WHO = {
    Needs.NOBODY: "anybody",
    Needs.VIEWER: "anybody",
    Needs.REQUESTER: "requesters",
    Needs.APPROVER: "approvers",
    Needs.HOLDER: "holders of the break-glass",
}


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for group, commands in groupby(registry().commands, key=lambda command: command.group):
        parts.append(f"## {group}\n")
        parts += [_section(command) for command in commands]
    return "\n".join([*parts, *_results()])


def _results() -> list[str]:
    """What `--json` prints, by its schema: the fields of the models themselves."""
    lines = ["## JSON", "", _JSON]
    for model in RESULTS:
        schema = model.model_fields["schema_"].default
        lines.append(f"- `{schema}`: {_fields(model)}")
    lines += ["", "What stands in them, by the field it is found under first:", ""]
    seen: dict[type[BaseModel], None] = dict.fromkeys(RESULTS)
    for model in RESULTS:
        lines += _inside(model, model.model_fields["schema_"].default, seen)
    return [*lines, ""]


def _inside(model: type[BaseModel], place: str, seen: dict[type[BaseModel], None]) -> Iterator[str]:
    """Each model that a field holds, once, with the place of that field."""
    for name, field in model.model_fields.items():
        for part in _models(field.annotation):
            if part not in seen:
                seen[part] = None
                yield f"- `{place}.{name}`: {_fields(part)}"
                yield from _inside(part, f"{place}.{name}", seen)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation such as `tuple[Part, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _fields(model: type[BaseModel]) -> str:
    return ", ".join(f"`{name}`" for name in model.model_fields if name != "schema_")


def _section(command: Command) -> str:
    entry = entry_of(command, Names())
    lines = [f"### `{entry.usage}`", "", f"{entry.summary[0].upper()}{entry.summary[1:]}. {_where(command)}"]
    if entry.params:
        lines += ["", *(f"- `{param.form}`: {param.summary}" for param in entry.params)]
    prefix = "dr" if command.where is Where.TERMINAL else "/dr"
    lines += ["", "```", *(f"{prefix} {example}" for example in entry.examples), "```", ""]
    return "\n".join(lines)


def _where(command: Command) -> str:
    if command.where is Where.TERMINAL:
        return "Only in a terminal."
    also = " and approvers" if command.approver_too else ""
    return f"Who may: {_WHO[command.needs]}{also}."


if __name__ == "__main__":
    print(page(), end="")
