"""Distributions in memory."""

from dr_core.errors import RejectedError, UnreachableError
from dr_core.verify.port import ProbeResult


class MemoryDistributions:
    """Names by id, and by URL the region that answers, None for nobody. `down`: the control plane does not answer."""

    def __init__(self, domains: dict[str, str], answers: dict[str, str | None] | None = None) -> None:
        self._domains = domains
        self.answers = answers or {}
        self.down = False

    def domain(self, distribution: str) -> str:
        if self.down:
            raise UnreachableError("CloudFront did not answer.")
        if distribution not in self._domains:
            raise RejectedError(f"There is no distribution {distribution}.")
        return self._domains[distribution]

    def read(self, url: str) -> ProbeResult:
        region = self.answers.get(url)
        return ProbeResult(region is not None, region, 1.0, "HTTP 200" if region else "HTTP 504")
