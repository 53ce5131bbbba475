"""Which network a region gets that is given none: always the same, for a network that changes is made anew. Pure."""

from dr_core.topology.deployment import Deployment

_FIRST = 20
_REGIONS = (
    "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1", "eu-south-2", "eu-central-2",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-east-1", "ap-east-2", "me-south-1", "me-central-1", "il-central-1", "af-south-1",
)  # fmt: skip
"""New ones go to the end: a region's place is its network."""


def network_of(deployment: Deployment, region: str) -> str | None:
    """As given, or 10.N.0.0/16 with an N of the region's own; None for a region that has none and needs one given."""
    if region in deployment.cidrs:
        return deployment.cidrs[region]
    return f"10.{_FIRST + _REGIONS.index(region)}.0.0/16" if region in _REGIONS else None
