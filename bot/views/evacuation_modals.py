"""Everything about an evacuation for one person: the modals in which all of it is decided, and its details."""

from collections.abc import Sequence

from pydantic import JsonValue

from bot.views import message as m
from bot.views.decide import APPROVE, DENY, REASON, TYPED
from bot.views.evacuation import (
    acks,
    asking_again,
    left_behind,
    loses,
    loss,
    reason,
    sentence,
    standing,
    warnings,
    waves,
    waves_of,
    what,
)
from bot.views.health import findings
from bot.views.modal import View, modal, text_input
from bot.views.text import counted, escape, marked, one_line, short
from dr_core.approvals.model import RequestState
from dr_core.reports.evacuation import EvacuationMember, EvacuationView


def answer(view: EvacuationView) -> m.Message:
    """Everything about it, for one person."""
    blocks = [m.header(f"{marked(view.state)}: {what(view)}"), m.quoted(f"Asked by {view.requester}", reason(view))]
    blocks += [m.section(standing(view, "")), *acks(view), *waves(view), *left_behind(view.left)]
    for one in view.members:
        blocks.append(m.context(f"*{escape(one.application)}*: `{one.request}`, digest `{short(one.digest)}`"))
        blocks += findings(one.findings, evidence=False)
    return m.message(sentence(view), *blocks)


def details(view: EvacuationView) -> View:
    """The same in a modal."""
    return modal("Details", answer(view).blocks, callback="details", submit=None, metadata={})


def approve(view: EvacuationView, waiting: Sequence[str], must_type: str | None, channel: str) -> View:
    """What is approved, application by application, each with what may be lost; and the worst of it to type.

    `waiting`: the applications that this approval is about.
    """
    members = [one for one in view.members if one.application in waiting]
    blocks: list[m.Block] = [
        m.lines([what(view)]),
        m.quoted(f"Asked by {view.requester}", reason(view)),
        m.section("*You approve each of these, with what it may lose:*"),
        *waves_of(members, _at_stake),
        *left_behind(view.left),
        *warnings(members),
        m.context(f"Round {view.round}, {counted(view.missing, 'approval')} missing of {view.required}"),
    ]
    if must_type is not None:
        blocks.append(_acceptance(members, must_type))
    shown = _metadata(view, channel) | {"only": [one.request for one in members]}
    return modal("Approve the evacuation", blocks, callback=APPROVE, submit="Approve all", metadata=shown)


def deny(view: EvacuationView, channel: str) -> View:
    """Ends everything that waits; the reason is shown to everybody."""
    ends = [one.application for one in view.members if one.state in (RequestState.OPEN, RequestState.QUEUED)]
    told = f"This ends the evacuation of {', '.join(ends)}.{asking_again(view)}"
    blocks = [
        m.lines([f"{told} Other runs under way go on: abort them one by one."]),
        text_input(REASON, "Reason", hint="Shown on the card and kept in the audit trail.", many=True),
    ]
    return modal("Deny the evacuation", blocks, callback=DENY, submit="Deny", metadata=_metadata(view, channel))


def _at_stake(one: EvacuationMember) -> str:
    after = f", after {', '.join(one.after)}" if one.after else ""
    overridden = f"; overridden: {', '.join(one.overrides)}" if one.overrides else ""
    return f"\N{BULLET} {one.application}{after}{loses(one)}: {loss(one)}{overridden}"


def _acceptance(members: Sequence[EvacuationMember], must_type: str) -> m.Block:
    if must_type == "unknown":
        worst = [one.application for one in members if one.loss_limit_seconds is None]
        meaning = f"an unknown amount of data of {', '.join(worst)}"
    else:
        worst = [one.application for one in members if str(one.loss_limit_seconds) == must_type]
        meaning = f"up to {must_type} s of data of {', '.join(worst)}"
    label = one_line(f'Type "{must_type}" to accept the loss of {meaning}, and any lesser one above', 1900)
    hint = "Each run asks again before it fences anything, when more would be lost by then."
    return text_input(TYPED, label, placeholder=must_type, hint=hint)


def _metadata(view: EvacuationView, channel: str) -> dict[str, JsonValue]:
    return {"request": view.id, "round": view.round, "channel": channel}
