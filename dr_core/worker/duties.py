"""What a worker does besides runs, each in a thread of its own: observe, serve terminals, anchor, reconcile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from dr_core import bootstrap
from dr_core.approvals.proof import WORKER_KEY
from dr_core.audit import anchoring, reconciling
from dr_core.audit.anchoring import Anchoring
from dr_core.audit.cloudtrail import CloudTrail
from dr_core.audit.places import places
from dr_core.audit.reconciling import Reconciliation
from dr_core.budget import costing
from dr_core.execution.lease import NamedLease
from dr_core.keys import SigningKey
from dr_core.objectives import keeping
from dr_core.objectives.keeping import Keeping
from dr_core.observation.watch import Watch
from dr_core.ports import Ports
from dr_core.readiness import examining
from dr_core.runbook import export as runbook
from dr_core.services import Services
from dr_core.worker.observer import Observer
from dr_core.worker.reaching import Reaching

Work = Callable[[Event], None]


@dataclass
class Duties:
    """Threads by name, and the observer, which readiness asks."""

    observer: Observer
    anchors: Anchoring
    watch: Watch
    reaching: Reaching
    work: dict[str, Work]
    threads: dict[str, Thread] = field(default_factory=dict)

    def start(self, stop: Event) -> None:
        """First of all: has the store forgotten something? Then everything at once."""
        self.anchors.check_store()
        for name, work in self.work.items():
            self.threads[name] = Thread(target=work, args=(stop,), name=name, daemon=True)
            self.threads[name].start()

    def ended(self) -> list[str]:
        """Those that are no longer done, as sentences."""
        dead = [name for name, thread in self.threads.items() if not thread.is_alive()]
        return [f"the {name} has ended; restart the worker" for name in dead]

    def join(self, seconds: float) -> None:
        """Wait for each at most that long; then close what the observer used."""
        for thread in self.threads.values():
            thread.join(timeout=seconds)
        self.watch.close()


def make(bundle: Services, reach: Ports, owner: str, lease_ttl_s: float) -> Duties:
    """Wire them; `lease_ttl_s` is for the leases by which one worker does each of them for all."""
    store, topology, clock = bundle.store, bundle.topology, bundle.clock

    def lease(name: str) -> NamedLease:
        return NamedLease(store, name, owner, lease_ttl_s)

    watch = Watch(topology, bundle.aws, bundle.settings, clock, reach)
    applications = tuple(topology.applications)
    interval = topology.detection.interval
    observer = Observer(store, watch.observe, applications, interval, lease("detection"), owner, clock)
    key = SigningKey.load_or_create(bundle.settings.worker_key, variable=WORKER_KEY)
    anchors = Anchoring(store, places(topology, bundle.aws), key, lease(anchoring.LEASE), owner=owner)
    history = CloudTrail(bundle.aws)
    calls = Reconciliation(store, topology, history, lease(reconciling.LEASE), clock, owner=owner)
    reaching = Reaching(bundle)
    work: dict[str, Work] = {
        "observer": observer.run,
        "clerk": bootstrap.clerk(bundle).run,
        "anchoring": anchors.run,
        "reconciliation": calls.run,
        "preflight": examining.make(bundle, lease(examining.LEASE), owner).run,
        "history": Keeping(store, topology, lease(keeping.LEASE), clock).run,
        "reaching": reaching.run,
        "costs": costing.make(bundle, lease(costing.LEASE), owner).run,
        "runbook": runbook.make(bundle, lease(runbook.LEASE), owner).run,
    }
    return Duties(observer, anchors, watch, reaching, work)
