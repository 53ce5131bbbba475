"""What `dr deploy` found, would do and did, as lines."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.rendering.deploy_cost import estimate
from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, count, plain
from dr_core.doctor.result import Check, CheckState
from dr_core.span import duration
from infra.deploying.changes import Act
from infra.deploying.model import (
    ApplyReport,
    CheckReport,
    DeployPlan,
    Leftover,
    StackPlan,
    SyncReport,
    ValidationReport,
    not_known,
)  # fmt: skip

_COUNTED = (Act.ADD, Act.CHANGE, Act.REPLACE, Act.MAY_REPLACE, Act.REMOVE, Act.LET_GO)


def check(report: CheckReport, _now: datetime) -> list[str]:
    return [f"Before a deployment, at {clock(report.at)}", *_checks(report.checks)]


def validation(report: ValidationReport, _now: datetime) -> list[str]:
    """The verdict last: what nobody could tell is no success."""
    failed = sum(one.state is CheckState.FAILED for one in report.checks)
    said = f"{failed} failed" if failed else "Nothing failed"
    verdict = f"{said}, {report.unknown} not known." if report.unknown else f"{said}."
    return [f"What stands, at {clock(report.at)}", *_checks(report.checks), verdict]


def _checks(checks: Sequence[Check]) -> Iterator[str]:
    rows = [
        (
            one.state.value if one.state is CheckState.OK else one.state.value.upper(), plain(one.name),
            plain(one.detail) + (f" -> {plain(one.way_out)}" if one.way_out else ""),
        )
        for one in checks
    ]  # fmt: skip
    yield from table(rows)
    tally = {state: sum(one.state is state for one in checks) for state in CheckState}
    told = ", ".join(f"{number} {state.value}" for state, number in tally.items() if number)
    yield from wrap(f"{told}.")


def plan(made: DeployPlan, _now: datetime) -> list[str]:
    """Stack by stack, then what would be lost, what people have to do, and the cost."""
    lines = [f"What a deployment would change, at {clock(made.at)}"]
    lines += table([("phase", "stack", "region", "", "")] + [_stack(one) for one in made.stacks], 2)
    lines += _destructive(made)
    lines += _section("LET GO: it stands on and is paid for, in no sum below, until somebody removes it", _let_go(made))
    lines += _section("Left to people", [f"{path}: {why}" for path, why in made.left.items()])
    lines += _section("Ids that AWS has still to assign (`dr deploy sync --write`)", list(made.unset))
    lines += _section("`dr deploy apply` would refuse", list(made.frozen))
    lines += _section("No longer in dr.yaml; `apply` refuses. Take down in this order", leftovers(made.leftovers))
    lines += _section("Not known", not_known(made.unasked))
    if made.estimate is not None:
        lines += ["", *estimate(made.estimate)]
    return lines


def leftovers(found: Sequence[Leftover]) -> list[str]:
    return [f"{one.stack} in {one.region}: {one.status}" for one in found]


def _stack(one: StackPlan) -> tuple[str, ...]:
    told = ", ".join(f"{one.count(act)} {act.value}" for act in _COUNTED if one.count(act))
    if one.waits and one.status is not None:
        told = f"waits for {', '.join(one.waits)}"
    return (str(one.phase), one.stack, one.region, one.word, told)


def _destructive(made: DeployPlan) -> list[str]:
    named = [
        f"{stack.stack}/{change.resource} ({change.kind}): {change.act.value}"
        + (f"; it holds {change.holds}" if change.holds else "")
        for stack, change in made.destructive
    ]
    return _section("WOULD BE LOST, and needs --allow-destructive STACK/RESOURCE", named)


def _let_go(made: DeployPlan) -> list[str]:
    return [
        f"{stack.stack}/{change.resource} ({change.kind})" + (f": {change.physical}" if change.physical else "")
        for stack in made.stacks
        for change in stack.changes
        if change.act is Act.LET_GO
    ]


def _section(title: str, texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    return ["", f"{title}:", *(line for text in texts for line in wrap(plain(text, 400), 2, 2))]


def applied(report: ApplyReport, _now: datetime) -> list[str]:
    rows = [(one.outcome, one.stack, one.region, one.status or "") for one in report.stacks]
    notes = [[plain(why, 400) for why in one.why] for one in report.stacks]
    done = sum(one.outcome in ("made", "changed", "unchanged") for one in report.stacks)
    lines = [f"{done} of {count(len(report.stacks), 'stack')} stand, after {duration(report.took_s)}"]
    lines += table(rows, 2, notes)
    lines += wrap(plain(report.error, 2000)) if report.error else []
    return [*lines, *_section("Next", list(report.next))]


def synced(report: SyncReport, _now: datetime) -> list[str]:
    """Names only: values are never here."""
    done = "written" if report.written else "not written: --write does it"
    lines = [f"{count(len(report.ids), 'id')} for {report.path}" + (f", {done}" if report.ids else "")]
    lines += [f"  {line}" for line in report.diff]
    rows = [
        ("copied" if one.done else "PROBLEM" if one.problem else "missing", one.kind, one.name,
         f"{one.source} -> {one.target}", plain(one.problem))
        for one in report.copies
    ]  # fmt: skip
    lines += ["What a standby lacks:", *table(rows, 2)] if rows else ["No standby lacks anything that is kept in step."]
    return [*lines, *(line for note in report.notes for line in wrap(note, 2, 2))]
