"""Each story gets a sandbox of its own, on SQLite and on PostgreSQL; stories that only look share one a file.

At the end of each the world's record is held against the trail: no call of the product is without an intent.
"""

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import new_database
from tests.drawn import leave_out_the_other
from tests.scenario.intended import unintended
from tests.scenario.launching import logs, running
from tests.scenario.least import RECORD, policies
from tests.scenario.room import Room

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
SPEED = 400.0
# A pass asks the world two dozen questions, and no story is told by what stands between two of them. What detection
# proposes by itself has a story of its own (test_detection.py); elsewhere people ask.
OBSERVED = {"interval: 1s": "interval: 4s, propose: false", "propose: true": "propose: false"}

Start = Callable[..., Room]
Database = Callable[[Path], list[str]]
_failed = pytest.StashKey[bool]()

# Stories in which the store has the say are told on both every time; for the others tests/drawn.py draws one by day.
ON_BOTH = frozenset({"test_races", "test_store_role"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, by day, what is told on the other database."""
    here = Path(__file__).parent
    leave_out_the_other(config, items, lambda one: here in one.path.parents and one.path.stem not in ON_BOTH)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    for node in item.listchain():
        node.stash[_failed] = node.stash.get(_failed, False) or report.failed  # type: ignore[union-attr]
    return report


@contextlib.contextmanager
def _started(node: pytest.Item, folder: Path, database: Database) -> Iterator[Start]:
    rooms: list[Room] = []
    with contextlib.ExitStack() as rest:

        def start(
            topology: str = "shop.yaml",
            *,
            speed: float = SPEED,
            edits: Mapping[str, str] | None = None,
            bots: int = 1,
            workers: int = 1,
        ) -> Room:
            """The sandbox on a copy of a sample topology, with texts of it replaced."""
            text = (TOPOLOGIES / topology).read_text(encoding="utf-8")
            for old, new in (edits or {}).items():
                assert old in text
                text = text.replace(old, new)
            for old, new in OBSERVED.items():
                text = text.replace(old, new)
            config = folder / "dr.yaml"
            config.write_text(text, encoding="utf-8")
            data = folder / "data"
            enforced = ["--iam", str(policies(config, folder / "iam.json"))]
            options = [*database(data), "--bots", str(bots), "--workers", str(workers), *enforced]
            rooms.append(rest.enter_context(running(config, data, speed, *options)))
            return rooms[-1]

        yield start
        for room in [] if node.stash.get(_failed, False) else rooms:
            held = room.ok("/api/world/permissions")
            (folder / RECORD).write_text(json.dumps(held), encoding="utf-8")
            assert held["refused"] == []
            assert unintended(room) == []
        if node.stash.get(_failed, False):
            sys.stderr.write(logs(folder / "data"))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Makes a store, and answers the sandbox's options for it: a file in its folder, or a database on our server."""
    if request.param == "postgresql":
        base: str = request.getfixturevalue("postgres_url")
        return lambda _: ["--store", new_database(base, template="template_dr")]
    template: Path = request.getfixturevalue("sqlite_template")

    def copied(data: Path) -> list[str]:
        data.mkdir()
        shutil.copy(template, data / "dr.db")
        return []

    return copied


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
