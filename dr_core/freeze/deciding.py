"""Whether an application has to be frozen, or is free again. Pure."""

from enum import StrEnum

from dr_core.freeze.model import Freeze


class Turn(StrEnum):
    FREEZE = "freeze"  # it lives where the code does not say
    LIFT = "lift"  # it is home again
    HOME = "home"  # a person had lifted it before it came home: the next move counts anew
    MOVED = "moved"  # it went on to a third region
    THERE = "there"  # it is seen where a run was taking it


def turn(known: Freeze | None, active: str | None, primary: str, *, moving: bool = False) -> Turn | None:
    """What follows from where it is active now; None changes nothing. `active` None: that is not known.

    `moving`: it is not active there yet, a run is taking it there.
    """
    if active is None:
        return None
    if active == primary:
        if known is not None and known.stands:
            return Turn.LIFT
        return Turn.HOME if known is not None and not known.been_home else None
    if known is None or (not known.stands and known.been_home):
        return Turn.FREEZE
    if known.active != active:
        return Turn.MOVED if known.stands else Turn.FREEZE
    return Turn.THERE if known.stands and known.moving and not moving else None
