"""A region's network is its own: neither the order of the file nor another region decides."""

from dr_core.topology.deployment import Deployment
from dr_core.topology.networks import network_of

APPLICATIONS = {"shop": {"service": {"image": "image:1"}}}


def _deployment(**cidrs: str) -> Deployment:
    given = {region.replace("_", "-"): net for region, net in cidrs.items()}
    return Deployment.model_validate(
        {
            "account": "111122223333",
            "alerts": "a@example.com",
            "bot": {"image": "image:1"},
            "applications": APPLICATIONS,
            "cidrs": given,
        }
    )


def test_what_is_given_counts_and_else_the_regions_own() -> None:
    assert network_of(_deployment(eu_west_1="10.90.0.0/20"), "eu-west-1") == "10.90.0.0/20"
    assert network_of(_deployment(), "eu-west-1") == "10.21.0.0/16"
    assert network_of(_deployment(eu_central_1="10.21.0.0/16"), "eu-west-1") == "10.21.0.0/16"  # a finding tells it


def test_a_region_that_nobody_knows_has_none() -> None:
    assert network_of(_deployment(), "eu-nowhere-9") is None
