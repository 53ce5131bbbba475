"""Where an application is at work, as every face says it."""

from typing import Protocol


class Placed(Protocol):
    """What a result says of an application's regions: the active one, and those that users are sent to."""

    @property
    def active_region(self) -> str | None: ...

    @property
    def serving(self) -> tuple[str, ...]: ...


def at_work(application: Placed) -> str | None:
    """The active region, or all that serve where every region does; None when nobody knows."""
    return application.active_region or " and ".join(application.serving) or None
