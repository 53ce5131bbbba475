"""What is known of the last export of an application's runbook: when, and which places have it."""

from datetime import datetime

from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot
from dr_core.value import Value


class PlaceState(Value):
    """`at` None: it never had the runbook. `error` is why the last try failed; empty: it did not."""

    name: str
    at: datetime | None
    error: str = ""


class Kept(Value):
    """One export. `tried_at` is the last try; `at` when a place last took all pages, None if none ever did."""

    application: str
    digest: str
    pages: int
    tried_at: datetime
    at: datetime | None
    places: tuple[PlaceState, ...]

    @property
    def complete(self) -> bool:
        return bool(self.places) and not any(place.error for place in self.places)

    @property
    def oldest(self) -> datetime | None:
        """When the place that is furthest behind took all pages; None where one never did."""
        taken = [place.at for place in self.places]
        return min((at for at in taken if at is not None), default=None) if None not in taken else None

    def place(self, name: str) -> PlaceState | None:
        return next((place for place in self.places if place.name == name), None)


def name_of(application: str) -> str:
    return f"runbook/{application}"


def last(tx: Tx, application: str) -> Kept | None:
    found = snapshots.get(tx, name_of(application))
    return None if found is None else Kept.model_validate_json(found.body)


def keep(tx: Tx, kept: Kept) -> None:
    """The snapshot's own time is that of the last export that a place has: what stands there is that old."""
    snapshots.put(tx, Snapshot(name_of(kept.application), kept.at or kept.tried_at, kept.model_dump_json()))
