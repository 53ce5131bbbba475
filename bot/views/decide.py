"""The modals of a decision, drawn from the store: approve with the loss typed, deny with a reason, details."""

from pydantic import JsonValue

from bot.views import card, exposure
from bot.views import message as m
from bot.views.health import findings
from bot.views.modal import View, modal, text_input
from bot.views.plan import brief_steps, summary
from bot.views.text import date, limit, short
from commands.rendering.words import move
from dr_core.reports.model import RequestView, RunView

APPROVE, DENY = "approve", "deny"
_MOST_STEPS = 20
TYPED, REASON = "accept_loss", "reason"


def approve(request: RequestView, must_type: str | None, channel: str) -> View:
    """What will happen, what may be lost, how sure that is, who asks; and the text to type where loss is possible."""
    plan = request.plan
    blocks = [
        m.lines([f"{move(request)} of {request.application} from {request.source} to {request.target}"]),
        m.quoted(f"Asked by {request.requester}", request.reason or "no reason given"),
        *summary(plan),
        *findings(plan.findings),
    ]
    if plan.exposure:
        blocks.append(m.lines([exposure.line(store, where=False) for store in exposure.worst_first(plan.exposure)[:8]]))
    blocks.append(m.lines(brief_steps(plan, _MOST_STEPS)))
    blocks.append(
        m.context(
            f"Round {request.round}, {request.missing} of {request.required} approvals missing,"
            f" expires {date(request.expires_at)}, digest `{short(request.digest)}`"
        )
    )
    if must_type is not None:
        blocks.append(_acceptance(request, must_type))
    metadata: dict[str, JsonValue] = {"request": request.id, "round": request.round, "channel": channel}
    return modal("Approve the failover", blocks, callback=APPROVE, submit="Approve", metadata=metadata)


def deny(request: RequestView, channel: str) -> View:
    """Ends the request; the reason is shown to everybody."""
    ends = [m.lines([f"This also ends its run {request.run}; nothing was fenced."])] if request.run else []
    blocks = [
        m.lines([card.sentence(request)]),
        *ends,
        text_input(REASON, "Reason", hint="Shown on the card and kept in the audit trail.", many=True),
    ]
    metadata: dict[str, JsonValue] = {"request": request.id, "round": request.round, "channel": channel}
    return modal("Deny the failover", blocks, callback=DENY, submit="Deny", metadata=metadata)


def details(request: RequestView, run: RunView | None) -> View:
    """The whole request in a modal: views take no tables and no plan blocks."""
    shown = m.without_new_blocks(card.details(request, run))
    return modal("Details", shown.blocks, callback="details", submit=None, metadata={})


def _acceptance(request: RequestView, must_type: str) -> m.Block:
    at_stake = limit(request.loss_limit_seconds)
    meaning = "an unknown amount of data" if must_type == "unknown" else f"up to {at_stake} of data"
    return text_input(
        TYPED,
        f'Type "{must_type}" to accept the loss of {meaning}',
        placeholder=must_type,
        hint="The run does not fence anything when the exposure is larger by then.",
    )
