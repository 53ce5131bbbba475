"""Where a request's card stands in Slack, and what it last showed."""

from dataclasses import dataclass

from sqlalchemy import select

from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import card


@dataclass(frozen=True)
class Card:
    """`ts` None: a message was about to be posted when this was written."""

    request: str
    channel: str
    ts: str | None
    fingerprint: str


def get(tx: Tx, request_id: str) -> Card | None:
    row = tx.conn.execute(select(card).where(card.c.request == request_id)).one_or_none()
    return None if row is None else Card(row.request, row.channel, row.ts, row.fingerprint)


def put(tx: Tx, new: Card) -> None:
    values = {"channel": new.channel, "ts": new.ts, "fingerprint": new.fingerprint}
    rows.put(tx, card, {"request": new.request}, values)
