"""Each story gets a sandbox of its own; stories that only look share one a file."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.scenario.launching import logs, running
from tests.scenario.room import Room

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
SPEED = 400.0

Start = Callable[..., Room]
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    for node in item.listchain():
        node.stash[_failed] = node.stash.get(_failed, False) or report.failed  # type: ignore[union-attr]
    return report


@contextlib.contextmanager
def _started(node: pytest.Item, folder: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as rest:

        def start(topology: str = "shop.yaml", *, speed: float = SPEED, edits: Mapping[str, str] | None = None) -> Room:
            """The sandbox on a copy of a sample topology, with texts of it replaced."""
            text = (TOPOLOGIES / topology).read_text(encoding="utf-8")
            for old, new in (edits or {}).items():
                assert old in text
                text = text.replace(old, new)
            config = folder / "dr.yaml"
            config.write_text(text, encoding="utf-8")
            room: Room = rest.enter_context(contextlib.contextmanager(running)(config, folder / "data", speed))
            return room

        yield start
        if node.stash.get(_failed, False):
            sys.stderr.write(logs(folder / "data"))


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Start a sandbox; stopped at the end, with the last lines of its logs when the story failed."""
    with _started(request.node, tmp_path) as begin:
        yield begin


@pytest.fixture(scope="module")
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """One healthy sandbox for all tests of a file that change nothing."""
    with _started(request.node, tmp_path_factory.mktemp("room")) as begin:
        yield begin()
