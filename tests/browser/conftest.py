"""A sandbox of its own for each tour, and one browser for all of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import chromium
from tests.scenario import launching
from tests.scenario.room import Room

TOPOLOGY = Path(__file__).parents[1] / "topologies" / "shop.yaml"
SPEED = 400.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """A sandbox from its start to its stop, with the last lines of its logs when the tour failed."""
    config = tmp_path / "dr.yaml"
    # The visitor asks; what detection asks by itself would come in between.
    alone = TOPOLOGY.read_text(encoding="utf-8").replace("interval: 1s", "interval: 1s, propose: false")
    config.write_text(alone, encoding="utf-8")
    failures = request.session.testsfailed
    with launching.running(config, tmp_path / "data", SPEED) as one:
        yield one
        if request.session.testsfailed > failures:
            sys.stdout.write(launching.logs(one.data))
