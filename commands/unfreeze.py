"""`unfreeze`: the infrastructure's code agrees with where an application runs, and may be applied again."""

from commands.context import Context, Outcome
from dr_core.freeze import lifting
from dr_core.freeze.port import parameter
from dr_core.reports.listing import Message
from dr_core.services import Services
from dr_core.store import freezes


def run(context: Context) -> Outcome:
    arguments = context.arguments
    application, reason = arguments.given("application"), arguments.given("reason")
    lifting.lift(context.services, application, actor=context.actor, reason=reason, cmd_id=context.cmd_id)
    return Outcome("unfreeze", Message(text=lifted(context.services, application)))


def lifted(services: Services, application: str) -> str:
    """What was done and what follows, as the store has it."""
    known = services.store.read(lambda tx: freezes.get(tx, application))
    where = f" while it runs in {known.active}" if known is not None else ""
    return (
        f"{application} is no longer frozen: its infrastructure may be applied{where}. "
        f"The marker {parameter(application)} is taken away in each of its regions; the next move freezes it again."
    )
