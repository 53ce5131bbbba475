"""Databases that are put back as often as a story begins."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Engine

from dr_core.clock import ManualClock
from dr_core.store.engine import make_engine
from tests.crash.databases import Database, PostgresDatabase, SqliteDatabase
from tests.crash.lives import Stage, staged
from tests.crash.plans import Sample


class NewStage(Protocol):
    """A stage of its own. `pooled`: on the engine and the pool of the product, for what happens to its connections."""

    def __call__(self, backend: str, sample: Sample, *, pooled: bool = False) -> Stage: ...


@pytest.fixture(scope="session")
def admin(postgres_url: str) -> Iterator[Engine]:
    made = make_engine(postgres_url)
    yield made
    made.dispose()


@pytest.fixture
def new_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStage]:
    """(backend, sample) -> a stage with a store and a world of its own."""
    made: list[Database] = []

    def new(backend: str, sample: Sample, *, pooled: bool = False) -> Stage:
        clock, folder = ManualClock(), tmp_path / str(len(made))
        folder.mkdir()
        database: Database
        if backend == "sqlite":
            database = SqliteDatabase(request.getfixturevalue("sqlite_template"), folder, clock, pooled=pooled)
        else:
            base: str = request.getfixturevalue("postgres_url")
            database = PostgresDatabase(request.getfixturevalue("admin"), base, clock, pooled=pooled)
        made.append(database)
        return staged(sample, database, clock, tmp_path / "ack.pem")

    gc.disable()
    yield new
    gc.enable()
    for database in made:
        database.close()
