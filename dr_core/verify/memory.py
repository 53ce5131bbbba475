"""Resolvers and probes in memory: tests say what users would see."""

from dr_core.verify.port import ProbeResult, ResolverAnswer


class MemoryResolver:
    """Values by (name, record type), the same from every server; servers in `silent` do not answer."""

    def __init__(self, servers: tuple[str, ...] = ("resolver-1:53", "resolver-2:53"), *, ttl_s: int = 30) -> None:
        self._servers = servers
        self._ttl_s = ttl_s
        self.values: dict[tuple[str, str], tuple[str, ...]] = {}
        self.cached: dict[str, tuple[str, ...]] = {}
        self.silent: set[str] = set()

    def answers(self, name: str, record_type: str) -> tuple[ResolverAnswer, ...]:
        return tuple(self._answer(server, (name, record_type)) for server in self._servers)

    def _answer(self, server: str, question: tuple[str, str]) -> ResolverAnswer:
        if server in self.silent:
            return ResolverAnswer(server, None, None, f"{server} gave no answer (timeout)")
        values = self.cached.get(server, self.values.get(question, ()))
        return ResolverAnswer(server, values, self._ttl_s if values else None)


class MemoryProbe:
    """Answers by URL: the region that answers it, or None for nobody. Written tokens are kept."""

    def __init__(self, regions: dict[str, str | None] | None = None) -> None:
        self.regions = regions or {}
        self.tokens: list[str] = []

    def write_and_read(self, url: str, token: str) -> ProbeResult:
        region = self.regions.get(url)
        if region is None:
            return ProbeResult(False, None, None, "write: no answer (connection refused)")
        self.tokens.append(token)
        return ProbeResult(True, region, 1.0, f"written and read back in {region}")

    def health(self, url: str) -> ProbeResult:
        region = self.regions.get(url)
        return ProbeResult(region is not None, region, None, "ok" if region else "no answer (connection refused)")
