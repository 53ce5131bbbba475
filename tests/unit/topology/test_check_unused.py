"""Nothing that the file may say and nobody acts on is passed over in silence."""

from pathlib import Path

from dr_core.topology.approval import Approval, Group
from dr_core.topology.check_unused import unused
from dr_core.topology.duties import Schedule
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology

FULL = Path(__file__).parents[2] / "topologies" / "full.yaml"


def test_everything_without_effect_in_a_full_file_is_named() -> None:
    assert set(unused(load_checked(FULL))) == {
        "schedule.drill",
        "schedule.full_drill",
    }


def test_preparation_that_would_change_something_is_named(shop: Topology) -> None:
    approval = Approval(approvers=Group(users=("U0ADA",)), prepare="auto")
    changed = shop.model_copy(update={"approval": approval, "schedule": Schedule(health_digest="0 8 * * *")})
    assert unused(changed) == ("approval.prepare",)
