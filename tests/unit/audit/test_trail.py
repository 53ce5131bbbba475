"""The trail: linked, complete, and honest about the first event that does not fit."""

import hashlib
import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.reports.audit import ExportedTrail
from dr_core.store.engine import Store, Tx

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")


@pytest.fixture
def filled(store: Store) -> Store:
    for number in range(5):
        store.write(
            lambda tx, n=number: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"n": n, "text": "Zürich \u2028"})
        )
    return store


def _without_guards(store: Store, statement: str) -> None:
    """What somebody with the database's own power could do."""

    def work(tx: Tx) -> None:
        if tx.conn.dialect.name == "sqlite":
            for name in ("event_no_update", "event_no_delete", "event_in_order"):
                tx.conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            tx.conn.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        tx.conn.exec_driver_sql(statement)

    store.write(work)


def test_an_untouched_trail_verifies(filled: Store) -> None:
    verdict = filled.read(trail.verify)
    assert verdict.ok
    assert verdict.events == 6  # five, and the chain's entry in the root chain
    assert verdict.first_bad is None


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE event SET body = replace(body, '\"n\":2', '\"n\":9') WHERE chain = 'ops' AND seq = 3", "ops/3"),
        ("UPDATE event SET kind = 'roster.changed' WHERE chain = 'ops' AND seq = 2", "ops/2"),
        ("UPDATE event SET at = at + 1000000 WHERE chain = 'ops' AND seq = 4", "ops/4"),
        ("DELETE FROM event WHERE chain = 'ops' AND seq = 3", "ops/4"),
        ("DELETE FROM event WHERE chain = 'ops' AND seq = 5", "ops/4"),
        ("DELETE FROM event WHERE chain = 'ops'", "ops"),
        ("UPDATE chain SET seq = 4 WHERE name = 'ops'", "ops/5"),
    ],
)
def test_tampering_is_found_and_the_first_bad_event_named(filled: Store, statement: str, named: str) -> None:
    _without_guards(filled, statement)
    verdict = filled.read(trail.verify)
    assert not verdict.ok
    assert named in (verdict.first_bad or "")


def test_a_command_seen_before_leaves_no_second_event(store: Store) -> None:
    append: Callable[[Tx], None] = lambda tx: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {}, cmd_id="c-1")  # noqa: E731
    store.write(append)
    store.write(append)
    assert len(store.read(trail.listing)) == 1


def test_the_export_verifies_with_a_few_lines_that_know_nothing_of_this_project(filled: Store) -> None:
    rows = [json.loads(event.model_dump_json()) for event in ExportedTrail(filled)]
    previous: dict[str, str] = {}
    for row in rows:
        assert row["prev"] == previous.get(row["chain"], "0" * 64)
        assert row["hash"] == hashlib.sha256(bytes.fromhex(row["prev"]) + row["body"].encode("utf-8")).hexdigest()
        assert json.loads(row["body"])["seq"] == row["seq"]
        previous[row["chain"]] = row["hash"]
    assert set(previous) == {"ops", "root"}


def test_a_consumer_is_told_each_event_once_and_in_order(filled: Store) -> None:
    first = filled.read(lambda tx: trail.pending(tx, "slack", limit=2))
    assert [event.seq for event in first] == [1, 2]
    filled.write(lambda tx: trail.advance(tx, "slack", "ops", 2))
    filled.write(lambda tx: trail.advance(tx, "slack", "ops", 1))
    assert [event.seq for event in filled.read(lambda tx: trail.pending(tx, "slack"))] == [3, 4, 5]
