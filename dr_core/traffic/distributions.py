"""What the product asks of CloudFront: where a distribution is reached, and what it answers. It is never changed."""

from typing import Protocol

from dr_core.verify.port import ProbeResult


class Distributions(Protocol):
    """Distributions by their id. CloudFront's control plane is in us-east-1; its answers come from everywhere."""

    def domain(self, distribution: str) -> str:
        """The name that CloudFront gave it, without a scheme. RejectedError when there is no such distribution."""
        ...

    def read(self, url: str) -> ProbeResult:
        """One GET, with the patience that a failover of origins needs. `ok`: an answer below 400; never raises."""
        ...
