"""Who writes, as a look at a database tells it."""

from dataclasses import dataclass

from dr_core.observation.model import DatabaseState


@dataclass(frozen=True)
class Writers:
    """Who writes, or None and the reason; and the database as the most telling view has it."""

    regions: tuple[str, ...] | None
    reason: str
    state: DatabaseState | None
