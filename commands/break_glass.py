"""`break-glass`: in Slack it tells how to do it; only a terminal can prove who does it (`commands/terminal.py`)."""

from commands.context import Context, Outcome
from dr_core.approvals.break_glass import offered_at
from dr_core.approvals.decision import must_type
from dr_core.reports.listing import Message
from dr_core.store import requests
from dr_core.store.engine import Tx


def run(context: Context) -> Outcome:
    arguments, topology = context.arguments, context.services.topology

    def work(tx: Tx) -> tuple[str, ...]:
        request = requests.get(tx, arguments.given("request"))
        loss = must_type(request, topology.objectives.rpo.total_seconds())
        accepted = f" --accept-loss {loss}" if loss else ""
        line = f"dr break-glass {request.id} --reason TEXT --application {request.application}{accepted}"
        return line, f"It is offered from {offered_at(tx, request):%H:%M:%S}Z on, to those named in dr.yaml."

    typed, when = context.services.store.read(work)
    text = "Slack cannot prove who you are well enough for this. In a terminal, with your own AWS credentials:"
    return Outcome("break-glass", Message(text=text, lines=(typed, when)))
