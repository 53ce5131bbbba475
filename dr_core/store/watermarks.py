"""How far a background duty has come, by name, with what it needs to go on from there."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select

from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import watermark


@dataclass(frozen=True)
class Watermark:
    """Everything up to `at` is done; `seen` belongs to the duty."""

    at: datetime
    seen: dict[str, JsonValue] = field(default_factory=dict)


def get(tx: Tx, name: str) -> Watermark | None:
    row = tx.conn.execute(select(watermark).where(watermark.c.name == name)).one_or_none()
    return None if row is None else Watermark(row.at, json.loads(row.seen))


def put(tx: Tx, name: str, mark: Watermark) -> None:
    rows.put(tx, watermark, {"name": name}, {"at": mark.at, "seen": json.dumps(mark.seen, sort_keys=True)})
