"""What is known of a frozen application, as stored: since when, why, where its marker stands, and who lifted it."""

from datetime import datetime, timedelta

from pydantic import Field

from dr_core.value import Value

LOOKED_FOR = timedelta(minutes=5)
"""How old a marker that was seen may grow before it is looked for again: somebody may have deleted it."""


class Marker(Value):
    """The marker in one region, as last seen. `stands` None: never seen; `error`: why it could not be put or taken."""

    stands: bool | None = None
    at: datetime | None = None
    error: str = ""


class Freeze(Value):
    """`active` is the region that the application had moved to, `primary` what the configuration calls its home.

    `run`: the one that moved it, where one did. `moving`: that run is on the way, and the application was not seen
    there yet. `lifted_by`: a person, or nobody's but the way home. `been_home`: the
    application was seen in its primary region since: the next move freezes again.
    """

    application: str
    since: datetime
    active: str
    primary: str
    run: str | None = None
    moving: bool = False
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    reason: str = ""
    been_home: bool = False
    markers: dict[str, Marker] = Field({})
    version: int = 1

    @property
    def stands(self) -> bool:
        return self.lifted_at is None

    @property
    def whereabouts(self) -> str:
        """As it follows the application's name."""
        return f"is being moved to {self.active}" if self.moving else f"runs in {self.active}"
