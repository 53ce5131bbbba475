"""The assemblies that the tests of this room look at."""

from pathlib import Path

import pytest

from tests.infra.synthesized import CONFIGS, EXAMPLE, Assembly, synthesized


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that every process of this test run sees."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def example(shared: Path) -> Assembly:
    """infra/example.yaml: one application in two regions."""
    return synthesized(EXAMPLE, shared)


@pytest.fixture(scope="session")
def north(shared: Path) -> Assembly:
    return synthesized(CONFIGS / "north.yaml", shared)


@pytest.fixture(scope="session")
def three(shared: Path) -> Assembly:
    return synthesized(CONFIGS / "three.yaml", shared)


@pytest.fixture(scope="session")
def edges(shared: Path) -> Assembly:
    """What the others leave out: take-over by object, a distribution, groups of instances, no database, all serving."""
    return synthesized(CONFIGS / "edges.yaml", shared)


@pytest.fixture(scope="session", params=["example", "north", "three"])
def each(request: pytest.FixtureRequest, shared: Path) -> Assembly:
    """Every configuration in turn: other names, other regions, three regions, several applications."""
    return synthesized(EXAMPLE if request.param == "example" else CONFIGS / f"{request.param}.yaml", shared)
