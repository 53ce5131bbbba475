"""Where cards stand in Slack, and what they last showed: those of requests, of incidents and of evacuations."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update

from dr_core.store import rows
from dr_core.store.engine import Tx
from dr_core.store.tables import card
from dr_core.store.tables_beside_runs import evacuation, incident


@dataclass(frozen=True)
class Card:
    """A request's. `ts` None: a message was about to be posted when this was written."""

    request: str
    channel: str
    ts: str | None
    fingerprint: str


@dataclass(frozen=True)
class Place:
    """Where a card stands, and a print of what it last showed. `ts` None: it was about to be posted, or never was."""

    channel: str | None
    ts: str | None
    fingerprint: str


class Carded(StrEnum):
    """What has a card beside requests, as an event about it names it in its data."""

    INCIDENT = "incident"
    EVACUATION = "evacuation"


_TABLES = {Carded.INCIDENT: incident, Carded.EVACUATION: evacuation}


def get(tx: Tx, request_id: str) -> Card | None:
    row = tx.conn.execute(select(card).where(card.c.request == request_id)).one_or_none()
    return None if row is None else Card(row.request, row.channel, row.ts, row.fingerprint)


def put(tx: Tx, new: Card) -> None:
    values = {"channel": new.channel, "ts": new.ts, "fingerprint": new.fingerprint}
    rows.put(tx, card, {"request": new.request}, values)


def place(tx: Tx, of: Carded, about: str) -> Place | None:
    """Where the card of an incident or an evacuation stands; None where there is no such thing."""
    table = _TABLES[of]
    row = tx.conn.execute(
        select(table.c.channel, table.c.ts, table.c.fingerprint).where(table.c.id == about)
    ).one_or_none()
    return None if row is None else Place(row.channel, row.ts, row.fingerprint)


def put_place(tx: Tx, of: Carded, about: str, shown: Place) -> None:
    """Say where the card stands and what it shows. The announcer alone does, so that no version guards it."""
    table = _TABLES[of]
    values = {"channel": shown.channel, "ts": shown.ts, "fingerprint": shown.fingerprint}
    tx.conn.execute(update(table).where(table.c.id == about).values(**values))
