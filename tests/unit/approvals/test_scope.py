"""A run keeps off others of its application and of those that depend on it or that it depends on, and no others."""

import pytest

from dr_core.approvals.scope import related
from dr_core.store import scope
from dr_core.topology.model import Topology


def needing(given: Topology, **needs: list[str]) -> Topology:
    one = given.applications["shop"]
    applications = {name: one.model_copy(update={"depends_on": tuple(needed)}) for name, needed in needs.items()}
    return given.model_copy(update={"applications": applications})


@pytest.mark.parametrize(
    ("application", "wanted"),
    [
        ("shop", ("auth", "ledger")),
        ("billing", ("auth", "ledger")),
        ("auth", ("billing", "ledger", "shop")),
        ("ledger", ("auth", "billing", "shop")),
        ("mail", ()),
    ],
)
def test_related_are_those_below_and_above_through_any_number_of_others(
    shop: Topology, application: str, wanted: tuple[str, ...]
) -> None:
    made = needing(shop, shop=["auth"], billing=["auth"], auth=["ledger"], ledger=[], mail=[])
    assert related(made, application) == wanted


def test_pairs_exclude_those_that_belong_together_and_no_siblings() -> None:
    shop, billing = scope.names("shop", ["auth"]), scope.names("billing", ["auth"])
    auth = scope.names("auth", ["billing", "shop"])
    assert not set(shop) & set(billing)
    assert set(shop) & set(auth)
    assert set(billing) & set(auth)
    assert all(len(name) <= 64 for name in (*shop, *billing, *auth))
