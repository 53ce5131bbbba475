"""`python -m dr_core.worker`: observe under a lease, carry out approved runs, until SIGTERM."""

import os
import secrets
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from threading import Event, Thread

import structlog
from prometheus_client import Gauge

from dr_core import bootstrap
from dr_core.approvals.proof import AckVerifier
from dr_core.errors import ConfigError, DrError
from dr_core.execution.judge import StoreJudge
from dr_core.execution.lease import NamedLease
from dr_core.execution.runner import Runner
from dr_core.logs import configure
from dr_core.observation.watch import Watch
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import migrate, observations, replicas
from dr_core.worker.health import serve
from dr_core.worker.observer import Observer

log = structlog.get_logger(__name__)

TICK_S = 0.25
BEAT_S = 5.0
OWNED = Gauge("dr_runs_owned", "Runs this worker has leases of")


def main() -> int:
    """0 after SIGTERM, 2 when the configuration is wrong."""
    try:
        settings = read_settings()
        configure(settings.log_level)
        bundle = bootstrap.services(settings)
        revision = migrate.current_revision(settings.database_url)
        if revision != migrate.head_revision():
            raise ConfigError("The store is not at the schema of this version.", hint="Run `dr db upgrade`.")
        return run(bundle)
    except DrError as error:
        print(f"dr worker: {error}", file=sys.stderr)
        return error.exit_code


def run(bundle: Services) -> int:
    """Wire, start, tick until told to stop, hand over."""
    owner = f"worker-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    topology, reach = bundle.topology, bootstrap.ports(bundle)
    watch = Watch(topology, bundle.aws, bundle.settings, bundle.clock, reach)
    observer = Observer(
        bundle.store,
        watch.observe,
        tuple(topology.applications),
        topology.detection.interval,
        NamedLease(bundle.store, "detection", owner),
        owner,
        bundle.clock,
    )
    judge = StoreJudge(bundle.store, topology, AckVerifier(bundle.settings.ack_public_key), bundle.clock)
    executor = ThreadPoolExecutor(max_workers=24, thread_name_prefix="step")
    runner = Runner(bundle.store, bootstrap.catalogues(bundle, reach), judge, bundle.clock, executor, owner)
    observing = Thread(target=observer.run, args=(stop,), name="observer", daemon=True)
    observing.start()
    health = serve(
        bundle.settings.health_host,
        bundle.settings.health_port,
        lambda: not_ready(bundle, observer, observing.is_alive()),
    )
    log.info("worker_started", owner=owner, applications=len(topology.applications))
    _tick_until(stop, bundle, runner, owner)
    runner.stop()
    executor.shutdown(wait=False, cancel_futures=True)
    observing.join(timeout=1.0)
    watch.close()
    health.shutdown()
    log.info("worker_stopped", owner=owner)
    return 0


def _tick_until(stop: Event, bundle: Services, runner: Runner, owner: str) -> None:
    next_beat = 0.0
    while not stop.wait(TICK_S):
        runner.tick()
        OWNED.set(len(runner.owned))
        if bundle.clock.monotonic() >= next_beat:
            next_beat = bundle.clock.monotonic() + BEAT_S
            _beat(bundle, owner, runner.owned)


def _beat(bundle: Services, owner: str, owned: tuple[str, ...]) -> None:
    try:
        bundle.store.write(lambda tx: replicas.beat(tx, owner, "worker", version("dr-bot"), {"runs": list(owned)}))
    except DrError as error:
        log.warning("beat_failed", error=error.message)


def not_ready(bundle: Services, observer: Observer, observing: bool) -> list[str]:
    """Why not: the observer ended or hangs, the store is away, or an application was never observed.

    Before the first observation nothing true can be said of an application.
    """
    reasons = [] if observing else ["the observer has ended; restart the worker"]
    reasons += observer.overdue()
    key = bundle.settings.ack_public_key
    if not key.is_file():
        reasons.append(f"no approval can be verified: there is no public key at {key} (DR_ACK_KEY)")
    try:
        seen = bundle.store.read(observations.observed)
    except DrError as error:
        return [*reasons, error.message]
    return [*reasons, *(f"{name} was not observed yet" for name in bundle.topology.applications if name not in seen)]


if __name__ == "__main__":
    # Threads that hang in a dead region must not keep the process: what they were to do is observed by the next owner.
    code = main()
    sys.stdout.flush()
    os._exit(code)
