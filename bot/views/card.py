"""The one card of a request: what is asked, who acknowledged, what is missing; then its run; then what it took."""

from collections.abc import Mapping
from datetime import datetime

from bot.views import exposure
from bot.views import message as m
from bot.views import run as run_view
from bot.views.buttons import buttons
from bot.views.health import findings
from bot.views.plan import step_lines, summary
from bot.views.standstill import standstill, word
from bot.views.text import accepting, counted, date, escape, limit, marked, short
from commands.rendering.words import how_long, move
from dr_core.approvals.model import RequestState
from dr_core.approvals.proof import AckKind
from dr_core.reports.model import AckView, RequestView, RunView

_SIGNALS = 5
_ROOM_FOR_STEPS = 4_000
"""Characters; in a plan of more than some twenty steps only their titles, and the rest behind Details."""


def card(
    request: RequestView,
    run: RunView | None,
    tokens: Mapping[str, str],
    at: datetime,
    *,
    mention: str = "",
    paging: bool = False,
) -> m.Message:
    """The card in its present state, drawn at `at`.

    `tokens` are the opaque values of the buttons by action, `mention` names the approvers in mrkdwn; with `paging` the
    text mentions them too, so that the first post notifies them.
    """
    state = RequestState(request.state)
    blocks: list[m.Block] = [
        m.header(_title(request, run)),
        m.quoted(f"Asked by {request.requester}", _reason(request)),
    ]
    if run is not None:
        blocks += run_view.outcome(run)
        blocks += standstill(run)
    if state is RequestState.OPEN:
        blocks += _open(request, run, at, mention)
    else:
        blocks += _decided(request) if run is None or state is not RequestState.APPROVED else []
        blocks += _acks(request)
    if run is not None:
        blocks += [_small_print(request)] if state is RequestState.APPROVED else []
        blocks += run_view.blocks(run)
    elif state is RequestState.APPROVED:
        blocks.append(m.context("The run starts as soon as a worker takes it."))
    usable = [one for one in buttons(request, run, tokens) if one["value"]]
    blocks += [m.actions(usable)] if usable else []
    made = m.message(sentence(request, run), *blocks)
    return m.Message(f"{mention} {made.text}", made.blocks) if paging and mention else made


def sentence(request: RequestView, run: RunView | None = None) -> str:
    """The card in one sentence: the fallback text."""
    if run is not None and request.state != RequestState.OPEN:
        return run_view.sentence(run)
    told = f"{marked(request.state)}: {_what(request)}, asked by {request.requester}"
    if request.state == RequestState.OPEN:
        return (
            f"{told}; {len(_round(request))} of {request.required} acks; loss limit {limit(request.loss_limit_seconds)}"
        )
    return f"{told}; {_by(request)}"


def confirmation(request: RequestView) -> str:
    """What the person who acted is told, privately."""
    state = RequestState(request.state)
    if state is RequestState.OPEN:
        return f"Request {request.id} is open: {_what(request)}. {_missing(request)}."
    return f"Request {request.id} is {state.value}: {_what(request)}; {_by(request)}."


def details(request: RequestView, run: RunView | None = None) -> m.Message:
    """Everything known about a request, for one person."""
    blocks = [
        m.header(_title(request, run)),
        m.quoted(f"Asked by {request.requester}", _reason(request)),
        *summary(request.plan),
    ]
    blocks += _acks(request) + findings(request.plan.findings) + step_lines(request.plan)
    if run is not None:
        blocks += run_view.blocks(run) + run_view.way_back(run)
    blocks.append(m.context(f"Request `{escape(request.id)}`, digest `{request.digest}`"))
    return m.message(sentence(request, run), *blocks)


def _title(request: RequestView, run: RunView | None) -> str:
    return f"{marked(word(run) if run else request.state)}: {_what(request)}"


def _what(request: RequestView) -> str:
    return f"{move(request)} of {request.application} to {request.target}"


def _reason(request: RequestView) -> str:
    return request.reason or "no reason given"


