"""Nothing that the file may say and nobody acts on is passed over in silence."""

from pathlib import Path

from dr_core.topology import check_unused
from dr_core.topology.check_unused import unused
from dr_core.topology.load import load_checked

FULL = Path(__file__).parents[2] / "topologies" / "full.yaml"


def test_everything_in_a_full_file_has_its_effect() -> None:
    assert unused(load_checked(FULL)) == ()


def test_a_schedule_that_nobody_runs_is_named(monkeypatch) -> None:
    monkeypatch.setattr(check_unused, "CARRIED_OUT", check_unused.CARRIED_OUT - {"drill"})
    assert unused(load_checked(FULL)) == ("schedule.drill",)
