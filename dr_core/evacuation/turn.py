"""Whose turn it is in an evacuation, from what became of the others. Pure.

A member starts when everything that it depends on has arrived and the waves before its own are over. One that failed,
or that only a person can send on (it stands still, it is not approved, or it waits for such a one), keeps nobody
waiting who does not depend on it; whoever does depend on a failed one is held, for as long as an approval lasts, and
then lapses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dr_core.execution.quorum import LASTS


class Stage(StrEnum):
    """Where one member is."""

    ASKED = "asked"  # its request waits for acknowledgements
    QUEUED = "queued"  # its quorum is complete, and it has no run yet
    UNDER_WAY = "under_way"  # its run moves
    STANDS = "stands"  # its run waits for a person
    ARRIVED = "arrived"  # the application is in the target: its run led there, or it was seen there
    FAILED = "failed"  # its run ended otherwise
    DROPPED = "dropped"  # its request ended without a run

    @property
    def over(self) -> bool:
        return self in (Stage.ARRIVED, Stage.FAILED, Stage.DROPPED)


@dataclass(frozen=True)
class Standing:
    """One member. `why` says the stage in words, after its name. `decided_at`: of its request. `blocked`: the
    unfinished run of another request that it cannot run beside; `blocked_stands`: that run waits for a person.
    `held_at`: since when people know that it is held. `first_ack_at`: when the first of those who approved it did.
    `outside`: what it needs and somebody had asked for before the evacuation."""

    application: str
    wave: int
    after: tuple[str, ...]
    stage: Stage
    why: str
    decided_at: datetime | None = None
    blocked: str = ""
    held_at: datetime | None = None
    blocked_stands: bool = False
    first_ack_at: datetime | None = None
    outside: tuple["Standing", ...] = ()


class Move(StrEnum):
    """What is done with a queued member."""

    START = "start"
    WAIT = "wait"
    HOLD = "hold"
    LAPSE = "lapse"


@dataclass(frozen=True)
class Turn:
    """A move and why, as a sentence without its end; empty where it starts. `stuck`: only a person can change it."""

    move: Move
    reason: str = ""
    stuck: bool = False


def turn(member: Standing, among: Mapping[str, Standing], now: datetime) -> Turn:
    """What becomes of a member whose quorum is complete."""
    earlier: dict[str, Turn] = {}
    for one in sorted(among.values(), key=lambda other: other.wave):
        if one.stage is Stage.QUEUED and one.wave < member.wave:
            earlier[one.application] = _decide(one, among, earlier, now)
    return _decide(member, among, earlier, now)


def _decide(member: Standing, among: Mapping[str, Standing], earlier: Mapping[str, Turn], now: datetime) -> Turn:
    """`earlier`: what becomes of those in the queue whose wave is before the member's."""
    needed = (*(among[name] for name in member.after if name in among), *member.outside)
    missing = [one for one in needed if one.stage is not Stage.ARRIVED and not _gone_before(one, member)]
    lost = next((one for one in missing if one.stage in (Stage.FAILED, Stage.DROPPED)), None)
    if lost is not None:
        return _held(member, f"it needs {lost.application}, which has not arrived: {lost.why}", now)
    held = next((one for one in missing if _is_held(earlier.get(one.application))), None)
    if held is not None:
        return _held(member, f"it needs {held.application}, which is held itself", now)
    if missing:
        stuck = next((one for one in missing if _is_stuck(one, earlier)), None)
        first = stuck or missing[0]
        reason = f"it needs {first.application}: {first.why}"
        return Turn(Move.WAIT, reason, stuck is not None or member.blocked_stands)
    ahead = [one for one in among.values() if one.wave < member.wave and not _out_of_the_way(one, earlier)]
    if ahead:
        names = ", ".join(sorted(one.application for one in ahead))
        reason = f"wave {member.wave} begins when wave {ahead[0].wave} is over ({names})"
        return Turn(Move.WAIT, reason, member.blocked_stands)
    if member.blocked:
        return Turn(Move.WAIT, f"{member.blocked} is not finished", member.blocked_stands)
    return Turn(Move.START)


def over(among: Mapping[str, Standing]) -> bool:
    """Whether nothing of the evacuation moves or waits any more."""
    return all(one.stage.over for one in among.values())


def _gone_before(needed: Standing, member: Standing) -> bool:
    """Dropped before anybody approved the member: all who did have seen that it goes alone."""
    seen_at = member.first_ack_at or member.decided_at
    return (
        needed.stage is Stage.DROPPED
        and needed.decided_at is not None
        and seen_at is not None
        and needed.decided_at < seen_at
    )


def _held(member: Standing, reason: str, now: datetime) -> Turn:
    return Turn(Move.LAPSE if _too_long(member, now) else Move.HOLD, reason, stuck=True)


def _is_held(found: Turn | None) -> bool:
    return found is not None and found.move in (Move.HOLD, Move.LAPSE)


def _out_of_the_way(one: Standing, earlier: Mapping[str, Turn]) -> bool:
    """Over, or of those that would keep everybody waiting for nobody knows how long."""
    return one.stage.over or _is_stuck(one, earlier)


def _is_stuck(one: Standing, earlier: Mapping[str, Turn]) -> bool:
    """Whether only a person can send it on. One that is queued outside of the evacuation has its own to wait for."""
    if one.stage is Stage.QUEUED:
        found = earlier.get(one.application)
        return found is None or found.stuck
    return one.stage in (Stage.ASKED, Stage.STANDS)


def _too_long(member: Standing, now: datetime) -> bool:
    return member.held_at is not None and now - member.held_at > LASTS
