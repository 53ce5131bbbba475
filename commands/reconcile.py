"""`reconcile list`, `reconcile sign`: what a forced failover lost is looked at, and dealt with, by another person."""

from commands.context import Context, Outcome
from dr_core.reconciliation import signing
from dr_core.reports.reconciliations import reconciliation_list


def run_list(context: Context) -> Outcome:
    return Outcome("reconcile list", reconciliation_list(context.services))


def run_sign(context: Context) -> Outcome:
    item_id, note = context.arguments.given("id"), context.arguments.given("note")
    signing.sign(context.services, item_id, actor=context.actor, note=note, cmd_id=context.cmd_id)
    return Outcome("reconcile sign", reconciliation_list(context.services))
