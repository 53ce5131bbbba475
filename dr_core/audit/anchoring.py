"""The duty under the lease `anchor`: seal every minute, put it into each bucket, and notice a rolled-back store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import timedelta
from functools import partial

import structlog
from prometheus_client import Gauge
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit import rollback
from dr_core.audit.anchor import Sealed, read_object, seal
from dr_core.audit.chain import Head
from dr_core.audit.events import EventKind
from dr_core.audit.places import Place, Stored, holds
from dr_core.audit.trail import actor_data, append_ops
from dr_core.duty import survived
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.keys import SigningKey
from dr_core.store import anchors
from dr_core.store.engine import Store, Tx

log = structlog.get_logger(__name__)

LEASE = "anchor"
EVERY = timedelta(seconds=60)
RETAINED = timedelta(days=400)
"""How long S3 keeps an anchor from everybody: a year, and time to notice."""
AT_ONCE = 200
"""Anchors that one pass catches up in a bucket."""
_FIRST_LOOK_S, _LOOK_S = 3.0, 10.0
_UNSIGNED_SKIPPED = 20

AGE = Gauge("dr_anchor_age_seconds", "Since the last anchor of the audit trail; -1 before the first")
UNANCHORED = Gauge("dr_anchor_unanchored_events", "Events of the trail that no anchor covers yet")
BEHIND = Gauge("dr_anchor_behind", "Anchors that a bucket lacks, as this worker last saw it", ["place"])


class Anchoring:
    """Wired once a worker: `check_store` before its first duties, `round` again and again.

    Nothing waits for it: no run, no approval, and no bucket for another one.
    """

    def __init__(
        self, store: Store, places: tuple[Place, ...], key: SigningKey, lease: NamedLease, *, owner: str
    ) -> None:
        self._store = store
        self._places = places
        self._key = key
        self._lease = lease
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        # A bucket that hangs must not delay the others, nor the next anchor.
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(places)), thread_name_prefix="anchor")
        self._busy: set[str] = set()

    def round(self) -> None:
        """One look whether an anchor is due and the lease is ours."""
        due, mine = self._measure(), self._lease.hold()
        if due and mine:
            self.pass_over()

    def check_store(self) -> None:
        """Ask every bucket whether the store was rolled back.

        One that does not answer within seconds is waited for in the background: a dead region must not keep a worker
        from its runs, and the other bucket knows as much.
        """
        self._everywhere(self._look_back, _FIRST_LOOK_S)

    def pass_over(self) -> None:
        """One pass: look back, seal what is new, bring every bucket up to date."""
        self._everywhere(self._look_back, _LOOK_S)
        self.seal()
        self._everywhere(self._bring_up, _LOOK_S)

    def seal(self) -> Sealed | None:
        """Seal the next anchor; None when another worker was quicker."""

        def gathered(tx: Tx) -> tuple[Sealed | None, Sealed, dict[str, Head]]:
            before, heads = anchors.newest(tx), anchors.to_cover(tx)
            sealed = seal(
                before,
                heads,
                anchors.epochs(tx),
                at=tx.now(),
                beyond=rollback.losses(tx).last,
                sign=self._key.sign,
            )
            return before, sealed, heads

        before, sealed, heads = self._store.read(gathered)
        kept = self._store.write(lambda tx: anchors.add(tx, sealed, before, heads), Point.ANCHOR_SEAL)
        return sealed if kept else None

    def _measure(self) -> bool:
        """Set the gauges that every worker shows; whether an anchor is due."""
        newest, now, count = self._store.read(lambda tx: (anchors.newest(tx), tx.now(), anchors.unanchored(tx)))
        UNANCHORED.set(count)
        AGE.set((now - newest.at).total_seconds() if newest else -1)
        # A clock that was set back must not stop the anchors.
        return newest is None or not timedelta(0) <= now - newest.at < EVERY

    # -- buckets -----------------------------------------------------------------------------------------------------

    def _everywhere(self, work: Callable[[Place], None], patience_s: float) -> None:
        """At all buckets at once, waited for only as long as a bucket that answers takes."""
        started = [self._pool.submit(self._guarded, work, place) for place in self._places if self._free(place)]
        wait_for(started, timeout=patience_s)

    def _free(self, place: Place) -> bool:
        """Whether nothing is under way there; then it is taken."""
        if place.name in self._busy:
            return False
        self._busy.add(place.name)
        return True

    def _guarded(self, work: Callable[[Place], None], place: Place) -> None:
        survived("anchor_place_failed", lambda: work(place), place=place.name)
        self._busy.discard(place.name)

    def _look_back(self, place: Place) -> None:
        """Is there an anchor that the store does not know, or is one gone that was put there?"""
        mark, known = self._standing(place)
        # Listed before the store is asked: an anchor is in the store before it is in a bucket.
        objects = list(place.after(known if mark is None else max(0, mark - 1)))
        newest, losses = self._store.read(lambda tx: (anchors.newest(tx), rollback.losses(tx)))
        if mark and not any(stored.number == mark for stored in objects):
            self._vanished(place, mark)
        beyond = max(known, newest.number if newest else 0, losses.last)
        strange = [stored for stored in objects if stored.number > beyond]
        for stored in reversed(strange[-_UNSIGNED_SKIPPED:]):
            found = read_object(place.read(stored.number, stored.version) or b"")
            if found is not None and rollback.is_evidence(found, None, self._key.public):
                self._rolled_back(place, found, self._fork(place, objects) or found.number)
                return
            self._conflict(place, stored.number, "an object there was not sealed by the workers' key")

    def _fork(self, place: Place, objects: list[Stored]) -> int | None:
        """The first of these numbers that is not the store's: it may have sealed some anew since it was put back."""
        for stored in objects:
            mine = self._store.read(partial(anchors.of_number, number=stored.number))
            if mine is None or not holds(place, stored, mine):
                return stored.number
        return None

    def _bring_up(self, place: Place) -> None:
        """Put what the bucket lacks, in order."""
        mark = self._standing(place)[0] or 0
        waiting = self._store.read(lambda tx: anchors.after(tx, mark, AT_ONCE))
        BEHIND.labels(place.name).set(len(waiting))
        for done, sealed in enumerate(waiting, start=1):
            how = self._put(place, sealed)

            def placed(tx: Tx, number: int = sealed.number, how: str = how) -> None:
                anchors.note_place(tx, number, place.name, how)
                anchors.set_placed(tx, place.name, number)

            self._store.write(placed, Point.ANCHOR_PLACED)
            BEHIND.labels(place.name).set(len(waiting) - done)

    def _put(self, place: Place, sealed: Sealed) -> str:
        """Put one anchor: `put`, `adopted` where the same bytes are there already, `conflict` where others are."""
        if place.put(sealed.number, sealed.content, sealed.at + RETAINED):
            return "put"
        there = place.read(sealed.number) or b""
        if there == sealed.content:
            return "adopted"
        if self._store.read(rollback.losses).cover(sealed.number):
            return "conflict"
        self._conflict(place, sealed.number, "another object has its key")
        if rollback.is_evidence(read_object(there), sealed, self._key.public):
            last = self._last_signed(place, sealed.number)
            self._rolled_back(place, last or _sure(read_object(there)), sealed.number)
        return "conflict"

    def _last_signed(self, place: Place, number: int) -> Sealed | None:
        """The newest forgotten anchor from `number` on: the store may have sealed others of these numbers since."""
        for stored in reversed(list(place.after(number - 1))):
            found = read_object(place.read(stored.number, stored.version) or b"")
            mine = self._store.read(partial(anchors.of_number, number=stored.number))
            if rollback.is_evidence(found, mine, self._key.public):
                return found
        return None

    def _standing(self, place: Place) -> tuple[int | None, int]:
        """The number that the bucket has come to (None: it is new to the store), and the newest one of the store."""

        def work(tx: Tx) -> tuple[int | None, int]:
            newest = anchors.newest(tx)
            return anchors.placed(tx, place.name), newest.number if newest else 0

        return self._store.read(work)

    # -- what is loud ------------------------------------------------------------------------------------------------

    def _rolled_back(self, place: Place, lost: Sealed, first: int) -> None:
        actor = actor_data(self._actor)
        if self._store.write(lambda tx: rollback.recover(tx, lost, place.name, first, actor), Point.STORE_ROLLED_BACK):
            log.error("store_rolled_back", place=place.name, last_anchor=lost.number)

    def _conflict(self, place: Place, number: int, reason: str) -> None:
        data: dict[str, JsonValue] = {"place": place.name, "number": number, "reason": reason}
        cmd_id = f"anchor.conflict:{place.name}:{number}"[:200]
        log.error("anchor_conflict", **data)
        self._store.write(
            lambda tx: append_ops(tx, EventKind.ANCHOR_CONFLICT, self._actor, data, cmd_id=cmd_id), Point.ANCHOR_PLACED
        )

    def _vanished(self, place: Place, mark: int) -> None:
        """What was put is gone, which Object Lock forbids: say so, and put everything again."""
        data: dict[str, JsonValue] = {"place": place.name, "number": mark, "reason": "it was put there and is gone"}
        log.error("anchor_vanished", **data)

        def work(tx: Tx) -> None:
            append_ops(
                tx, EventKind.ANCHOR_CONFLICT, self._actor, data, cmd_id=f"anchor.gone:{place.name}:{mark}"[:200]
            )
            anchors.set_placed(tx, place.name, 0)

        self._store.write(work, Point.ANCHOR_PLACED)


def _sure(sealed: Sealed | None) -> Sealed:
    assert sealed is not None, "evidence is an anchor"
    return sealed
