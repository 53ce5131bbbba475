"""The form for a command with missing words, filled with what is known, and the one that offers overrides."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from bot.views import message as m
from bot.views.health import finding_line
from bot.views.modal import View, checkboxes, modal, option, select, text_input
from bot.views.text import one_line
from commands.registry import Kind, Param
from dr_core.plan.step import Finding
from dr_core.reports.model import FindingView

FORM, OVERRIDES = "form", "overrides"
MODE = "forced"
_MOST_OPTIONS = 10
_PLANNED = option("planned", "planned", "both regions are healthy, nothing is lost")
_FORCED = option("forced", "forced", "the active region is lost, data may be too")


def form(
    command: str,
    params: Sequence[Param],
    known: Mapping[str, JsonValue],
    choices: Mapping[Kind, Sequence[str]],
    channel: str,
    why: str,
) -> View:
    """One input a parameter; `choices` are the regions, applications, requests and runs that exist."""
    blocks = [m.lines([why])] if why else []
    blocks += [_field(param, known.get(param.name), choices.get(param.kind, ())) for param in params if _asked(param)]
    metadata: dict[str, JsonValue] = {"command": command, "channel": channel, "known": _kept(params, known)}
    return modal(f"/dr {command}", blocks, callback=FORM, submit="Go on", metadata=metadata)


def overrides(words: Sequence[str], found: Sequence[Finding], channel: str, reason: str) -> View:
    """The findings that block a request, each with a box to go on in spite of it, and the reason for doing so."""
    views = [_view(finding) for finding in found]
    blocks = [m.lines(["These findings block the request. Tick what you want to go on in spite of; approvers see it."])]
    blocks += [m.lines([finding_line(finding)]) for finding in views[:30]]
    for start in range(0, len(views), _MOST_OPTIONS):
        options = [
            option(finding.code, finding.code, finding.message) for finding in views[start : start + _MOST_OPTIONS]
        ]
        label = "Override" if start == 0 else f"Override, continued ({start // _MOST_OPTIONS + 1})"
        blocks.append(checkboxes(f"override{start}", label, options))
    blocks.append(
        text_input(
            "reason", "Reason", initial=reason, many=True, hint="Shown to the approvers, kept in the audit trail."
        )
    )
    metadata: dict[str, JsonValue] = {"words": list[JsonValue](words), "channel": channel}
    return modal("Findings in the way", blocks, callback=OVERRIDES, submit="Ask all the same", metadata=metadata)


def _asked(param: Param) -> bool:
    """Overrides are offered after preflight, and what is switched by rare flags is typed."""
    return param.name not in ("override", "all", "limit", "confirm", "round")


def _kept(params: Sequence[Param], known: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {param.name: known[param.name] for param in params if not _asked(param) and known.get(param.name)}


def _field(param: Param, known: JsonValue, choices: Sequence[str]) -> m.Block:
    label = param.name.replace("_", " ").capitalize()
    if param.name == MODE:
        element: m.Block = {
            "type": "radio_buttons",
            "action_id": "value",
            "options": [_PLANNED, _FORCED],
            "initial_option": _FORCED if known else _PLANNED,
        }
        return {"type": "input", "block_id": MODE, "label": m.plain("Mode"), "element": element}
    only = choices[0] if len(choices) == 1 and param.required else ""
    initial = known if isinstance(known, str) else only
    if choices:
        return select(param.name, label, choices, initial=initial, hint=param.summary, optional=not param.required)
    many = param.kind is Kind.TEXT
    return text_input(param.name, label, hint=param.summary, initial=initial, optional=not param.required, many=many)


def _view(finding: Finding) -> FindingView:
    return FindingView(
        code=finding.code,
        severity=finding.severity.value,
        message=one_line(finding.message),
        evidence=one_line(finding.evidence),
        way_out=one_line(finding.way_out),
    )
