"""By day the tests of some files run on one of the two databases, drawn by the seed of the random order.

By night they run on both, and `--randomly-seed=N` repeats a draw. Where the store has the say nothing is drawn.
"""

import os
import zlib
from collections.abc import Callable

import pytest

BY_DAY = int(os.environ.get("DR_TEST_SCALE", "1")) == 1


def leave_out_the_other(config: pytest.Config, items: list[pytest.Item], drawn: Callable[[pytest.Item], bool]) -> None:
    """Deselect those `drawn` items that are for the database that the draw of their file passed over."""
    seed = str(getattr(config.option, "randomly_seed", ""))
    left = [one for one in items if BY_DAY and drawn(one) and f"[{other(one.path.stem, seed)}" in one.name]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = {id(one) for one in left}
        items[:] = [one for one in items if id(one) not in gone]


def other(file: str, seed: str) -> str:
    """The database on which the tests of this file do not run this time."""
    return ("sqlite", "postgresql")[zlib.crc32(f"{file} {seed}".encode()) % 2]
