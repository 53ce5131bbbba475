"""Two bots and two workers over one store: each press counts once; whoever ends or dies is replaced without a trace."""

import os
import re
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import ColumnElement, Table, and_, update

from dr_core.doctor.processes import Process, processes
from dr_core.store import leases, run_leases, tables
from dr_core.store.engine import Store, Tx
from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, Room, wait_until
from tests.scenario.test_control import SLOW, promoting

pytestmark = pytest.mark.process
_LASTING = timedelta(hours=1)


class Watched:
    """The store of a sandbox, looked at from outside."""

    def __init__(self, room: Room) -> None:
        self.store = Store(room.environment()["DATABASE_URL"])

    def leader(self, lease: str) -> str | None:
        return self.store.read(leases.holders).get(lease)

    def owner(self) -> str | None:
        """Of the only run."""
        return next(iter(self.store.read(run_leases.owners).values()), None)

    def next_leader(self, lease: str, gone: str) -> str | None:
        """Who leads instead of `gone`, whose lease never runs out: another has it only when it was given back."""
        held = and_(tables.lease.c.name == lease, tables.lease.c.owner == gone)
        return self._successor(tables.lease, held, lambda: self.leader(lease), gone)

    def next_owner(self, gone: str) -> str | None:
        """Who has the only run instead of `gone`, whose lease never runs out."""
        return self._successor(tables.run, tables.run.c.owner == gone, self.owner, gone)

    def _successor(
        self, table: Table, held: ColumnElement[bool], look: Callable[[], str | None], gone: str
    ) -> str | None:
        def lasts(tx: Tx) -> None:
            still = and_(held, table.c.lease_until >= tx.now())
            tx.conn.execute(update(table).where(still).values(lease_until=tx.now() + _LASTING))

        self.store.write(lasts)
        found = look()
        return None if found == gone else found

    def processes(self) -> tuple[Process, ...]:
        return self.store.read(processes)


def pid_of(name: str) -> int:
    """The pid stands in the name: kind, host, pid, and what makes it unique."""
    return int(name.split("-")[-2])


def handed_over(look: Callable[[str], str | None], gone: str) -> float:
    """Ends who has a lease. Seconds until another had it, who was given it."""
    look(gone)
    began = time.monotonic()
    os.kill(pid_of(gone), signal.SIGTERM)
    wait_until(lambda: look(gone), bool, 30, f"another than {gone}")
    return time.monotonic() - began


def metrics_of(room: Room, name: str) -> dict[str, float]:
    """What `/metrics` of that process shows of all processes."""
    port = (room.data / "logs" / f"{pid_of(name)}.port").read_text(encoding="utf-8")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {key: float(value) for key, value in re.findall(r"^(dr_(?:replicas|lease_held)\{.*\}) (\S+)$", text, re.M)}


def test_two_bots_and_two_workers_carry_one_run_over_orderly_ends_and_a_kill(
    start: Start, record_property: Callable[[str, object], None]
) -> None:
    room = start(speed=SLOW, bots=2, workers=2)
    watched = Watched(room)
    wait_until(watched.processes, lambda p: Counter(one.kind for one in p) == {"bot": 2, "worker": 2}, 20, "4 beats")
    for lease in ("announcer", "schedule", "detection"):
        wait_until(lambda lease=lease: watched.leader(lease), bool, 20, f"a holder of {lease}")
    seen_everywhere(room, watched)

    announcing = watched.leader("announcer")
    assert announcing is not None
    took = handed_over(partial(watched.next_leader, "announcer"), announcing)
    record_property("announcing_taken_after_s", round(took, 2))
    wait_until(watched.processes, lambda p: announcing not in [one.name for one in p], 5, "no trace of who ended")
    room.until_ready()

    card = room.open(REQUESTER, "/dr failover eu-west-1")
    room.kept(card)
    room.approve(room.approvers[0], card)
    first = wait_until(watched.owner, bool, 20, "an owner of the run")
    assert first is not None
    promoting(room)
    took = handed_over(watched.next_owner, first)
    record_property("run_taken_after_s", round(took, 2))

    second = watched.owner()
    assert second is not None
    os.kill(pid_of(second), signal.SIGKILL)
    room.speed(SPEED)
    done = room.finished(card, timeout=90)
    assert "succeeded" in done.words
    assert len(room.cards()) == 1, "two bots, one card"
    assert set(room.effects().values()) == {1}, room.effects()
    [run] = room.json("runs")["runs"]
    kinds = Counter(room.trail(run["request"]))
    assert kinds["run.taken"] >= 3, "each owner took it up"
    assert kinds["request.acked"] == kinds["run.created"] == kinds["run.succeeded"] == 1
    told = [block["text"]["text"] for one in room.thread(card) for block in one.blocks if "text" in block]
    assert "\n".join(told).count("the quorum is complete") == 1, told
    watched.store.dispose()


def seen_everywhere(room: Room, watched: Watched) -> None:
    """The doctor shows each process with what it leads; each process's metrics show all of them."""
    found = watched.processes()
    assert len({one.name for one in found}) == 4
    checks = {check["name"]: check for check in room.json("doctor")["checks"]}
    for one in found:
        assert checks[one.name]["state"] == "ok", checks[one.name]
        assert "last beat" in checks[one.name]["detail"]
    leading = " ".join(checks[one.name]["detail"] for one in found)
    assert all(name in leading for name in ("announcer", "schedule", "detection")), leading
    for one in found:
        shown = metrics_of(room, one.name)
        assert shown['dr_replicas{kind="bot",state="alive"}'] == 2, shown
        assert shown['dr_replicas{kind="worker",state="silent"}'] == 0, shown
        assert shown['dr_lease_held{lease="announcer"}'] == (watched.leader("announcer") == one.name), shown


def test_each_press_counts_once_whichever_bot_hears_it(start: Start) -> None:
    room = start(bots=2)
    ada, grace, _ = room.approvers
    card = room.open(REQUESTER, "/dr failover eu-west-1 --forced --reason drill")
    for _ in range(3):
        assert "active in eu-central-1" in room.ask(REQUESTER, "/dr status", "active in").text
    room.approve(ada, card)
    room.approve(grace, card)
    room.finished(card)
    [run] = room.json("runs")["runs"]
    kinds = Counter(room.trail(run["request"]))
    assert (kinds["request.acked"], kinds["request.approved"], kinds["run.created"]) == (2, 1, 1)
    assert len(room.cards()) == 1
    heard = [one for one in room.messages() if one.to == ada and "approval is recorded" in one.words]
    assert len(heard) == 1, "one press, one answer"
