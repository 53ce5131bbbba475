"""Which unit tests run on one database by day."""

from pathlib import Path

import pytest

from tests.drawn import leave_out_the_other

HERE = Path(__file__).parent
# What they are about is the store, the trail and who may decide: on both, always.
ON_BOTH = frozenset({"approvals", "audit", "store"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_the_other(config, items, lambda one: HERE in one.path.parents and one.path.parent.name not in ON_BOTH)
