"""One bounded pass over one application: ask everything at once, then weigh what came back."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.clock import Clock
from dr_core.health.capacity import by_run, excuse_idle
from dr_core.health.http import Prober
from dr_core.health.verdict import FRESH_FOR, decide, isolated
from dr_core.observation.active import active_region
from dr_core.observation.asking import ask_all
from dr_core.observation.capacity import CapacityLook
from dr_core.observation.consumers import ConsumerLook
from dr_core.observation.copies import CopyLook
from dr_core.observation.database import database_look
from dr_core.observation.endpoints import EndpointLook
from dr_core.observation.events import EventLook
from dr_core.observation.model import Observation, RegionVerdict, Signal, Work
from dr_core.observation.scope import Compared, Endpoints, Readers, Scope, aws_readers
from dr_core.observation.stores import StoreLook
from dr_core.observation.traffic import Targets, TrafficLook
from dr_core.plan.ports import Ports
from dr_core.replication.history import with_history
from dr_core.settings import Settings
from dr_core.topology.model import Account, Application, Topology

PASS_LIMIT_S = 6.0
Told = Callable[[str, datetime], Sequence[Signal]]
"""Application and now -> signals of it that others sent (dr_core/detection/hearing.py)."""
AtWork = Callable[[str], Sequence[Work]]
"""Application -> what its unfinished run has begun to stop or to start (dr_core/execution/at_work.py)."""


class Watch:
    """Looks at the applications of a topology. Readers are kept over all passes; `close` releases the probes' sockets.

    `told` knows what others sent, `at_work` what runs do. `readers` and `endpoints` are given by tests; without them
    they are AWS, by account, and real probes.
    """

    def __init__(
        self,
        topology: Topology,
        aws: AwsSessions,
        settings: Settings,
        clock: Clock,
        ports: Ports,
        *,
        told: Told = lambda application, now: (),
        at_work: AtWork = lambda application: (),
        readers: Readers | None = None,
        endpoints: Endpoints | None = None,
        limit_s: float = PASS_LIMIT_S,
    ) -> None:
        self._topology = topology
        self._aws = aws
        self._clock = clock
        self._ports = ports
        self._given = readers
        self._readers: dict[Account | None, Readers] = {}
        self._endpoints: Endpoints = endpoints or Prober(settings.probe_connect_to, settings.probe_ca)
        self._limit_s = limit_s
        self._told = told
        self._at_work = at_work
        self._compared = Compared(clock)
        self._targets: dict[str, dict[str, Targets]] = {}

    def close(self) -> None:
        if isinstance(self._endpoints, Prober):
            self._endpoints.close()

    def observe(self, application: str, previous: Observation | None, recorded: str | None = None) -> Observation:
        """One pass. `previous` (of the same application) gives verdicts their memory and readings their last datapoint.

        `recorded` is where the last run took the application, for one that nothing else tells of. What could not be
        asked is in the observation as unknown, with the reason. KeyError for an unknown application.
        """
        begun = self._clock.monotonic()
        scope = self._scope(application, previous, recorded)
        endpoints, database, stores = EndpointLook(scope), database_look(scope), StoreLook(scope)
        traffic, capacity = TrafficLook(scope, self._targets.setdefault(application, {})), CapacityLook(scope)
        consumers, copies, events = ConsumerLook(scope), CopyLook(scope), EventLook(scope)
        looks = (endpoints, database, stores, copies, traffic, capacity, consumers, events)
        answers = ask_all([question for look in looks for question in look.questions], self._clock, self._limit_s)
        now = self._clock.now()
        writers = database.writers(answers)
        seen = Observation(
            application=application,
            observed_at=now,
            duration_s=round(self._clock.monotonic() - begun, 3),
            writers=writers.regions,
            writers_reason=writers.reason,
            database=writers.state,
            traffic=tuple(traffic.states(answers)),
            controls=tuple(traffic.controls(answers)),
            capacity=tuple(capacity.states(answers)),
            consumers=tuple(consumers.states(answers)),
        )
        active = self._active(scope, seen)
        anywhere = (endpoints, database, stores, copies, events)
        looked = [signal for look in anywhere for signal in look.signals(answers)]
        looked += [*capacity.signals(answers, active), *consumers.signals(answers, active)]
        looked += self._told(application, now)
        signals = excuse_idle(looked, seen.capacity, active)
        source = active or scope.assumed
        readings = [
            *database.readings(answers, source, now),
            *stores.readings(answers, source, now),
            *copies.readings(answers, source),
        ]
        return seen.model_copy(
            update={
                "signals": signals,
                "verdicts": self._verdicts(
                    scope, seen, signals, previous, active=active, outside=traffic.heard(answers)
                ),
                "readings": with_history(readings, previous.readings if previous is not None else ()),
            }
        )

    def _scope(self, name: str, previous: Observation | None, recorded: str | None) -> Scope:
        application = self._topology.applications[name]
        # Where the pass before could not tell, it kept its source: it does not fall back to what is configured.
        sources = [reading.source_region for reading in previous.readings] if previous is not None else []
        before = next((region for region in sources if region in application.regions), None)
        if not _observable(application):
            before = recorded
        assumed, _ = active_region(application, previous, before, {})
        return Scope(
            name=name,
            application=application,
            ports=self._ports.of(application.account),
            readers=self._given or self._readers_of(application.account),
            endpoints=self._endpoints,
            compared=self._compared,
            threshold_s=self._topology.objectives.rpo.total_seconds(),
            assumed=assumed or application.primary,
        )

    def _readers_of(self, account: Account | None) -> Readers:
        if account not in self._readers:
            beating = observing_clients(self._aws, account, Purpose.HEARTBEAT)
            self._readers[account] = aws_readers(observing_clients(self._aws, account), self._clock, beating)
        return self._readers[account]

    def _active(self, scope: Scope, seen: Observation) -> str | None:
        """The active region by this pass; where this pass cannot tell, what the pass before assumed."""
        told, _ = active_region(scope.application, seen, scope.assumed, {})
        return told

    def _verdicts(
        self,
        scope: Scope,
        seen: Observation,
        signals: Sequence[Signal],
        previous: Observation | None,
        *,
        active: str | None,
        outside: bool,
    ) -> tuple[RegionVerdict, ...]:
        detection = self._topology.detection
        fresh_for = max(FRESH_FOR, 3 * detection.interval + timedelta(seconds=self._limit_s))
        alone = isolated(signals, outside_answers=outside)
        # Asked after the world was: a run keeps its intent before it acts.
        works = self._at_work(scope.name)
        return tuple(
            decide(
                region,
                signals,
                previous.verdict(region) if previous is not None else None,
                seen.observed_at,
                detection.hold_down,
                fresh_for=fresh_for,
                observer_alone=alone,
                run=by_run(region, signals, seen.capacity, seen.consumers, works, active),
            )
            for region in scope.application.regions
        )


def _observable(application: Application) -> bool:
    """Whether a pass can see where it is active: by a writer that is read, by DNS, or by a routing control."""
    return application.database is not None or any(
        entry.route53_records or entry.arc_routing_controls for entry in application.traffic
    )
