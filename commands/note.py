"""`note`: what somebody saw or did, kept with the incident in the audit trail."""

from commands.context import Context, Outcome
from dr_core.incidents import notes
from dr_core.reports.incidents import incident_view


def run(context: Context) -> Outcome:
    noted = notes.add(
        context.services,
        context.arguments.given("text"),
        named=context.arguments.text("incident"),
        actor=context.actor,
        cmd_id=context.cmd_id,
    )
    return Outcome("note", incident_view(context.services, noted))
