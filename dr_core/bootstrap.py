"""The only wiring: from settings to the bundles that commands and the worker work with. Connects to nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dr_core.approvals.proof import WORKER_KEY, AckSigner, AckVerifier
from dr_core.aws.session import AwsSessions
from dr_core.clock import SystemClock
from dr_core.services import Services
from dr_core.settings import Settings
from dr_core.store.engine import Store
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology

# What only a worker has is imported where it is wired: a terminal that looks does not wait for DNS, probes and steps.
if TYPE_CHECKING:
    from dr_core.plan.catalogue import Catalogue
    from dr_core.plan.ports import Ports
    from dr_core.plan.step import Plan
    from dr_core.terminal.clerk import Clerk
    from dr_core.topology.findings import TopologyFinding


def services(settings: Settings, *, signer: bool = False) -> Services:
    """The bundle for a face. `signer` (the bot) also reads or makes the key that signs acknowledgements."""
    topology = load_checked(settings.config, plugin_faults)
    return Services(
        topology=topology,
        store=Store(settings.database_url),
        clock=SystemClock(),
        settings=settings,
        aws=AwsSessions.for_topology(topology, settings.aws_endpoint_url),
        signer=AckSigner.load_or_create(settings.ack_key) if signer else None,
    )


def plugin_faults(topology: Topology) -> "Iterable[TopologyFinding]":
    """Each place in the topology whose plug-in cannot be used; loads those that it names."""
    if not any(custom.plugin for app in topology.applications.values() for custom in app.custom):
        return ()
    from dr_core.plan import plugins

    return plugins.faults(topology)


def verifier(settings: Settings) -> AckVerifier:
    """What tells signed acknowledgements from others: the bot's public key and the workers'."""
    return AckVerifier(settings.ack_public_key, settings.worker_public_key)


def clerk(bundle: Services) -> "Clerk":
    """A worker's counter for terminals; reads or makes the key that the workers share."""
    from dr_core.terminal.clerk import Clerk

    return Clerk(replace(bundle, signer=AckSigner.load_or_create(bundle.settings.worker_key, WORKER_KEY)))


def ports(bundle: Services) -> "Ports":
    """The ports to AWS, DNS and HTTP."""
    from dr_core.canary.stored import StoredTrials
    from dr_core.catch_up.stored import StoredTracks
    from dr_core.ports import aws_ports

    trials, tracks = StoredTrials(bundle.store), StoredTracks(bundle.store, bundle.topology.detection.interval)
    return aws_ports(bundle.aws, bundle.settings, bundle.clock, trials, tracks)


def catalogues(bundle: Services, reach: "Ports") -> "Callable[[Plan], Catalogue]":
    """plan -> its step kinds, bound to the account of the plan's application; made once per application."""
    from dr_core.plan.steps import make_catalogue

    made: dict[str, Catalogue] = {}

    def of(plan: "Plan") -> "Catalogue":
        if plan.application not in made:
            application = bundle.topology.applications.get(plan.application)
            made[plan.application] = make_catalogue(reach.of(application.account if application else None))
        return made[plan.application]

    return of
