"""The last preflight of each application, in SQL; replaced as a whole."""

from pydantic import ValidationError

from dr_core.readiness.model import Sheet
from dr_core.store import snapshots
from dr_core.store.engine import Tx
from dr_core.store.snapshots import Snapshot


def get(tx: Tx, application: str) -> Sheet | None:
    """None: none was made yet, or an older version wrote it in another shape, which is made anew soon."""
    stored = snapshots.get(tx, _name(application))
    if stored is None:
        return None
    try:
        return Sheet.model_validate_json(stored.body)
    except ValidationError:
        return None


def put(tx: Tx, sheet: Sheet) -> None:
    snapshots.put(tx, Snapshot(_name(sheet.application), sheet.at, sheet.model_dump_json()))


def _name(application: str) -> str:
    return f"readiness/{application}"
