"""`requests`: what waits for acknowledgements, and what was decided."""

from commands.context import Context, Outcome
from dr_core.reports.listing import request_list


def run(context: Context) -> Outcome:
    return Outcome("requests", request_list(context.services, limit=context.arguments.number("limit", 20)))
