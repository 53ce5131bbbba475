"""What a worker does besides runs, each in a thread of its own: observe, serve terminals, anchor, reconcile."""

from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread

from dr_core import bootstrap
from dr_core.approvals.proof import WORKER_KEY
from dr_core.audit import anchoring, reconciling
from dr_core.audit.anchoring import Anchoring
from dr_core.audit.cloudtrail import CloudTrail
from dr_core.audit.places import places
from dr_core.audit.reconciling import Reconciliation
from dr_core.budget import costing
from dr_core.detection import intake
from dr_core.detection.detector import EVERY_S as DETECTION_S
from dr_core.detection.detector import Detector
from dr_core.detection.hearing import Hearing
from dr_core.drills import carrying
from dr_core.drills.aws import aws_drill_ports
from dr_core.drills.carrying import Carrying
from dr_core.drills.kinds import by_account
from dr_core.duty import Duty, every
from dr_core.evacuation import advancing
from dr_core.evacuation.advancing import Advancing
from dr_core.execution.at_work import at_work
from dr_core.execution.lease import NamedLease
from dr_core.freeze import freezing
from dr_core.freeze.freezing import PATIENCE_S
from dr_core.keys import SigningKey
from dr_core.objectives import keeping
from dr_core.objectives.keeping import Keeping
from dr_core.observation.watch import Watch
from dr_core.plan.ports import Ports
from dr_core.preparation import preparing
from dr_core.readiness import examining
from dr_core.readiness.preflight import LIMIT_S
from dr_core.reconciliation import searching
from dr_core.releases import duties as releases
from dr_core.runbook import export as runbook
from dr_core.runbook import rollback_pages
from dr_core.services import Services
from dr_core.worker.observer import Observer
from dr_core.worker.reaching import FIRST_S, Reaching

TICK_S = 5.0
"""How often a duty looks whether something is due; its lease outlasts several of these."""
SOON_S = 2.0
"""A first preflight follows the first observation at once: people wait for what it says."""
SUBMISSIONS_S = 0.5
"""Somebody sits at a terminal and waits."""


@dataclass
class Duties:
    """Threads by name, and the observer, which readiness asks."""

    observer: Observer
    anchors: Anchoring
    watch: Watch
    reaching: Reaching
    work: tuple[Duty, ...]
    threads: dict[str, Thread] = field(default_factory=dict)

    def start(self, stop: Event) -> None:
        """First of all: has the store forgotten something? Then everything at once."""
        self.anchors.check_store()
        for duty in self.work:
            self.threads[duty.name] = Thread(target=duty.run, args=(stop,), name=duty.name, daemon=True)
            self.threads[duty.name].start()

    def ended(self) -> list[str]:
        """Those that are no longer done, as sentences."""
        dead = [name for name, thread in self.threads.items() if not thread.is_alive()]
        return [f"the {name} has ended; restart the worker" for name in dead]

    def join(self, seconds: float) -> None:
        """Wait for each at most that long; then close what the observer used."""
        for thread in self.threads.values():
            thread.join(timeout=seconds)
        self.watch.close()


def _watch(bundle: Services, reach: Ports) -> Watch:
    told, working = Hearing(bundle.store, bundle.topology), partial(at_work, bundle.store)
    return Watch(bundle.topology, bundle.aws, bundle.settings, bundle.clock, reach, told=told, at_work=working)


def make(bundle: Services, reach: Ports, owner: str, lease_ttl_s: float) -> Duties:
    """Wire them; `lease_ttl_s` is for the leases by which one worker does each of them for all."""
    store, topology, clock = bundle.store, bundle.topology, bundle.clock

    def lease(name: str, longest_s: float = 0.0) -> NamedLease:
        """Nothing renews it while a round lasts, which may take `longest_s`."""
        return NamedLease(store, name, owner, lease_ttl_s + longest_s)

    watch = _watch(bundle, reach)
    applications = tuple(topology.applications)
    detection = lease("detection")
    observer = Observer(store, watch.observe, applications, topology.detection.interval, detection, owner, clock)
    key = SigningKey.load_or_create(bundle.settings.worker_key, variable=WORKER_KEY)
    sealing, checking, counting = lease(anchoring.LEASE), lease(reconciling.LEASE), lease(keeping.LEASE)
    anchors = Anchoring(store, places(topology, bundle.aws), key, sealing, owner=owner)
    calls = Reconciliation(store, topology, CloudTrail(bundle.aws), checking, clock, owner=owner)
    history = Keeping(store, topology, counting, clock)
    examined, rolling = lease(examining.LEASE, LIMIT_S), lease(rollback_pages.LEASE, runbook.LIMIT_S)
    preflights, way_back = examining.make(bundle, examined, owner), rollback_pages.make(bundle, rolling)
    paying, printing = lease(costing.LEASE), lease(runbook.LEASE, runbook.LIMIT_S)
    costs, pages = costing.make(bundle, paying, owner), runbook.make(bundle, printing, owner)
    leading, holding = lease(advancing.LEASE), lease(freezing.LEASE, PATIENCE_S)
    waves, frozen = Advancing(bundle, leading), freezing.make(bundle, holding, owner)
    scaling, hearing = lease(preparing.LEASE), lease(intake.LEASE, intake.WAIT_S)
    detector, preparation = Detector(bundle, detection), preparing.make(bundle, scaling, lease_ttl_s)
    heard, reaching = intake.make(bundle, hearing), Reaching(bundle)
    drill_ports = aws_drill_ports(bundle.aws, bundle.settings, clock)
    drilling = Carrying(bundle, by_account(bundle, drill_ports), owner=owner)
    work = (
        Duty("observer", observer.round, observer.pause, detection),
        Duty("detector", detector.round, every(DETECTION_S)),
        Duty("preparation", preparation.round, every(preparing.EVERY_S), scaling),
        *([Duty("signals", heard.round, heard.pause, hearing)] if heard is not None else []),
        Duty("evacuations", waves.round, every(advancing.EVERY_S), leading),
        Duty("clerk", bootstrap.clerk(bundle).once, every(SUBMISSIONS_S)),
        Duty("anchoring", anchors.round, every(TICK_S), sealing),
        Duty("reconciliation", calls.round, every(TICK_S), checking),
        Duty("preflight", preflights.round, every(SOON_S), examined),
        Duty("history", history.round, every(TICK_S), counting),
        Duty("reaching", reaching.look, reaching.pause, first_s=FIRST_S),
        Duty("costs", costs.round, every(TICK_S), paying),
        Duty("runbook", pages.round, every(TICK_S), printing),
        Duty("rollback pages", way_back.round, every(TICK_S), rolling),
        searching.duty(bundle, lease(searching.LEASE, searching.LIMIT_S), owner),
        Duty("drills", drilling.round, every(carrying.TICK_S), drilling),
        Duty("freeze", frozen.round, every(TICK_S), holding),
        *releases.duties(bundle, lease, owner),
    )
    return Duties(observer, anchors, watch, reaching, work)
