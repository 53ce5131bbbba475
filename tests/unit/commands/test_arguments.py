"""Words are told apart by what they are, against the topology."""

from pathlib import Path

import pytest

from commands.arguments import bind
from commands.parsing import Arguments, parse
from commands.questions import MissingArguments
from dr_core.errors import NotFoundError, RefusedError, UsageError
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def bound(typed: str, topology: Topology) -> Arguments:
    return bind(parse(typed, prefix="/dr", json_allowed=False), topology)


@pytest.fixture(scope="module")
def second() -> Topology:
    return load_checked(TOPOLOGIES / "second.yaml")


@pytest.mark.parametrize(
    "typed", ["failover eu-central-1 payments", "failover payments eu-central-1", "failover PAYMENTS EU-CENTRAL-1"]
)
def test_region_and_application_come_in_any_order(typed: str, second: Topology) -> None:
    assert bound(typed, second).values == {"region": "eu-central-1", "application": "payments"}


def test_the_only_application_may_be_left_out(shop: Topology) -> None:
    assert bound("failover eu-west-1", shop).text("application") == "shop"


def test_one_of_several_applications_is_asked_for_with_what_is_known(second: Topology) -> None:
    with pytest.raises(MissingArguments) as caught:
        bound('failover eu-central-1 --forced --reason "gone"', second)
    assert caught.value.known == {"region": "eu-central-1", "forced": True, "reason": "gone"}
    assert [param.name for param in caught.value.missing] == ["application"]
    assert "identity, payments" in str(caught.value)


def test_a_missing_region_is_asked_for(shop: Topology) -> None:
    with pytest.raises(MissingArguments) as caught:
        bound("failover", shop)
    assert [param.name for param in caught.value.missing] == ["region"]
    assert caught.value.known == {"application": "shop"}
    assert caught.value.exit_code == 2


def test_commands_that_look_show_everything_when_no_application_is_named(second: Topology) -> None:
    assert bound("status", second).text("application") is None


def test_an_unknown_word_is_named_with_the_valid_ones(second: Topology) -> None:
    with pytest.raises(NotFoundError) as caught:
        bound("failover nowhere", second)
    said = str(caught.value)
    assert "`nowhere` is neither a region nor an application" in said
    assert "eu-central-1, eu-west-1" in said
    assert "identity, payments" in said


def test_an_unknown_application_is_named_with_the_valid_ones(second: Topology) -> None:
    with pytest.raises(NotFoundError, match="There is no application `shop`") as caught:
        bound("status shop", second)
    assert "identity, payments" in str(caught.value)


def test_a_reason_without_quotes_is_explained(shop: Topology) -> None:
    with pytest.raises(NotFoundError, match="stands in quotes"):
        bound("failover eu-west-1 --reason eu-central-1 unreachable", shop)


def test_a_region_outside_the_allowed_ones_is_refused_by_policy(shop: Topology) -> None:
    with pytest.raises(RefusedError, match="`us-east-1` is outside the allowed regions") as caught:
        bound("failover us-east-1", shop)
    assert caught.value.exit_code == 3
    assert "eu-central-1, eu-west-1" in str(caught.value)


def test_an_allowed_region_that_the_application_lacks_is_named(second: Topology) -> None:
    with pytest.raises(NotFoundError, match="payments has no region `eu-north-1`") as caught:
        bound("failover eu-north-1 payments", second)
    assert "eu-west-1, eu-central-1" in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("failover eu-west-1 eu-central-1", "takes one region"),
        ("approve r-1 r-2", "takes one request"),
        ("doctor now", "takes no argument such as `now`"),
        ("status shop shop", "takes one application"),
    ],
)
def test_a_word_too_many_is_named(typed: str, said: str, shop: Topology) -> None:
    with pytest.raises(UsageError, match=said):
        bound(typed, shop)


def test_an_application_named_like_a_region_is_still_an_application(shop: Topology) -> None:
    named = shop.model_copy(
        update={"applications": {"db-core-1": shop.applications["shop"], "shop": shop.applications["shop"]}}
    )
    assert bound("failover db-core-1 eu-west-1", named).values == {"application": "db-core-1", "region": "eu-west-1"}


def test_help_takes_a_command_of_two_words(shop: Topology) -> None:
    assert bound("help audit verify", shop).text("command") == "audit verify"
