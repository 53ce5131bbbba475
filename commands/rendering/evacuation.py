"""Evacuations as lines: what was asked, where each application is by wave, what stays behind."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from commands.rendering.lines import table, wrap
from commands.rendering.words import clock, count, limit, moment, plain, way
from dr_core.approvals.model import RequestState
from dr_core.approvals.proof import AckKind
from dr_core.evacuation.asking_alone import command
from dr_core.evacuation.turn import Stage
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import EvacuationMember, EvacuationView, LeftBehind
from dr_core.reports.evacuation_line import EvacuationLine
from dr_core.reports.evacuation_plan import PlannedMember
from dr_core.reports.model import AckView

_LOST = (Stage.FAILED.value, Stage.DROPPED.value)
_MOST_TRIES = 3


def evacuation(view: EvacuationView, now: datetime) -> list[str]:
    """One evacuation as it is now."""
    lines = wrap(f"Evacuation {view.id}: {view.mode}, {way(view.source, view.target)}", 0, 2)
    lines += wrap(_state(view, now), 2, 2)
    asked = f"asked by {plain(view.requester)} at {moment(view.opened_at, now)}"
    lines += wrap(f"{asked}: {plain(view.reason) or 'no reason given'}", 2, 2)
    for ack, about in acks_of(view):
        lines += wrap(f"approved by {plain(ack.person)} at {clock(ack.at, now)}{about}", 2, 2)
    for name, ack in broken_glass(view):
        lines += wrap(f"{name}: glass broken by {plain(ack.person)}, alone, at {clock(ack.at, now)}", 2, 2)
    for wave, members in _waves(view.members):
        lines += ["", f"  {wave_head(wave)}", *table([_row(one) for one in members], 4)]
    return [*lines, *left_behind(view.left), "", *wrap(_next(view), 2, 2)]


def lines_of(found: EvacuationLine, now: datetime) -> list[str]:
    """An evacuation in the status and above the runs: one line for it, one for each application."""
    head = f"EVACUATION {found.id}: {found.mode}, {way(found.source, found.target)}, {found.state.upper()}"
    lines = wrap(f"{head}, since {moment(found.opened_at, now)} by {plain(found.requester)}", 0, 2)
    lines += table([(f"wave {one.wave}", one.application, plain(one.sentence)) for one in found.members], 2)
    return lines + (wrap(f"stays behind: {', '.join(found.left)}", 2, 2) if found.left else [])


def wave_head(wave: int) -> str:
    """`Wave 1`; of later ones also what they wait for."""
    return "Wave 1" if wave == 1 else f"Wave {wave}, when wave {wave - 1} is over"


def acks_of(view: EvacuationView) -> Sequence[tuple[AckView, str]]:
    """Who has approved what waits or goes, each person once: one press approves every application. Where something
    waits that this person has not approved, the words say what was."""
    waiting = {one.application for one in view.members if one.state == RequestState.OPEN}
    found: dict[str, AckView] = {}
    names: dict[str, list[str]] = {}
    for name, ack in _present(view):
        if ack.kind != AckKind.BREAK_GLASS:
            found[ack.person] = ack
            names.setdefault(ack.person, []).append(name)
    about = {who: "" if waiting <= set(given) else f" for {', '.join(given)}" for who, given in names.items()}
    return [(ack, about[who]) for who, ack in sorted(found.items(), key=lambda one: one[1].at)]


def broken_glass(view: EvacuationView) -> Sequence[tuple[str, AckView]]:
    """Application and who broke its glass: that is done for one at a time."""
    return [(name, ack) for name, ack in _present(view) if ack.kind == AckKind.BREAK_GLASS]


def _present(view: EvacuationView) -> Iterator[tuple[str, AckView]]:
    return ((one.application, ack) for one in view.members for ack in one.acks if ack.round == one.round)


def outcome(view: EvacuationView) -> str:
    """`2 of 3 applications arrived in eu-west-1, 1 did not`."""
    arrived = sum(one.stage == "arrived" for one in view.members)
    others = len(view.members) - arrived
    told = f"{arrived} of {count(len(view.members), 'application')} arrived in {view.target}"
    return f"{told}, {others} did not" if others and view.ended_at else told


def _state(view: EvacuationView, now: datetime) -> str:
    if view.state == "open":
        until = f", expires {moment(view.expires_at, now)}" if view.expires_at else ""
        return f"OPEN, {count(view.missing, 'ack')} missing of {view.required}{until}"
    return f"{view.state.upper()}, {outcome(view)}"


def _waves(members: Iterable[EvacuationMember]) -> Iterator[tuple[int, list[EvacuationMember]]]:
    for wave, found in groupby(members, key=lambda one: one.wave):
        yield wave, list(found)


def _row(one: EvacuationMember) -> tuple[str, ...]:
    told = "; ".join(filter(None, [plain(one.sentence), goes_without(one) if one.state == RequestState.OPEN else ""]))
    return one.application, one.run or one.request, told, f"loss limit {limit(one.loss_limit_seconds)}"


def goes_without(one: EvacuationMember | PlannedMember) -> str:
    """What it needs and does not find where it goes; empty: nothing."""
    return f"goes without {', '.join(one.without)}, which stays behind" if one.without else ""


def left_behind(left: Sequence[LeftBehind]) -> list[str]:
    """What stays in the region and why; then what is not in it."""
    behind = [one for one in left if one.here]
    lines: list[str] = []
    for one in behind:
        lines += wrap(f"{one.application}: {plain(one.reason)}", 4, 2)
        lines += wrap(f"way out: {plain(one.way_out)}", 6, 2) if one.way_out else []
    elsewhere = [f"{one.application} ({plain(one.reason)})" for one in left if not one.here]
    found = ["", "  Stays behind", *lines] if behind else []
    return found + (["", *wrap(f"not concerned: {', '.join(elsewhere)}", 2, 2)] if elsewhere else [])


def _next(view: EvacuationView) -> str:
    """What comes next, and who does it."""
    if any(one.state == RequestState.OPEN for one in view.members):
        return f"next: an approver types: approve {view.id}; the first wave starts with the last acknowledgement"
    if any(one.held for one in view.members):
        return held_way_out(view)
    if any(one.state == RequestState.EXPIRED for one in view.members):
        return f"next: renew {view.id}"
    if view.ended_at is None:
        return "next: the waves follow by themselves; `run show` and a run's id tells more of one"
    return "over: `report after-action` and a run's id tells what happened to one application"


def held_way_out(view: EvacuationView) -> str:
    """What somebody can do for the members that are held."""
    held = [one for one in view.members if one.held]
    lost = [one for one in view.members if one.stage in _LOST and any(one.application in other.after for other in held)]
    tries = " and ".join(f"`{_alone(view, one)}`" for one in lost[:_MOST_TRIES])
    names, first = ", ".join(one.application for one in held), held[0]
    return (
        f"held: {names}. Move what is needed{f' ({tries})' if tries else ''}, and they follow by themselves within 30 "
        f"minutes of being held; or go without it: `cancel {first.request}`, then `{_alone(view, first)}`"
    )


def _alone(view: EvacuationView, one: EvacuationMember) -> str:
    return command(view.target, one.application, source=view.source, mode=Mode(view.mode), overrides=one.overrides)
