"""An evacuation as a value: what goes, in which wave, and what does not go and why."""

from datetime import datetime

from dr_core.approvals.model import Actor
from dr_core.plan.step import Mode
from dr_core.value import Value


def is_evacuation(named: str) -> bool:
    """Whether an id is an evacuation's, and not a request's."""
    return named.startswith("ev-")


class Left(Value):
    """An application that does not go. `here`: it is in the region that is left, and stays behind in it."""

    application: str
    reason: str
    way_out: str = ""
    here: bool


class Member(Value):
    """An application that goes, by a request of its own. `after`: what it depends on, directly or not, of the members
    and of those that somebody had asked for before.

    `told`: why it is held, as the trail says; empty while it is not. `held_at`: since when, for whatever reasons.
    """

    application: str
    request: str
    wave: int
    after: tuple[str, ...] = ()
    told: str = ""
    held_at: datetime | None = None


class Evacuation(Value):
    """From `source` to `target`. `channel`: where it was asked for. `ended_at`: when nothing could move any more."""

    id: str
    source: str
    target: str
    mode: Mode
    requester: Actor
    reason: str
    channel: str | None
    opened_at: datetime
    ended_at: datetime | None = None
    members: tuple[Member, ...]
    left: tuple[Left, ...] = ()
    version: int = 1

    def member(self, application: str) -> Member:
        return next(one for one in self.members if one.application == application)
