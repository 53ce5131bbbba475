"""The last episode of each region of an application, in SQL: rows of the snapshots."""

from dr_core.detection.episode import Episode
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot


def get(tx: Tx, application: str, region: str) -> Episode | None:
    found = snapshots.get(tx, _name(application, region))
    return None if found is None else Episode.model_validate_json(found.body)


def put(tx: Tx, new: Episode) -> None:
    snapshots.put(tx, Snapshot(_name(new.application, new.region), tx.now(), new.model_dump_json()))


def _name(application: str, region: str) -> str:
    return f"episode:{application}:{region}"
