"""The rules of markers, on the fake and on SSM."""

import pytest

from dr_core.errors import UnreachableError
from dr_core.freeze.memory import MemoryMarkers
from dr_core.freeze.port import Markers, parameter
from dr_core.freeze.ssm import SsmMarkers

HOME, AWAY = "eu-central-1", "eu-west-1"


@pytest.fixture
def markers(stage) -> Markers:
    if stage.world is not None:
        return SsmMarkers(stage.aws)
    down: set[str] = set()
    stage.take_down = down.add

    def gone(operation: str, region: str) -> None:
        if region in down:
            raise UnreachableError(f"{region} does not answer.")

    return MemoryMarkers(gone)


def test_a_marker_is_put_replaced_and_taken_away(markers: Markers) -> None:
    name = parameter("marked")
    assert markers.read(None, name, AWAY) is None
    markers.put(None, name, AWAY, "one")
    markers.put(None, name, AWAY, "two")
    assert markers.read(None, name, AWAY) == "two"
    assert markers.read(None, name, HOME) is None, "each region has its own"
    markers.take(None, name, AWAY)
    markers.take(None, name, AWAY)
    assert markers.read(None, name, AWAY) is None


def test_a_region_that_is_gone_is_told(markers: Markers, stage) -> None:
    stage.take_down(HOME)
    for operation in (markers.read, markers.take):
        with pytest.raises(UnreachableError):
            operation(None, parameter("gone"), HOME)
    with pytest.raises(UnreachableError):
        markers.put(None, parameter("gone"), HOME, "text")
