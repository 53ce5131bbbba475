"""What DNS answers, asked of each configured resolver with dnspython."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.resolver

from dr_core.verify.port import ResolverAnswer

PUBLIC_RESOLVERS = (("1.1.1.1", 53), ("8.8.8.8", 53))
Server = tuple[str, int]


def servers_from(configured: Sequence[Server]) -> Callable[[], tuple[Server, ...]]:
    """The servers to ask: the configured ones, else the system's and two public ones, looked up when first asked."""
    if configured:
        chosen = tuple(configured)
        return lambda: chosen
    return lambda: (*_system(), *PUBLIC_RESOLVERS)


class DnsResolver:
    """Asks every server at the same time; a server that is silent for `timeout_s` gives a reason, not an answer."""

    def __init__(self, servers: Callable[[], tuple[Server, ...]], *, timeout_s: float = 2.0) -> None:
        self._servers = servers
        self._timeout_s = timeout_s

    def answers(self, name: str, record_type: str) -> tuple[ResolverAnswer, ...]:
        servers = self._servers()
        with ThreadPoolExecutor(max(len(servers), 1)) as pool:
            return tuple(pool.map(lambda server: self._ask(server, name, record_type), servers))

    def _ask(self, server: Server, name: str, record_type: str) -> ResolverAnswer:
        label = f"{server[0]}:{server[1]}"
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [server[0]], server[1]
        try:
            answer = resolver.resolve(
                name, record_type, lifetime=self._timeout_s, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return ResolverAnswer(label, (), None, f"{name} does not exist")
        except (dns.exception.DNSException, OSError) as error:
            return ResolverAnswer(label, None, None, f"{label} gave no answer ({error.__class__.__name__})")
        if answer.rrset is None:
            return ResolverAnswer(label, (), None, f"{name} has no {record_type} record")
        values = tuple(sorted(record.to_text().rstrip(".") for record in answer.rrset))
        return ResolverAnswer(label, values, answer.rrset.ttl)


def _system() -> tuple[Server, ...]:
    try:
        return tuple((str(host), 53) for host in dns.resolver.Resolver(configure=True).nameservers)
    except dns.resolver.NoResolverConfiguration:
        return ()
