"""What every test may use: clocks, stores on both databases, the sample topologies."""

import contextlib
import gc
import logging
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import text

from dr_core.clock import ManualClock
from dr_core.store import migrate
from dr_core.store.engine import Store, make_engine
from dr_core.store.tables_beside_runs import whole as metadata
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology
from tests import aws_models
from tests.order import dealt
from tests.postgres import own_server

HERE = Path(__file__).parent
TOPOLOGIES = HERE / "topologies"
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")

aws_models.keep()
# How long an example takes says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
gc.disable()  # until everything is imported: the heap only grows meanwhile


def pytest_collection_finish() -> None:
    """What is imported now stays until the end: the collector need not walk through it again and again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    workers = int(getattr(config, "workerinput", {}).get("workercount", 0))
    items[:] = dealt(items, workers, _room, lambda item: "room" not in getattr(item, "fixturenames", ()))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


@pytest.fixture(autouse=True)
def logging_as_by_default() -> Iterator[None]:
    """A terminal configures logging for its whole process: the next test finds it as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "dr.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One server a test process; its database `template_dr` is migrated and copied for each test.

    It does not wait for the disk: the machine does not crash here, and a server that tests restart is one of their own
    (tests/process).
    """
    with own_server() as server:
        base = str(server.get_uri())
        admin = make_engine(base)
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for name in _DURABLE:
                conn.execute(text(f"ALTER SYSTEM SET {name} = off"))
            conn.execute(text("SELECT pg_reload_conf()"))
            conn.execute(text("CREATE DATABASE template_dr"))
        migrate.upgrade(_named(base, "template_dr"))
        yield base
        admin.dispose()


def _named(base: str, database: str) -> str:
    return base.replace("@/postgres", f"@/{database}")


def new_database(base: str, *, template: str = "template0") -> str:
    """The URL of a database of its own on the test process's server; empty unless a template says otherwise."""
    name = f"t{uuid.uuid4().hex[:16]}"
    admin = make_engine(base)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG"))
    admin.dispose()
    return _named(base, name)


class Databases:
    """Migrated databases of a server. Emptying one for the next test takes a fortieth of what making one takes."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._free: list[str] = []
        names = [Identifier(table.name) for table in metadata.sorted_tables]
        rows = SQL("SELECT t::text FROM {0} t")
        again = SQL("INSERT INTO {0} SELECT ({1}::{0}).*")
        with psycopg.connect(_named(base, "template_dr"), autocommit=True) as made:
            self._shape = made.execute(_SHAPE).fetchone()
            kept = [again.format(name, Literal(row)) for name in names for (row,) in made.execute(rows.format(name))]
        deleted = [SQL("DELETE FROM {}").format(name) for name in reversed(names)]
        self._empty = SQL("; ").join([SQL(_ALONE), *deleted, *kept])

    def take(self) -> str:
        return self._free.pop() if self._free else new_database(self._base, template="template_dr")

    def give_back(self, url: str) -> None:
        """Whoever is still connected to it is not; one whose schema or triggers were touched is not given out again."""
        with psycopg.connect(url, autocommit=True) as conn:
            if conn.execute(_SHAPE).fetchone() == self._shape:
                conn.execute(self._empty)
                self._free.append(url)


_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica
"""
_SHAPE = """
SELECT version_num, (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O')
FROM alembic_version
"""


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Databases:
    return Databases(postgres_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated store of its own, on each database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "dr.db")
        yield f"sqlite:///{tmp_path}/dr.db"
        return
    databases: Databases = request.getfixturevalue("databases")
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "dr.db")
    return f"sqlite:///{tmp_path}/dr.db"


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[Store]:
    """A store on the test's clock, SQL's now included."""
    with contextlib.closing(_Closing(store_url, clock)) as made:
        yield made.store


class _Closing:
    def __init__(self, url: str, clock: ManualClock) -> None:
        self.store = Store(url, clock=clock)

    def close(self) -> None:
        self.store.dispose()


@pytest.fixture(scope="session")
def shop() -> Topology:
    return load_checked(TOPOLOGIES / "shop.yaml")
