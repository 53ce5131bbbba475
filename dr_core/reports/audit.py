"""The trail as results: `dr.audit/1`, `dr.audit-verdict/1` and `dr.audit-export/1`."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Literal

from pydantic import Field, JsonValue

from dr_core.audit import trail
from dr_core.audit.events import Event
from dr_core.audit.places import places
from dr_core.audit.verify import Verdict, verify
from dr_core.errors import ConfigError
from dr_core.keys import PublicKey
from dr_core.services import Services
from dr_core.store import events
from dr_core.store.engine import Store, Tx
from dr_core.value import Shown


class AuditEntry(Shown):
    """One event; `summary` is a sentence made of its data, `hash` the full hex digest."""

    chain: str
    seq: int
    at: datetime
    kind: str
    actor: str
    summary: str
    data: dict[str, JsonValue]
    hash: str


class AuditList(Shown):
    """Newest last. `chain` None: all chains."""

    schema_: Literal["dr.audit/1"] = Field(default="dr.audit/1", alias="schema")
    at: datetime
    chain: str | None
    events: tuple[AuditEntry, ...]


class AnchorPlace(Shown):
    """One bucket of `audit.anchors` beside the store's anchors."""

    place: str
    state: Literal["whole", "behind", "unreachable", "bad"]
    first: int | None
    last: int | None
    detail: str


class AuditVerdict(Shown):
    """What verification found. `first_bad` names the first event or anchor that does not fit, None when all do.

    `complete` is false when something could not be asked. `tail` says in words what no anchor covers, `lost` which
    history is gone after a rollback of the store.
    """

    schema_: Literal["dr.audit-verdict/1"] = Field(default="dr.audit-verdict/1", alias="schema")
    at: datetime
    ok: bool
    events: int
    chains: int
    first_bad: str | None
    complete: bool = True
    anchors: int = 0
    newest_anchor: int | None = None
    newest_anchor_at: datetime | None = None
    unanchored: int = 0
    signatures: str = "checked"
    places: tuple[AnchorPlace, ...] = ()
    lost: tuple[str, ...] = ()
    tail: str = ""


class ExportedEvent(Shown):
    """One line of the export, exactly as stored: hash = SHA-256(bytes of prev + body)."""

    chain: str
    seq: int
    cmd_id: str
    body: str
    prev: str
    hash: str


_EXPORTED = set(ExportedEvent.model_fields)


class AuditExport(Shown):
    """The whole trail, chain by chain. A face prints one event a line, and holds no more than a page of them."""

    schema_: Literal["dr.audit-export/1"] = Field(default="dr.audit-export/1", alias="schema")
    at: datetime
    events: Iterable[ExportedEvent] = Field(repr=False)


def audit_list(store: Store, *, limit: int = 50, chain: str | None = None) -> AuditList:
    """The newest events, newest last; `chain` is `ops`, `root` or a request's id."""

    def work(tx: Tx) -> AuditList:
        found = trail.listing(tx, limit=limit, chain=chain)
        return AuditList(at=tx.now(), chain=chain, events=tuple(_entry(event) for event in found))

    return store.read(work)


def audit_verdict(services: Services) -> AuditVerdict:
    """Check every link, every anchor, and what the buckets hold; names the first that does not fit."""
    key, no_key = _workers_key(services)
    found = verify(services.store, places(services.topology, services.aws), key, no_key)
    seen = tuple(AnchorPlace.model_validate(place.model_dump(mode="json")) for place in found.places)
    kept = found.model_dump(exclude={"places"})
    return AuditVerdict.model_validate({**kept, "places": seen, "tail": tail_of(found)})


def tail_of(found: Verdict) -> str:
    """What no anchor covers, and who could rewrite it unseen."""
    events = f"{found.unanchored} event{'' if found.unanchored == 1 else 's'}"
    if found.newest_anchor is None or found.newest_anchor_at is None:
        return f"No anchor was sealed yet: a database superuser can rewrite all {events} unseen."
    since = f"anchor {found.newest_anchor} ({found.newest_anchor_at:%Y-%m-%d %H:%M:%S} UTC)"
    said = f"{events} since {since}: a database superuser can rewrite that tail unseen."
    if not any(place.last is not None for place in found.places):
        why = "No bucket that could be read holds an anchor" if found.places else "audit.anchors names no bucket"
        said += f" {why}, so a superuser can also cut the newest anchors off, and then rewrite what only they cover."
    return said


def audit_export(store: Store) -> AuditExport:
    """The whole trail of one moment, read as it is printed."""
    at = store.read(lambda tx: tx.now())
    return AuditExport.model_construct(at=at, events=ExportedTrail(store))


class ExportedTrail:
    """Iterates over the trail as it was at the first event asked for; what is appended meanwhile is left out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __iter__(self) -> Iterator[ExportedEvent]:
        for chain, end in self._store.read(events.ends).items():
            seq = 0
            while page := self._store.read(partial(trail.page, chain=chain, after=seq, until=end)):
                yield from (ExportedEvent.model_validate(event.model_dump(include=_EXPORTED)) for event in page)
                seq = page[-1].seq


def _workers_key(services: Services) -> tuple[PublicKey | None, str]:
    try:
        return PublicKey.read(services.settings.worker_public_key, variable="DR_WORKER_KEY"), ""
    except ConfigError as error:
        return None, error.message


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
