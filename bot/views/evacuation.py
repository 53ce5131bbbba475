"""The one card of an evacuation, and the parts of it that its modals show, too."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from bot.views import message as m
from bot.views.evacuation_lines import mark
from bot.views.health import findings
from bot.views.text import counted, date, escape, limit, marked
from commands.rendering.evacuation import acks_of, broken_glass, goes_without, held_way_out, outcome, wave_head
from commands.rendering.words import how_long
from dr_core.approvals.model import RequestState
from dr_core.evacuation.turn import Stage
from dr_core.reports.evacuation import EvacuationMember, EvacuationView, LeftBehind
from dr_core.reports.evacuation_plan import PlannedMember
from dr_core.reports.model import FindingView

_MORE = "\N{HORIZONTAL ELLIPSIS}"
_LINES_A_BLOCK = 8
_MOST_LEFT = 12
_LEFT_A_BLOCK, _LONGEST_LEFT = 4, 600
"""A way out ends with who goes without it: that is never cut away, nor is a section full before."""
_MOST_FINDINGS = 12


def card(view: EvacuationView, tokens: Mapping[str, str], *, mention: str = "", paging: bool = False) -> m.Message:
    """The card in its present state. `tokens`: the buttons' values by action; `paging`: the text mentions people."""
    blocks = [m.header(f"{marked(view.state)}: {what(view)}"), m.quoted(f"Asked by {view.requester}", reason(view))]
    blocks += [m.section(standing(view, mention)), *acks(view), *waves(view), *left_behind(view.left)]
    waiting = [one for one in view.members if one.state == RequestState.OPEN]
    blocks += warnings(waiting)
    if any(one.held for one in view.members):
        blocks.append(m.section(escape(_upper(held_way_out(view)))))
    blocks.append(m.context(f"`{escape(view.id)}`, round {view.round}. {_ways_on(view)}"))
    buttons = _buttons(view, tokens)
    made = m.message(sentence(view), *blocks, *([m.actions(buttons)] if buttons else []))
    return m.Message(f"{mention} {made.text}", made.blocks) if paging and mention else made


def sentence(view: EvacuationView) -> str:
    """The card in one sentence: the fallback text, and what the person who acted is told."""
    told = f"{marked(view.state)}: {what(view)}, asked by {view.requester}"
    if view.missing:
        return f"{told}; {counted(view.missing, 'approval')} missing of {view.required}"
    return f"{told}; {outcome(view)}"


def confirmation(view: EvacuationView) -> m.Message:
    """One line for whoever asked, denied, cancelled or renewed: the card tells the rest."""
    told = f"Evacuation {view.id}: {sentence(view)}"
    return m.message(told, m.lines([told]))


def recorded(view: EvacuationView) -> str:
    """What whoever approved is told."""
    if view.missing:
        return f"Your approval is recorded, {view.missing} more needed."
    begin = [one.application for one in view.members if one.stage == Stage.UNDER_WAY]
    queue = [one.application for one in view.members if one.stage == Stage.QUEUED]
    told = [f"under way: {', '.join(begin)}"] if begin else []
    told += [f"approved, and in line: {', '.join(queue)}"] if queue else []
    return f"Your approval is recorded, the quorum is complete. {_upper('; '.join(told))}".rstrip()


def what(view: EvacuationView) -> str:
    """Mode and way, in words."""
    return f"{view.mode} evacuation of {view.source} to {view.target}"


def reason(view: EvacuationView) -> str:
    """Why it was asked for."""
    return view.reason or "no reason given"


def standing(view: EvacuationView, mention: str) -> str:
    """Who is missing, or how many have arrived."""
    if view.missing:
        until = f" \N{MIDDLE DOT} expires {date(view.expires_at)}" if view.expires_at else ""
        return f"*{counted(view.missing, 'approval')} missing of {view.required}* {mention}".rstrip() + until
    ended = f", over {date(view.ended_at)}" if view.ended_at else ""
    return f"*{escape(outcome(view))}*{ended}"


def acks(view: EvacuationView) -> list[m.Block]:
    """Who has approved."""
    told = [
        f"{marked('approved')} by {escape(ack.person)} {date(ack.at, '{time_secs}')}{escape(about)}"
        for ack, about in acks_of(view)
    ]
    told += [
        f"{marked('bad')}: {escape(name)}: *glass broken by {escape(ack.person)}*, alone, {date(ack.at, '{time_secs}')}"
        for name, ack in broken_glass(view)
    ]
    return [m.section("\n".join(told))] if told else []


def waves(view: EvacuationView) -> list[m.Block]:
    """Where each member is."""
    return waves_of(view.members, _progress)


