"""`audit list`, `audit verify`, `audit export`: read the trail."""

from commands.context import Context, Outcome
from dr_core.errors import UnreachableError
from dr_core.reports.audit import audit_export, audit_list, audit_verdict
from dr_core.store import requests


def run_list(context: Context) -> Outcome:
    arguments, store = context.arguments, context.services.store
    chain, request = arguments.text("chain"), arguments.text("request")
    if request is not None:
        chain = store.read(lambda tx: requests.get(tx, request)).id
    return Outcome("audit list", audit_list(store, limit=arguments.number("limit", 50), chain=chain))


def run_verify(context: Context) -> Outcome:
    verdict = audit_verdict(context.services)
    unasked = any(place.state == "unreachable" for place in verdict.places)
    code = UnreachableError.exit_code if unasked else 0
    return Outcome("audit verify", verdict, exit_code=code if verdict.ok else 1)


def run_export(context: Context) -> Outcome:
    return Outcome("audit export", audit_export(context.services.store))
