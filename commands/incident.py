"""`incident`, `incident close`, `incident show`, `incidents`: something is wrong, and what belongs to it."""

from commands.context import Context, Outcome
from dr_core.incidents import book, closing
from dr_core.incidents.meant import meant
from dr_core.reports.incidents import incident_list, incident_view


def run(context: Context) -> Outcome:
    opened = book.declare(
        context.services,
        application=context.arguments.text("application"),
        title=context.arguments.given("text"),
        actor=context.actor,
        cmd_id=context.cmd_id,
    )
    return Outcome("incident", incident_view(context.services, opened))


def run_close(context: Context) -> Outcome:
    closed = closing.close(
        context.services,
        context.arguments.text("id"),
        reason=context.arguments.text("reason") or "",
        actor=context.actor,
        cmd_id=context.cmd_id,
    )
    return Outcome("incident close", incident_view(context.services, closed))


def run_show(context: Context) -> Outcome:
    """One incident with its timeline, or the open one of a request or run; without an id the only open one."""
    named = context.arguments.text("id")
    if named is not None and not named.startswith(("r-", "run-")):
        return Outcome("incident show", incident_view(context.services, named, whole=True), public=True)
    only = context.services.store.read(lambda tx: meant(tx, named))
    return Outcome("incident show", incident_view(context.services, only, whole=True), public=True)


def run_list(context: Context) -> Outcome:
    return Outcome("incidents", incident_list(context.services, context.arguments.number("limit", 20)), public=True)
