"""`report after-action`: what happened, in a form for reading, keeping or other programs."""

from pathlib import Path

from commands import operators
from commands.context import Context, Outcome
from commands.rendering.after_action import Form, in_form
from dr_core.approvals.authority import Role
from dr_core.approvals.model import Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConfigError, UsageError
from dr_core.failpoints import Point
from dr_core.reports.after_action import AfterAction
from dr_core.reports.after_action_reading import after_action
from dr_core.reports.listing import Message, Page

_NAME = "report after-action"


def run(context: Context) -> Outcome:
    """The report. In Slack its files follow in the thread of what it is about; a terminal may have it as a file."""
    arguments = context.arguments
    form, out = _form(arguments.text("format")), arguments.text("out")
    if context.actor.face is not Face.TERMINAL and (form or out):
        raise UsageError("`--format` and `--out` work in a terminal; here the files follow in the thread.")
    report = after_action(context.services, arguments.given("about"))
    if context.actor.face is Face.SLACK:
        _ask_for_files(context, report)
    if out is not None:
        return Outcome(_NAME, _written(report, form or _by_ending(out), Path(out)))
    if form is not None:
        return Outcome(_NAME, Page(text=in_form(report, form)))
    return Outcome(_NAME, report)


def _form(named: str | None) -> Form | None:
    if named is None:
        return None
    try:
        return Form(named.lower())
    except ValueError as error:
        raise UsageError(f"`--format` is one of {', '.join(Form)}, not `{named}`.") from error


def _by_ending(out: str) -> Form:
    """`report.html` is HTML; Markdown where the name does not tell."""
    ending = Path(out).suffix.removeprefix(".").lower()
    return Form(ending) if ending in tuple(Form) else Form.MARKDOWN


def _written(report: AfterAction, form: Form, path: Path) -> Message:
    try:
        path.write_text(in_form(report, form), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}.") from error
    return Message(text=f"The report of {report.id} stands in {path}.", path=str(path))


def _ask_for_files(context: Context, report: AfterAction) -> None:
    """The announcer posts them. Only for those who may open incidents, so that nobody else fills their threads."""
    if not {Role.REQUESTER.value, Role.APPROVER.value} & operators.roles_of(context.services, context.actor):
        return
    data = {"subject": report.id, "kind": report.kind}
    context.services.store.write(
        lambda tx: append_ops(tx, EventKind.REPORT_ASKED, context.actor, data, cmd_id=f"{context.cmd_id}:report"),
        Point.REPORT_ASK,
    )
