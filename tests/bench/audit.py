"""The trail: an append against a bare durable commit, and verification against hashing the same bytes."""

import hashlib
import tempfile
import time
from collections.abc import Iterator

from sqlalchemy import text

from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.store import events, migrate
from dr_core.store.engine import Store

Row = tuple[str, float, float, str]
_EVENTS = 2000
_BENCH = Actor(person="bench", display="bench", face=Face.WORKER)


def rows() -> Iterator[Row]:
    """P9, on SQLite with synchronous=FULL."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/dr.db"
        migrate.upgrade(url)
        store = Store(url)
        store.write(lambda tx: tx.conn.execute(text("CREATE TABLE bare (n INTEGER, body TEXT)")) and None)
        bare_s = _timed(store, lambda tx, n: tx.conn.execute(text("INSERT INTO bare VALUES (:n, 'x')"), {"n": n}))
        append_s = _timed(store, lambda tx, n: trail.append_ops(tx, EventKind.CONFIG_LOADED, _BENCH, {"n": n}))
        yield (
            "append / durable commit",
            append_s / bare_s,
            2.0,
            f"{append_s * 1e3:.2f} ms, commit {bare_s * 1e3:.2f} ms",
        )
        began = time.process_time()
        verdict = store.read(trail.verify)
        verify_s = time.process_time() - began
        bodies = store.read(lambda tx: [e.body.encode() for e in events.of_chain(tx, "ops")])
        began = time.process_time()
        for body in bodies:
            hashlib.sha256(bytes(32) + body).hexdigest()
        hash_s = time.process_time() - began
        assert verdict.ok
        each_s, floor_s = verify_s / verdict.events, hash_s / len(bodies)
        yield (
            "verify / hashing the same events",
            each_s / floor_s,
            2.0,
            f"{each_s * 1e6:.0f} us, {floor_s * 1e6:.1f} us",
        )
        store.dispose()


def _timed(store: Store, work: object) -> float:
    began = time.monotonic()
    for number in range(_EVENTS):
        store.write(lambda tx, n=number: _nothing(work(tx, n)))  # type: ignore[operator]
    return (time.monotonic() - began) / _EVENTS


def _nothing(_: object) -> None:
    """A transaction's work returns no cursor."""
