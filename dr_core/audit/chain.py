"""How events are linked: canonical JSON, hashed over the hash before it. Pure; anybody can check it in a few lines."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import rfc8785
from pydantic import JsonValue

from dr_core.audit.events import Event, EventKind

GENESIS = "0" * 64
ROOT = "root"
OPS = "ops"


@dataclass(frozen=True)
class Head:
    """The last link of a chain; `Head(0, GENESIS)` before the first."""

    seq: int = 0
    hash: str = GENESIS


def canonical(content: Mapping[str, JsonValue]) -> str:
    """RFC 8785 JSON: one text for one value."""
    return rfc8785.dumps(dict(content)).decode("utf-8")


def stamp(at: datetime) -> str:
    """A time as it stands in hashed text: UTC with microseconds."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def hash_of(prev: str, body: str) -> str:
    """hex(SHA-256(prev as bytes + body as UTF-8))."""
    return hashlib.sha256(bytes.fromhex(prev) + body.encode("utf-8")).hexdigest()


def link(
    chain: str,
    head: Head,
    kind: EventKind,
    actor: Mapping[str, JsonValue],
    data: Mapping[str, JsonValue],
    *,
    at: datetime,
    cmd_id: str,
) -> Event:
    """The event that follows `head`."""
    seq = head.seq + 1
    content: dict[str, JsonValue] = {
        "chain": chain,
        "seq": seq,
        "cmd_id": cmd_id,
        "at": stamp(at),
        "kind": kind.value,
        "actor": dict(actor),
        "data": dict(data),
    }
    body = canonical(content)
    return Event(
        chain=chain,
        seq=seq,
        cmd_id=cmd_id,
        at=at,
        kind=kind.value,
        actor=dict(actor),
        data=dict(data),
        body=body,
        prev=head.hash,
        hash=hash_of(head.hash, body),
    )


def fault_of(stored: Event, head: Head) -> str | None:
    """Why `stored` cannot follow `head`, in a sentence; None when it does."""
    name = f"{stored.chain}/{stored.seq}"
    if stored.seq != head.seq + 1:
        return f"{name}: expected number {head.seq + 1}"
    if stored.prev != head.hash:
        return f"{name}: does not follow the event before it"
    if hash_of(stored.prev, stored.body) != stored.hash:
        return f"{name}: the body was changed after it was written"
    body = json.loads(stored.body)
    columns = stored.model_dump(include={"chain", "seq", "cmd_id", "kind"}) | {"at": stamp(stored.at)}
    for column, value in columns.items():
        if body.get(column) != value:
            return f"{name}: the column {column} differs from the body"
    return None
