"""Where a region takes an image from: its own registry, if it is ECR's, so that no other region has to answer. Pure."""

import re
from dataclasses import dataclass

_ECR = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?P<tag>.*)$"
)


@dataclass(frozen=True)
class Image:
    """`repository`: the ARN of what is pulled; None where no registry of the account is asked. `comes`: how the image
    gets to where it is pulled from, where nothing that is deployed sees to that; empty: it is there.
    """

    name: str
    repository: str | None
    comes: str


def image_in(region: str, given: str) -> Image:
    found = _ECR.match(given)
    if found is None:
        told = f"{given} comes from a registry that no region has for itself: while that does not answer, nothing can "
        return Image(given, None, f"{told}start; copy it to ECR in each region")
    name = f"{found['account']}.dkr.ecr.{region}.amazonaws.com/{found['name']}{found['tag']}"
    arn = f"arn:aws:ecr:{region}:{found['account']}:repository/{found['name']}"
    away = "" if found["region"] == region else f"let ECR copy {found['name']} from {found['region']} to {region}"
    return Image(name, arn, away)
