"""`python -m dr_core.worker`: observe under a lease, carry out approved runs, until SIGTERM."""

import os
import secrets
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from threading import Event

import structlog
from prometheus_client import REGISTRY, Gauge
from pydantic import JsonValue

from dr_core import bootstrap
from dr_core.doctor.agreement import fingerprints
from dr_core.errors import ConfigError, DrError
from dr_core.execution.judge import StoreJudge
from dr_core.execution.lease import DEFAULT_TIMING, Timing
from dr_core.execution.runner import Runner, worker_actor
from dr_core.failpoints import Point
from dr_core.logs import configure
from dr_core.reports.measure_gauges import MeasureGauges
from dr_core.reports.process_gauges import ProcessGauges
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import migrate, observations, replicas
from dr_core.worker import duties
from dr_core.worker.duties import Duties
from dr_core.worker.health import serve

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
        if not migrate.serves(migrate.current_revision(settings.database_url)):
            raise ConfigError("The store is not at the schema of this version.", hint="Run `dr db upgrade`.")
        return run(bundle)
    except DrError as error:
        print(f"dr worker: {error}", file=sys.stderr)
        return error.exit_code


def run(bundle: Services, timing: Timing = DEFAULT_TIMING) -> int:
    """Wire, start, tick until told to stop, hand over."""
    owner = f"worker-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    REGISTRY.register(ProcessGauges(bundle.store, owner))
    REGISTRY.register(MeasureGauges(bundle.store, bundle.topology, bundle.clock))
    reach = bootstrap.ports(bundle)
    judge = StoreJudge(bundle, bootstrap.verifier(bundle.settings), worker_actor(owner))
    executor = ThreadPoolExecutor(max_workers=24, thread_name_prefix="step")
    catalogues = bootstrap.catalogues(bundle, reach)
    runner = Runner(bundle.store, catalogues, judge, bundle.clock, executor, owner, timing)
    duty = duties.make(bundle, reach, owner, timing.ttl_s)
    duty.start(stop)
    settings = bundle.settings
    health = serve(settings.health_host, settings.health_port, lambda: not_ready(bundle, duty))
    log.info("worker_started", owner=owner, applications=len(bundle.topology.applications))
    _tick_until(stop, bundle, runner, duty, owner)
    runner.stop()
    executor.shutdown(wait=False, cancel_futures=True)
    duty.join(1.0)
    _leave(bundle, owner)
    health.shutdown()
    log.info("worker_stopped", owner=owner)
    return 0


def _tick_until(stop: Event, bundle: Services, runner: Runner, duty: Duties, owner: str) -> None:
    next_beat = 0.0
    while not stop.wait(TICK_S):
        runner.tick()
        OWNED.set(len(runner.owned))
        if bundle.clock.monotonic() >= next_beat:
            next_beat = bundle.clock.monotonic() + BEAT_S
            _beat(bundle, owner, runner.owned, duty.reaching.told)


def _beat(bundle: Services, owner: str, owned: tuple[str, ...], reached: JsonValue) -> None:
    try:
        keys = fingerprints(bundle.settings)
        state: dict[str, JsonValue] = {"runs": list(owned), "keys": keys, "reach": reached}
        bundle.store.write(lambda tx: replicas.beat(tx, owner, "worker", version("dr-bot"), state), Point.REPLICA_BEAT)
    except DrError as error:
        log.warning("beat_failed", error=error.message)


def _leave(bundle: Services, owner: str) -> None:
    """An orderly end: nobody misses this process."""
    try:
        bundle.store.write(lambda tx: replicas.leave(tx, owner), Point.REPLICA_BEAT)
    except DrError as error:
        log.warning("not_left", error=error.message)


def not_ready(bundle: Services, duty: Duties) -> list[str]:
    """Why not: a duty ended or the observer hangs, the store is away, or an application was never observed.

    Before the first observation nothing true can be said of an application.
    """
    reasons = [*duty.ended(), *duty.observer.overdue()]
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
