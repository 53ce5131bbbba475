"""CloudFront: the name of a distribution, and reading through it.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetDistribution.html
"""

from collections.abc import Callable

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.verify.port import ProbeResult

HOME = "us-east-1"
PATIENCE_S = 35.0
"""By default CloudFront tries the first origin for 30 s:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html"""


class CloudFrontDistributions:
    """Asked once a distribution: a name does not change for as long as the distribution lives."""

    def __init__(self, client_of: ClientOf, read: Callable[[str], ProbeResult]) -> None:
        """`read(url)` makes one GET and waits for PATIENCE_S."""
        self._client = client_of
        self._read = read
        self._known: dict[str, str] = {}

    def domain(self, distribution: str) -> str:
        if distribution not in self._known:
            with aws_errors("cloudfront", HOME, "GetDistribution"):
                found = self._client("cloudfront", HOME).get_distribution(Id=distribution)["Distribution"]
            self._known[distribution] = str(found["DomainName"])
        return self._known[distribution]

    def read(self, url: str) -> ProbeResult:
        return self._read(url)
