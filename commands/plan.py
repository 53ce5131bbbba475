"""`plan`: what a failover would do, what speaks against it and how long it takes; changes nothing."""

from commands import evacuation
from commands.context import Context, Outcome
from dr_core.approvals.direction import away
from dr_core.approvals.open import Proposal
from dr_core.approvals.planning import asked
from dr_core.plan.step import Mode
from dr_core.reports.plan import proposal_report
from dr_core.store.engine import Tx


def run(context: Context) -> Outcome:
    arguments = context.arguments
    mode = Mode.FORCED if arguments.flag("forced") else Mode.PLANNED
    if arguments.flag("all"):
        return evacuation.planned(context, mode)
    application, target = arguments.given("application"), arguments.given("region")
    overrides = arguments.many("override")
    services, named = context.services, arguments.text("from")

    def work(tx: Tx) -> Proposal:
        source = away(tx, services.topology, application, target, named).source
        plan = asked(services.topology, application, source=source, target=target, mode=mode, overrides=overrides)
        return Proposal(tx, services, plan)

    proposal = services.store.read(work)
    return Outcome("plan", proposal_report(proposal))
