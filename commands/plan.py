"""`plan`: what a failover would do, what speaks against it and how long it takes; changes nothing."""

from commands.context import Context, Outcome
from dr_core.approvals.open import Proposal
from dr_core.plan.step import Mode
from dr_core.reports.plan import proposal_report


def run(context: Context) -> Outcome:
    arguments = context.arguments
    mode = Mode.FORCED if arguments.flag("forced") else Mode.PLANNED
    application, target = arguments.given("application"), arguments.given("region")
    overrides = arguments.many("override")
    proposal = context.services.store.read(
        lambda tx: Proposal(tx, context.services, application, target, mode, overrides)
    )
    return Outcome("plan", proposal_report(proposal))
