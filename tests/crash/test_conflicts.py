"""At each statement of a small run the database says no for a moment: the transaction is done again, and done once."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from dr_core.plan.step import Plan, Segment
from dr_core.store import events
from tests.crash.checks import faults_of
from tests.crash.conftest import NewStage
from tests.crash.lives import REQUEST, Stage
from tests.crash.plans import Sample, samples

Given = tuple[str, Any]


class Small(Sample):
    """Two steps of a plan: one before the gates and one behind them."""

    @property
    def plan(self) -> Plan:
        whole = super().plan
        first = next(step for step in whole.steps if step.segment is Segment.PREPARE)
        last = next(step for step in whole.steps if step.segment is Segment.PROMOTE)
        return whole.model_copy(update={"steps": (first, last.model_copy(update={"after": (first.name,)}))})


def serialization_failure(connection: Any, statement: str, parameters: Any) -> Given:
    """The server itself ends the transaction with 40001, as an optimistic engine does."""
    return "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$", ()


def deadlock(connection: Any, statement: str, parameters: Any) -> Given:
    return "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$", ()


def dropped(connection: Any, statement: str, parameters: Any) -> Given:
    """The connection is gone when the statement is to be sent."""
    connection.connection.driver_connection.close()
    return statement, parameters


def locked(connection: Any, statement: str, parameters: Any) -> Given:
    raise OperationalError(statement, parameters, sqlite3.OperationalError("database is locked"))


Fault = Callable[[Any, str, Any], Given]


class Saboteur:
    """Strikes at the how-manieth statement."""

    def __init__(self, stage: Stage, fault: Fault) -> None:
        self._engine = stage.database.store.engine
        self._fault = fault
        self.left = 0
        self.struck = False

    def __enter__(self) -> "Saboteur":
        event.listen(self._engine, "before_cursor_execute", self._before, retval=True)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._before)

    def _before(self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Given:
        if statement.startswith("BEGIN"):
            return statement, parameters
        self.left -= 1
        if self.left != 0:
            return statement, parameters
        self.struck = True
        return self._fault(conn, statement, parameters)


def told(stage: Stage) -> Counter[tuple[str, object]]:
    trail = stage.database.store.read(lambda tx: list(events.of_chain(tx, REQUEST)))
    return Counter((event.kind, event.data.get("step")) for event in trail)


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        pytest.param("postgresql", serialization_failure, id="40001"),
        pytest.param("postgresql", dropped, id="dropped"),
        pytest.param("sqlite", locked, id="locked"),
    ],
)
def test_a_statement_that_fails_for_a_moment_changes_nothing_in_the_end(
    new_stage: NewStage, backend: str, fault: Fault
) -> None:
    first = samples()[0]
    stage = new_stage(backend, Small(**vars(first)), pooled=True)
    start = stage.picture()
    stage.live()
    expected, faults, number = told(stage), list[str](), 0
    with Saboteur(stage, fault) as saboteur:
        while True:
            stage.back_to(start)
            saboteur.left, saboteur.struck = number + 1, False
            stage.live()
            if not saboteur.struck:
                break
            number += 1
            faults += [f"statement {number}: {found}" for found in faults_of(stage)]
            if told(stage) != expected:
                faults.append(f"statement {number}: {told(stage) - expected}, {expected - told(stage)}")
    assert faults == []
    assert number > 60


def test_a_deadlock_is_tried_again_like_a_conflict(new_stage: NewStage) -> None:
    stage = new_stage("postgresql", Small(**vars(samples()[0])), pooled=True)
    with Saboteur(stage, deadlock) as saboteur:
        saboteur.left = 5
        stage.live()
        assert saboteur.struck
    assert faults_of(stage) == []
