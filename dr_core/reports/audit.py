"""The trail as results: `dr.audit/1`, `dr.audit-verdict/1` and `dr.audit-export/1`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dr_core.audit import trail
from dr_core.audit.events import Event
from dr_core.store.engine import Store, Tx


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class AuditEntry(_Value):
    """One event; `summary` is a sentence made of its data, `hash` the full hex digest."""

    chain: str
    seq: int
    at: datetime
    kind: str
    actor: str
    summary: str
    data: dict[str, JsonValue]
    hash: str


class AuditList(_Value):
    """Newest last. `chain` None: all chains."""

    schema_: Literal["dr.audit/1"] = Field(default="dr.audit/1", alias="schema")
    at: datetime
    chain: str | None
    events: tuple[AuditEntry, ...]


class AuditVerdict(_Value):
    """What verification found. `first_bad` names the first event that does not fit, None when all do."""

    schema_: Literal["dr.audit-verdict/1"] = Field(default="dr.audit-verdict/1", alias="schema")
    at: datetime
    ok: bool
    events: int
    chains: int
    first_bad: str | None


class ExportedEvent(_Value):
    """One line of the export, exactly as stored: hash = SHA-256(bytes of prev + body)."""

    chain: str
    seq: int
    cmd_id: str
    body: str
    prev: str
    hash: str


class AuditExport(_Value):
    """The whole trail, chain by chain. A face prints one event a line."""

    schema_: Literal["dr.audit-export/1"] = Field(default="dr.audit-export/1", alias="schema")
    at: datetime
    events: tuple[ExportedEvent, ...]


def audit_list(store: Store, *, limit: int = 50, chain: str | None = None) -> AuditList:
    """The newest events, newest last; `chain` is `ops`, `root` or a request's id."""

    def work(tx: Tx) -> AuditList:
        found = trail.listing(tx, limit=limit, chain=chain)
        return AuditList(at=tx.now(), chain=chain, events=tuple(_entry(event) for event in found))

    return store.read(work)


def audit_verdict(store: Store) -> AuditVerdict:
    """Check every link; names the first event that does not fit."""

    def work(tx: Tx) -> AuditVerdict:
        found = trail.verify(tx)
        return AuditVerdict(
            at=tx.now(), ok=found.ok, events=found.events, chains=found.chains, first_bad=found.first_bad
        )

    return store.read(work)


def audit_export(store: Store) -> AuditExport:
    """The whole trail in one snapshot."""

    def work(tx: Tx) -> AuditExport:
        return AuditExport(at=tx.now(), events=tuple(ExportedEvent.model_validate(event) for event in trail.export(tx)))

    return store.read(work)


def _entry(event: Event) -> AuditEntry:
    actor = event.actor.get("display") or event.actor.get("person") or ""
    return AuditEntry(
        chain=event.chain,
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        actor=str(actor),
        summary=summary(event.data),
        data=event.data,
        hash=event.hash,
    )


def summary(data: dict[str, JsonValue]) -> str:
    """`name value, ...` of what an event says in words and numbers; digests by their first 12 characters."""
    said = ((name, value) for name, value in data.items() if value not in (None, "", [], {}) and name != "proof")
    return ", ".join(f"{name.replace('_', ' ')} {_told(name, value)}" for name, value in said)


def _told(name: str, value: JsonValue) -> str:
    if name in ("digest", "hash") and isinstance(value, str):
        return value[:12]
    if isinstance(value, list):
        return " ".join(_told(name, item) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={_told(key, item)}" for key, item in value.items())
    return str(value)
