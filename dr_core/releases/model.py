"""Releases as values: what was read of the regions, and one move of the pointers with everything that becomes of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from dr_core.approvals.model import Actor
from dr_core.topology.model import Account
from dr_core.value import Value

LOOKED_AT_EVERY = timedelta(minutes=5)
"""A listing costs a call for each thousand objects, a colour and a region; a release reads for itself, right then."""


class Pointer(Value):
    """What the parameter says, and its version, which grows with every write."""

    value: str
    version: int


class PointerSeen(Value):
    """The pointer of one region. `pointer` None: there is none where `error` is empty, else it is not known.

    `silent`: the region did not answer; with another error it did, and said no.
    """

    region: str
    pointer: Pointer | None = None
    error: str = ""
    silent: bool = False


class Match(StrEnum):
    """`UNKNOWN`: nothing proves that they are equal, and nothing that they are not."""

    EQUAL = "equal"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class Side(Value):
    """The artifact of a colour in one region. `fingerprint`: over every key with its size and entity tag.

    With an `error` the rest says nothing.
    """

    region: str
    objects: int = 0
    size: int = 0
    fingerprint: str = ""
    error: str = ""


class Artifact(Value):
    """One colour's artifact over the regions that were compared."""

    colour: str
    match: Match
    why: str
    sides: tuple[Side, ...]

    def side(self, region: str) -> Side | None:
        return next((side for side in self.sides if side.region == region), None)


class Reading(Value):
    """What was read of one application's regions."""

    application: str
    at: datetime
    pointers: tuple[PointerSeen, ...]
    artifacts: tuple[Artifact, ...]

    def live(self, without: Sequence[str] = ()) -> str | None:
        """The colour that every other region's pointer says; None where they differ or one is not known."""
        asked = [seen.pointer for seen in self.pointers if seen.region not in without]
        said = {pointer.value if pointer is not None else None for pointer in asked}
        return next(iter(said)) if len(said) == 1 else None

    def artifact(self, colour: str) -> Artifact | None:
        return next((one for one in self.artifacts if one.colour == colour), None)


class Verb(StrEnum):
    PROMOTE = "promote"
    ROLLBACK = "rollback"


class ReleaseState(StrEnum):
    CHECKING = "checking"  # nothing was changed; the gates are being asked
    MOVING = "moving"  # the pointers as found are stored; any of them may have been moved
    UNDOING = "undoing"  # not every region could be moved: those that were go back to what was found
    WATCHING = "watching"  # every pointer was seen to be moved; the colour is watched
    DONE = "done"  # it was healthy for as long as it was watched
    UNHEALTHY = "unhealthy"  # it was not; the pointers stay until a person says
    REFUSED = "refused"  # a gate said no; nothing was changed
    UNDONE = "undone"  # every pointer was seen to be as it was found, or as somebody else has put it since
    SUPERSEDED = "superseded"  # a later release took over while it was watched
    UNWATCHED = "unwatched"  # dr.yaml lost its colour while it was watched: nobody knows how it is

    @property
    def finished(self) -> bool:
        return self not in (
            ReleaseState.CHECKING,
            ReleaseState.MOVING,
            ReleaseState.UNDOING,
            ReleaseState.WATCHING,
        )

    @property
    def excludes(self) -> bool:
        """Whether another release of the application has to wait."""
        return not self.finished and self is not ReleaseState.WATCHING

    @property
    def moved(self) -> bool:
        """Whether its colour came to serve in every region that it was for."""
        return self in (
            ReleaseState.WATCHING,
            ReleaseState.DONE,
            ReleaseState.UNHEALTHY,
            ReleaseState.SUPERSEDED,
            ReleaseState.UNWATCHED,
        )


class Spot(Value):
    """One region of a move: the pointer as `found`, stored before any is moved, and when it was seen to be settled.

    `left_behind` is the fingerprint of what served until then, empty where it was not known. `settled_at` is of the
    state the release is in: moved, or back again. `trouble`: why it is not. `left`: why it was not put back and never
    will be. `told`: the kinds of trouble that people were told of, the last of them at `told_at`.
    """

    region: str
    found: Pointer
    left_behind: str = ""
    settled_at: datetime | None = None
    trouble: str = ""
    left: str = ""
    told: tuple[str, ...] = ()
    told_at: datetime | None = None


class Release(Value):
    """One move of the `parameter` to `colour`. `came_from`: what served before, once that is known.

    `without` are regions that were left out since they did not answer. `reason`: why it was refused, undone or is
    unhealthy. `expected`: of a rollback, by region the fingerprint that the colour had when it served last. `epoch`
    grows with each owner, `version` with each change.
    """

    id: str
    application: str
    verb: Verb
    colour: str
    state: ReleaseState
    parameter: str
    account: Account | None = None
    by: Actor
    asked_at: datetime
    came_from: str | None = None
    without: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    expected: dict[str, str] = Field({})
    spots: tuple[Spot, ...] = ()
    began_at: datetime | None = None
    moved_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    owner: str | None = None
    epoch: int = 0
    lease_until: datetime | None = None
    version: int = 1

    def with_(self, changed: Spot) -> "Release":
        """The same release with this spot in the place of the one of its region."""
        spots = tuple(changed if one.region == changed.region else one for one in self.spots)
        return self.model_copy(update={"spots": spots})
