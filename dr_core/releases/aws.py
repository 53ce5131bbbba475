"""The ports of releases on AWS, by account, with the probes of the product."""

from collections.abc import Callable, Mapping
from functools import cache

from dr_core.aws.clients import acting_clients, observing_clients
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.clock import Clock
from dr_core.health.http import Prober, http_signal
from dr_core.observation.model import Signal
from dr_core.releases.port import Probe, ReleasePorts
from dr_core.releases.s3 import S3Artifacts
from dr_core.releases.ssm import SsmPointers
from dr_core.topology.model import Account

PortsOf = Callable[[Account | None], ReleasePorts]


def aws_ports(aws: AwsSessions, prober: Prober, clock: Clock) -> PortsOf:
    """account -> its ports, made once each."""
    probe = probing(prober, clock)

    @cache
    def of(account: Account | None) -> ReleasePorts:
        looking = observing_clients(aws, account)
        acting = acting_clients(aws, account, purpose=Purpose.RELEASE)
        return ReleasePorts(SsmPointers(looking), SsmPointers(acting), S3Artifacts(looking), probe)

    return of


def probing(prober: Prober, clock: Clock) -> Probe:
    """One sweep over the addresses of a colour, judged as health is."""

    def probe(urls: Mapping[str, str]) -> Mapping[str, Signal]:
        answers = prober.sweep(list(urls.values()))
        now = clock.now()
        return {region: http_signal(region, answer, now) for region, answer in zip(urls, answers, strict=True)}

    return probe
