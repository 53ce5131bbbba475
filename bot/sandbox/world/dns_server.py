"""A DNS server on loopback, UDP and TCP, that answers the topology's names as Route 53's name servers would."""

import threading
from collections.abc import Callable

from dnslib import AAAA, CNAME, NS, QTYPE, RCODE, RR, SOA, TXT, A, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from bot.sandbox.world.blueprint import Addresses, Place
from bot.sandbox.world.dns_answers import values
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.timeline import Timeline

_DATA = {"A": A, "AAAA": AAAA, "CNAME": CNAME, "NS": NS, "TXT": TXT}
_DEFAULT_TTL = 60


class WorldResolver(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """Answers from what is served now; a name that no record has is NXDOMAIN."""

    def __init__(
        self, timeline: Timeline, route53: Route53, addresses: Addresses, place_of: Callable[[str], Place | None]
    ) -> None:
        self._timeline = timeline
        self._route53 = route53
        self._addresses = addresses
        self._place_of = place_of

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        name = str(request.q.qname).rstrip(".").lower()
        with self._timeline.lock:
            self._timeline.settle()
            found = self._records(name, QTYPE[request.q.qtype])
            exists = bool(found) or self._route53.has(name) or self._place(name) is not None
        for record in found:
            reply.add_answer(record)
        if not found:
            reply.add_auth(
                RR(
                    name,
                    QTYPE.SOA,
                    rdata=SOA("ns-1.sandbox.example", "hostmaster.sandbox.example", (1, 7200, 900, 1209600, 5)),
                    ttl=5,
                )
            )
            reply.header.rcode = RCODE.NOERROR if exists else RCODE.NXDOMAIN
        return reply

    def _records(self, name: str, wanted: str) -> list[RR]:
        record = self._route53.pick(name, wanted)
        if record is not None:
            ttl = int(record.get("TTL") or _DEFAULT_TTL)
            return [
                RR(name, getattr(QTYPE, wanted), rdata=_DATA[wanted](_plain(value)), ttl=ttl)
                for value in self._route53.answer(record, wanted)
                if wanted in _DATA
            ]
        alias = self._route53.pick(name, "CNAME") if wanted != "CNAME" else None
        if alias is not None:
            target = values(alias)[0]
            first = RR(name, QTYPE.CNAME, rdata=CNAME(target), ttl=int(alias.get("TTL") or _DEFAULT_TTL))
            return [first, *self._records(target.rstrip(".").lower(), wanted)]
        place = self._place(name)
        if place is not None and wanted in ("A", "AAAA"):
            return [
                RR(
                    name,
                    getattr(QTYPE, wanted),
                    rdata=_DATA[wanted](self._addresses.value(place, wanted)),
                    ttl=_DEFAULT_TTL,
                )
            ]
        return []

    def _place(self, name: str) -> Place | None:
        """A regional host, or the target of one of our CNAMEs."""
        return self._place_of(name) or self._addresses.place(name)


def _plain(value: str) -> str:
    return value.strip('"')


class DnsService:
    """The two listeners of one port."""

    def __init__(self, resolver: WorldResolver) -> None:
        self._servers = _pair(resolver)
        self.port: int = self._servers[0].server.server_address[1]

    def start(self) -> None:
        for server in self._servers:
            threading.Thread(
                target=server.server.serve_forever, kwargs={"poll_interval": 0.05}, name="world-dns", daemon=True
            ).start()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()
            server.server.server_close()


def _pair(resolver: WorldResolver, tries: int = 20) -> tuple[DNSServer, DNSServer]:
    """UDP on a free port and TCP on the same one; another free port when somebody has the TCP one."""
    quiet = DNSLogger(logf=lambda _: None)
    for left in reversed(range(tries)):
        udp = DNSServer(resolver, address="127.0.0.1", port=0, logger=quiet)
        try:
            return udp, DNSServer(
                resolver, address="127.0.0.1", port=udp.server.server_address[1], tcp=True, logger=quiet
            )
        except OSError:
            udp.server.server_close()
            if not left:
                raise
    raise OSError("no free port for DNS")
