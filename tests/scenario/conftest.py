"""Each story gets a sandbox of its own, on SQLite and on PostgreSQL; stories that only look share one a file."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.scenario import forked
from tests.scenario.launching import logs, running
from tests.scenario.room import Room

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
SPEED = 400.0
# Two sandboxes a core: each second of observing less in all of them is one in which a story goes on.
OBSERVED = {"interval: 1s": "interval: 2s"}

Start = Callable[..., Room]
Database = Callable[[], list[str]]
_failed = pytest.StashKey[bool]()

SCALE = int(os.environ.get("DR_TEST_SCALE", "1"))
# Stories in which the store has the say are told on both every time, the others on PostgreSQL by night.
ON_BOTH = frozenset({"test_crashes", "test_races", "test_replicas", "test_store_role"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, by day, what SQLite has told already."""
    here = Path(__file__).parent
    left = [one for one in items if here in one.path.parents and "[postgresql" in one.name and SCALE == 1]
    left = [one for one in left if one.path.stem not in ON_BOTH]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [one for one in items if one not in left]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    for node in item.listchain():
        node.stash[_failed] = node.stash.get(_failed, False) or report.failed  # type: ignore[union-attr]
    return report


@contextlib.contextmanager
def _started(node: pytest.Item, folder: Path, database: Database) -> Iterator[Start]:
    with contextlib.ExitStack() as rest:

        def start(
            topology: str = "shop.yaml",
            *,
            speed: float = SPEED,
            edits: Mapping[str, str] | None = None,
            bots: int = 1,
            workers: int = 1,
            executed: bool = False,
        ) -> Room:
            """The sandbox on a copy of a sample topology, with texts of it replaced.

            Its bots and workers are forked, from a process that has imported them, unless they are to be `executed`.
            """
            text = (TOPOLOGIES / topology).read_text(encoding="utf-8")
            for old, new in (edits or {}).items():
                assert old in text
                text = text.replace(old, new)
            for old, new in OBSERVED.items():
                text = text.replace(old, new)
            config = folder / "dr.yaml"
            config.write_text(text, encoding="utf-8")
            options = [*database(), "--bots", str(bots), "--workers", str(workers)]
            program = forked.EXECUTING_SANDBOX if executed else forked.SANDBOX
            starting = contextlib.contextmanager(running)(config, folder / "data", speed, *options, program=program)
            room: Room = rest.enter_context(starting)
            return room

        yield start
        if node.stash.get(_failed, False):
            sys.stderr.write(logs(folder / "data"))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The sandbox's options for a new store: a file in its folder, or a database on this test process's server."""
    if request.param == "sqlite":
        return list
    base: str = request.getfixturevalue("postgres_url")
    return lambda: ["--store", new_database(base)]


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Iterator[Start]:
    """Start a sandbox; stopped at the end, with the last lines of its logs when the story failed."""
    with _started(request.node, tmp_path, database) as begin:
        yield begin


@pytest.fixture(scope="module")
def room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database: Database
) -> Iterator[Room]:
    """One healthy sandbox for all tests of a file that change nothing."""
    with _started(request.node, tmp_path_factory.mktemp("room"), database) as begin:
        yield begin()
