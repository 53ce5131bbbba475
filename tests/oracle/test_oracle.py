"""What the bot says of at least 500 random states of random worlds is never better than the truth."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dr_core.clock import ManualClock
from dr_core.store.engine import Store
from tests.oracle.walk import started
from tests.oracle.worlds import topology

SCALE = int(os.environ.get("DR_TEST_SCALE", "1"))
WORLDS = 3
APPLICATIONS = 6
WANTED = 500 * SCALE
MET = {
    "a region is gone", "verdict healthy", "verdict degraded", "verdict down",
    "exposure ok", "exposure over", "exposure stale", "much would be lost", "a target is proposed",
}  # fmt: skip
"""A walk that does not meet all of these proves little."""
SEED = int(os.environ.get("DR_ORACLE_SEED", "20261122"))


@pytest.mark.parametrize("number", range(WORLDS))
def test_nothing_is_ever_said_to_be_better_than_it_is(
    number: int, tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure names the seed (DR_ORACLE_SEED repeats it) and what happened before."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    shutil.copy(sqlite_template, tmp_path / "dr.db")
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    store = Store(f"sqlite:///{tmp_path}/dr.db", clock=clock)
    seed = SEED + number
    walk = started(topology(seed, APPLICATIONS), seed, tmp_path, store, clock)
    try:
        walk.calm()
        walk.opening()
        while walk.compared < WANTED // WORLDS + 1 and not walk.wrong:
            walk.step()
        if not walk.wrong:
            walk.calm()
    finally:
        walk.close()
        walk.world.stop()
        store.dispose()
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.compared >= WANTED // WORLDS
    assert set(walk.met) >= MET, walk.met
