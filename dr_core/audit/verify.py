"""Check the trail against itself, against its anchors, and those against what the buckets hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from dr_core.audit import rollback, trail
from dr_core.audit.anchor import Losses, Sealed, fault_of
from dr_core.audit.places import Place, Stored, holds
from dr_core.audit.trail import Said, TrailVerdict
from dr_core.errors import DrError
from dr_core.keys import PublicKey
from dr_core.store import anchors, events
from dr_core.store.engine import Store, Tx
from dr_core.value import Value

_PAGE = 500


class PlaceState(StrEnum):
    WHOLE = "whole"
    BEHIND = "behind"
    UNREACHABLE = "unreachable"
    BAD = "bad"


class PlaceVerdict(Value):
    """What one bucket holds, compared with the store. `first` and `last` are None when nothing was seen there."""

    place: str
    state: PlaceState
    first: int | None
    last: int | None
    detail: str


class Verdict(Value):
    """`ok`: nothing contradicts anything. `complete`: everything that could contradict was looked at."""

    ok: bool
    complete: bool
    at: datetime
    events: int
    chains: int
    first_bad: str | None
    anchors: int
    newest_anchor: int | None
    newest_anchor_at: datetime | None
    unanchored: int
    signatures: str
    places: tuple[PlaceVerdict, ...]
    lost: tuple[str, ...]


@dataclass
class _Anchors:
    """What the table of anchors says, up to the first one that does not fit."""

    said: dict[str, dict[int, Said]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    count: int = 0
    newest: Sealed | None = None
    fault: str | None = None


def verify(store: Store, places: tuple[Place, ...], key: PublicKey | None, no_key: str = "") -> Verdict:
    """Everything, in one snapshot of the store; the buckets are asked after it. `no_key`: why there is no key."""

    def work(tx: Tx) -> tuple[_Anchors, TrailVerdict, int, Losses, tuple[str, ...], datetime]:
        lost = rollback.losses(tx)
        found = _gather(tx, key, lost)
        heads = events.heads(tx)
        tail = sum(max(0, head.seq - found.ends.get(name, 0)) for name, head in heads.items())
        return found, trail.verify(tx, found.said), tail, lost, rollback.told(tx), tx.now()

    found, checked, tail, lost, told, at = store.read(work)
    seen = tuple(_compare(store, place, lost) for place in places)
    bad = [f"{place.place}: {place.detail}" for place in seen if place.state is PlaceState.BAD]
    first_bad = checked.first_bad or found.fault or (bad[0] if bad else None)
    unasked = any(place.state is PlaceState.UNREACHABLE for place in seen)
    unsigned = key is None and found.count > 0
    return Verdict(
        ok=first_bad is None,
        complete=not unasked and not unsigned,
        at=at,
        events=checked.events,
        chains=checked.chains,
        first_bad=first_bad,
        anchors=found.count,
        newest_anchor=found.newest.number if found.newest else None,
        newest_anchor_at=found.newest.at if found.newest else None,
        unanchored=tail,
        signatures=f"not checked: {no_key or 'there is no key'}" if unsigned else "checked",
        places=seen,
        lost=told,
    )


def _gather(tx: Tx, key: PublicKey | None, lost: Losses) -> _Anchors:
    found = _Anchors()
    for sealed in anchors.all(tx):
        found.fault = fault_of(sealed, found.newest, key, lost)
        if found.fault is not None:
            return found
        for name, head in sealed.anchor.heads.items():
            said = found.said.setdefault(name, {}).setdefault(head.seq, Said(head.hash, sealed.number))
            if said.hash != head.hash:
                found.fault = f"anchor {sealed.number}: differs from anchor {said.anchor} over {name}/{head.seq}"
                return found
            found.ends[name] = max(found.ends.get(name, 0), head.seq)
        found.count += 1
        found.newest = sealed
    return found


# -- buckets ---------------------------------------------------------------------------------------------------------


@dataclass
class _Comparison:
    """One bucket's objects beside the store's anchors, in the order of their numbers."""

    place: Place
    lost: Losses
    placed: int
    first: int | None = None
    last: int | None = None
    behind: int = 0
    forgotten: int = 0
    fault: str | None = None

    def missing(self, mine: Sealed) -> None:
        """An anchor of the store that the bucket does not hold."""
        if mine.number > self.placed:
            self.behind += 1
        elif self.first is not None and not self.lost.cover(mine.number):
            # What is older than the first object may have outlived its retention.
            self.fault = self.fault or f"anchor {mine.number} was put there and is gone"

    def there(self, stored: Stored, mine: Sealed | None) -> None:
        """An object, and the store's anchor of the same number if there is one."""
        self.first = self.first if self.first is not None else stored.number
        self.last = stored.number
        if mine is not None and holds(self.place, stored, mine):
            return
        if self.lost.cover(stored.number):
            self.forgotten += 1
        elif mine is None:
            said = f"it holds anchor {stored.number}, which the store does not know: the store was rolled back or cut"
            self.fault = self.fault or said
        else:
            self.fault = self.fault or f"its anchor {stored.number} is not the one that the store has"

    def verdict(self) -> PlaceVerdict:
        state = PlaceState.BEHIND if self.behind else PlaceState.WHOLE
        parts = [f"anchors {self.first} to {self.last}" if self.last is not None else "no anchor yet"]
        parts += [f"{self.behind} not put there yet"] if self.behind else []
        parts += [f"{self.forgotten} of a history that the store has lost"] if self.forgotten else []
        if self.fault is not None:
            state, parts = PlaceState.BAD, [self.fault]
        return PlaceVerdict(
            place=self.place.name, state=state, first=self.first, last=self.last, detail=", ".join(parts)
        )


def _compare(store: Store, place: Place, lost: Losses) -> PlaceVerdict:
    """Object by object: every one the same as the store's, none missing, none too many."""
    placed = store.read(lambda tx: anchors.placed(tx, place.name))
    comparison = _Comparison(place, lost, placed or 0)
    try:
        _walk(comparison, place.after(0), _ours(store))
    except DrError as error:
        return PlaceVerdict(
            place=place.name, state=PlaceState.UNREACHABLE, first=None, last=None, detail=f"not asked: {error.message}"
        )
    if comparison.last is None and comparison.placed and not lost.cover(comparison.placed):
        comparison.fault = f"anchor {comparison.placed} was put there and is gone"
    return comparison.verdict()


def _walk(comparison: _Comparison, objects: Iterator[Stored], ours: Iterator[Sealed]) -> None:
    mine = next(ours, None)
    for stored in objects:
        while mine is not None and mine.number < stored.number:
            comparison.missing(mine)
            mine = next(ours, None)
        same = mine is not None and mine.number == stored.number
        comparison.there(stored, mine if same else None)
        mine = next(ours, None) if same else mine
    while mine is not None:
        comparison.missing(mine)
        mine = next(ours, None)


def _ours(store: Store) -> Iterator[Sealed]:
    number = 0
    while page := store.read(partial(anchors.after, number=number, limit=_PAGE)):
        yield from page
        number = page[-1].number