def _open(request: RequestView, run: RunView | None, at: datetime, mention: str) -> list[m.Block]:
    overridden = ", ".join(request.plan.overrides)
    waits = f"*{escape(_missing(request))}* {mention}".strip()
    named = f"`{escape(request.id)}`, round {request.round}, expires {date(request.expires_at)}"
    blocks = [m.section(f"{waits} \N{MIDDLE DOT} {named}"), *_in_place_of(request), *_detected(request)]
    blocks += [*_acks(request), *_earlier(request), *summary(request.plan), *_exposure(request, at)]
    blocks += findings(request.plan.findings, evidence=False)
    if overridden:
        blocks.append(m.lines([f"Overridden: {overridden}"]))
    return blocks if run is not None else blocks + step_lines(request.plan, _ROOM_FOR_STEPS)


def _in_place_of(request: RequestView) -> list[m.Block]:
    if request.undoes is not None:
        told = f"Takes back what run `{escape(request.undoes)}` did, by its own records."
        return [m.section(told)]
    if request.supersedes is None:
        return []
    told = f"In place of run `{escape(request.supersedes)}`: that one ends when this is approved, and stays until then."
    return [m.section(told)]


def _detected(request: RequestView) -> list[m.Block]:
    """What it is proposed for, whether that is still so, and what is prepared meanwhile."""
    blocks = [m.lines([f"{marked('warning')}: {request.cause_gone}"])] if request.cause_gone else []
    blocks += [m.lines(["Seen when it was proposed:", *request.signals[:_SIGNALS]])] if request.signals else []
    return blocks + ([m.lines(request.prepared)] if request.prepared else [])


def _earlier(request: RequestView) -> list[m.Block]:
    """What was accepted before, which no longer counts, against what is measured since."""
    before = [ack for ack in request.acks if ack.round != request.round]
    if not before:
        return []
    told = [
        f"round {ack.round}: {escape(ack.person)} {date(ack.at, '{time_secs}')},"
        f" {accepting(ack.accepted_limit_seconds)}"
        for ack in before[-8:]
    ]
    exposed, asked = how_long(request.plan.exposure_seconds), limit(request.loss_limit_seconds)
    now = f"*Measured now*: exposure {exposed}; *to be accepted now*: a loss of up to {asked}."
    return [m.section(now), m.context("Approvals of earlier rounds no longer count:", *told)]


def _exposure(request: RequestView, at: datetime) -> list[m.Block]:
    stores = exposure.worst_first(request.plan.exposure)
    if not stores:
        return [m.context("No store's replication was measured.")]
    shown = [exposure.line(store, where=False) for store in stores[:6]]
    more = len(stores) - len(shown)
    shown += [f"\N{HORIZONTAL ELLIPSIS} {more} more: press Details"] if more > 0 else []
    return [m.lines(shown), m.context(f"Measured as of {date(at)}")]


def _missing(request: RequestView) -> str:
    if request.missing == 0:
        return "Nothing is missing"
    return f"{counted(request.missing, 'approval')} missing of {request.required}"


def _decided(request: RequestView) -> list[m.Block]:
    blocks = [m.lines([f"{marked(request.state)}: {_by(request)}"])]
    if request.decision_reason:
        blocks.append(m.quoted("Reason", request.decision_reason))
    return [*blocks, _small_print(request)]


def _acked(ack: AckView) -> str:
    if ack.kind == AckKind.BREAK_GLASS:
        return f"{marked('bad')}: *{escape(ack.person)} broke the glass*, alone,"
    where = " in a terminal" if ack.kind == AckKind.TERMINAL else ""
    return f"{marked('approved')} by {escape(ack.person)}{where}"


def _small_print(request: RequestView) -> m.Block:
    told = f"{request.source} to {request.target}, loss limit {limit(request.loss_limit_seconds)}"
    seen = f"exposure when asked {how_long(request.plan.exposure_seconds)}"
    whole = f", part of evacuation `{escape(request.evacuation)}`" if request.evacuation else ""
    return m.context(f"{told}, {seen}, digest `{short(request.digest)}`{whole}")


def _by(request: RequestView) -> str:
    if request.decided_by:
        return f"{request.state} by {request.decided_by}"
    return {"expired": "nobody completed the quorum in time", "void": "the plan no longer holds"}.get(
        request.state, request.state
    )


def _round(request: RequestView) -> list[AckView]:
    return [ack for ack in request.acks if ack.round == request.round]


def _acks(request: RequestView) -> list[m.Block]:
    told = [
        f"{_acked(ack)} {date(ack.at, '{time_secs}')}, {accepting(ack.accepted_limit_seconds)}"
        for ack in _round(request)
    ]
    return [m.section("\n".join(told))] if told else []
