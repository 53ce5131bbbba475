"""What the product asks of the outside view."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ResolverAnswer:
    """What one resolver said. `values` None: it did not answer, see `reason`; empty: the name has no such record."""

    server: str
    values: tuple[str, ...] | None
    ttl_s: int | None
    reason: str = ""


class Resolver(Protocol):
    def answers(self, name: str, record_type: str) -> tuple[ResolverAnswer, ...]:
        """One answer from each configured resolver, asked at the same time; never raises."""
        ...


@dataclass(frozen=True)
class ProbeResult:
    """One probe. `region` is the region that said it answered; None when nothing valid came back."""

    ok: bool
    region: str | None
    latency_ms: float | None
    detail: str


class WriteProbe(Protocol):
    def write_and_read(self, url: str, token: str) -> ProbeResult:
        """Write the token through the public name and read it back; never raises."""
        ...

    def health(self, url: str) -> ProbeResult:
        """One look at a health endpoint; never raises."""
        ...
