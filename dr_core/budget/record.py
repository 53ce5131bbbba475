"""The last reading of costs in the store: the snapshot `cost`."""

from pydantic import ValidationError

from dr_core.budget.model import CostSheet
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot

NAME = "cost"


def load(tx: Tx) -> CostSheet | None:
    """None before the first reading, and where another version kept it in another shape: then it is read anew soon."""
    found = snapshots.get(tx, NAME)
    try:
        return None if found is None else CostSheet.model_validate_json(found.body)
    except ValidationError:
        return None


def keep(tx: Tx, sheet: CostSheet) -> None:
    snapshots.put(tx, Snapshot(NAME, sheet.at, sheet.model_dump_json()))