def waves_of(members: Sequence[EvacuationMember], tell: Callable[[EvacuationMember], str]) -> list[m.Block]:
    """Each wave with its members, told by `tell`."""
    blocks: list[m.Block] = []
    for wave, found in groupby(members, key=lambda one: one.wave):
        texts = [tell(one) for one in found]
        blocks.append(m.section(f"*{wave_head(wave)}*"))
        blocks += [m.lines(texts[at : at + _LINES_A_BLOCK]) for at in range(0, len(texts), _LINES_A_BLOCK)]
    return blocks


def _progress(one: EvacuationMember) -> str:
    told = f"{mark(one)} {one.application}: {one.sentence}"
    name = one.run or one.request
    return f"{told}{loses(one)}; {loss(one)} ({name})" if one.state == RequestState.OPEN else f"{told} ({name})"


def loses(one: EvacuationMember | PlannedMember) -> str:
    """What it needs and leaves behind, to be said after its name."""
    told = goes_without(one)
    return f", {marked('warning')}: {told}" if told else ""


def loss(one: EvacuationMember) -> str:
    """What one may lose."""
    if one.loss_limit_seconds == 0:
        return "no loss"
    return f"loss limit {limit(one.loss_limit_seconds)}, exposure {how_long(one.exposure_seconds)}"


def left_behind(left: Sequence[LeftBehind]) -> list[m.Block]:
    """What stays in the region, each with its reason and the way out."""
    here = [one for one in left if one.here]
    if not here:
        return []
    told = [f"{marked('warning')}: stays behind"]
    for one in here[:_MOST_LEFT]:
        told.append(f"\N{BULLET} {one.application}: {one.reason}")
        told += [f"\N{DOWNWARDS ARROW WITH TIP RIGHTWARDS} {one.way_out}"] if one.way_out else []
    more = len(here) - _MOST_LEFT
    told += [f"{_MORE} {more} more"] if more > 0 else []
    parts = (told[at : at + _LEFT_A_BLOCK] for at in range(0, len(told), _LEFT_A_BLOCK))
    return [m.lines(part, _LONGEST_LEFT) for part in parts]


def _buttons(view: EvacuationView, tokens: Mapping[str, str]) -> list[m.Block]:
    """Only those that somebody can use now, each with the round that the card shows."""

    def value(action: str) -> str:
        return f"{tokens[action]}:{view.round}"

    states = {one.state for one in view.members}
    named, made = f"the evacuation of {view.source}", []
    if RequestState.OPEN in states:
        spoken = f"Approve {named}"
        made.append(m.button(f"Approve{_MORE}", "approve", value("approve"), style="primary", spoken=spoken))
    if states & {RequestState.OPEN, RequestState.QUEUED}:
        made.append(m.button(f"Deny{_MORE}", "deny", value("deny"), style="danger", spoken=f"Deny {named}"))
        text = f"This withdraws {named}: every application that waits.{asking_again(view)} Other runs under way go on."
        ask = m.confirm("Cancel this evacuation?", text, "Cancel the evacuation", "Keep it")
        made.append(m.button("Cancel", "cancel", value("cancel"), confirm=ask, spoken=f"Cancel {named}"))
    if RequestState.EXPIRED in states:
        made.append(m.button("Renew", "renew", value("renew"), style="primary", spoken=f"Renew {named}"))
    return [*made, m.button("Details", "details", value("details"), spoken=f"Details of {named}")]


def asking_again(view: EvacuationView) -> str:
    """What becomes of the runs whose approval has to be given anew, when their requests are ended; else nothing."""
    runs = [one for one in view.members if one.state == RequestState.OPEN and one.run is not None]
    names = ", ".join(one.application for one in runs)
    return f" What asks again is aborted, before it fences anything: {names}." if runs else ""


def _ways_on(view: EvacuationView) -> str:
    if view.state == "open":
        return "One approval counts for every application. `/dr deny` and one request's id takes that one out."
    if view.ended_at is None:
        return "Each application has a card of its own from its run on. What follows a failed one is held."
    return f"`/dr evacuation {escape(view.id)}` shows it again; `/dr report after-action` and a run's id tells of one."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def warnings(members: Sequence[EvacuationMember]) -> list[m.Block]:
    """What is about several applications in the same words stands once, with their names."""
    about: dict[str, tuple[FindingView, list[str]]] = {}
    for one in members:
        for finding in one.findings:
            about.setdefault(finding.message, (finding, []))[1].append(one.application)
    shown = [
        finding.model_copy(update={"message": f"{', '.join(names)}: {finding.message}"})
        for finding, names in about.values()
        if finding.severity != "info"
    ]
    more = len(shown) - _MOST_FINDINGS
    rest = [m.context(f"{_MORE} {counted(more, 'more finding')}: press Details")] if more > 0 else []
    return [*findings(tuple(shown[:_MOST_FINDINGS]), evidence=False), *rest]
