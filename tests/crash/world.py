"""What the steps act upon: the working fakes of every port, and a ledger of each call that changes something.

The ledger is the world's own record. Duplicates are counted in it and never in our log; it outlives every runner.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dr_core.aws.sending import ask_guard
from dr_core.canary.port import Probes, Trial
from dr_core.capacity.memory import MemoryCapacity
from dr_core.capacity.port import Bounds, Scaling, capacity_name
from dr_core.capacity.sizes import at_work, waiting, writes
from dr_core.catch_up.memory import MemoryTracks
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.memory import MemoryConsumers
from dr_core.consumers.port import consumer_name
from dr_core.copies.memory import MemoryBuckets, MemoryCache, MemorySecrets
from dr_core.custom.memory import MemoryAutomations, MemoryFunctions, MemoryWebhooks
from dr_core.database.memory import MemoryDatabase
from dr_core.database.memory_replicas import MemoryReplicas
from dr_core.errors import DrError
from dr_core.observation.samples import Sample
from dr_core.parameters.memory import MemoryParameters
from dr_core.parameters.port import parameter_paths
from dr_core.plan.catalogue import Catalogue, PerRun, StepKind, StepObservation, observed
from dr_core.plan.step import Plan, Step
from dr_core.plan.steps import make_catalogue
from dr_core.replication.rules import Rule
from dr_core.topology.model import Application
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.controls_in_memory import MemoryControls
from dr_core.traffic.memory import MemoryRecords, MemoryTakeover
from dr_core.traffic.memory_distributions import MemoryDistributions
from dr_core.verify.memory import MemoryProbe, MemoryResolver
from dr_core.verify.port import ProbeResult, ResolverAnswer
from tests.ports import some_ports

CHANGES = frozenset(
    {
        "switchover", "failover", "detach", "promote", "stop", "set_active", "set_states", "set_weights",
        "take_over", "give_back", "grow", "fence", "stand_by", "copy", "turn_on", "turn_off", "send", "start",
        "prepare_backfill", "start_backfill",
    }
)  # fmt: skip
"""The methods of the ports that change the world."""

TAKES_S = 3.0
"""How long everything takes that takes time: long enough to be seen under way."""


@dataclass(frozen=True)
class Effect:
    """One changing call that arrived. `intended`: after a committed intent of its step; `changed`: it did something."""

    step: str
    token: str
    call: str
    at: float
    intended: bool
    changed: bool


class World:
    """One application in its regions. `asleep` regions do not answer until `wakes_at`."""

    def __init__(self, application: Application, plan: Plan, clock: Clock) -> None:
        self.clock = clock
        self.plan = plan
        self.effects: list[Effect] = []
        self.refused: list[tuple[str, str]] = []
        self.intended: Callable[[str, str], bool] = lambda step, token: True
        self.sent: Callable[[str], None] = lambda step: None
        self.acting: tuple[str, str] | None = None
        self.asleep: set[str] = set()
        self.wakes_at = 0.0
        self._named: dict[str, Any] = _fakes(application, plan, clock)
        ports: dict[str, Any] = {
            name: _Recorded(port, self) for name, port in self._named.items() if name not in ("resolver", "probe")
        }
        traffic = _Traffic(application, plan, self._named)
        self._probe = _Probe(traffic, plan, application)
        self.ports = some_ports(**ports, resolver=_Resolver(traffic), probe=self._probe, trials=_Trials(self))
        self._catalogue: Catalogue = {}
        self.reborn()

    def catalogue(self, plan: Plan) -> Catalogue:
        return self._catalogue

    def reborn(self) -> None:
        """What step kinds remember dies with their process."""
        self._catalogue = {kind: _Watched(inner, self) for kind, inner in make_catalogue(self.ports).items()}

    def lose(self, region: str) -> None:
        """From now on the region does not answer."""
        self.asleep, self.wakes_at = {region}, math.inf
        self._tell()

    def settle(self) -> None:
        """Wake whoever is due; called before each look."""
        if self.asleep and self.clock.monotonic() >= self.wakes_at:
            self.asleep = set()
            self._tell()

    def _tell(self) -> None:
        for name in (
            "database",
            "replicas",
            "takeover",
            "capacity",
            "consumers",
            "parameters",
            "functions",
            "caches",
            "secrets",
            "buckets",
        ):
            if self._named[name] is not None:
                self._named[name].down = set(self.asleep)

    @property
    def named(self) -> dict[str, Any]:
        """The fakes by the names of their ports; None where the application has no such thing."""
        return self._named

    def marks(self) -> tuple[object, ...]:
        """What was done to the world so far."""
        return (*((e.step, e.call, e.changed) for e in self.effects), len(self.refused), bool(self.asleep))

    def picture(self) -> Any:
        """Everything that changes in the world, as a value."""
        fakes = {name: _copied(vars(port)) for name, port in self._named.items() if port is not None}
        return fakes, list(self.effects), list(self.refused), set(self.asleep), self.wakes_at

    def back_to(self, picture: Any) -> None:
        """The world as it was."""
        fakes, effects, refused, asleep, self.wakes_at = picture
        for name, values in fakes.items():
            vars(self._named[name]).update(_copied(values))
        self.effects, self.refused, self.asleep = list(effects), list(refused), set(asleep)
        self.acting = None


class _Trials:
    """A canary begins when its share is sent, and from then on both sides answer every probe alike."""

    def __init__(self, world: World) -> None:
        self._world = world

    def trial(self, application: str, start: str, probes: Probes) -> Trial:
        now, clock = self._world.clock.now(), self._world.clock.monotonic()
        sent = [effect.at for effect in self._world.effects if effect.step == start]
        if not sent:
            return Trial(None, now)
        begun_at = now - timedelta(seconds=clock - sent[0])
        moments = [begun_at + timedelta(seconds=n) for n in range(int(clock - sent[0]) + 1)]
        return Trial(
            begun_at, now, tuple(Sample(application, r, "probe", at, 50.0, True) for at in moments for r in probes)
        )


class _Watched(PerRun):
    """A step kind whose acts are known to the world by step and token."""

    def __init__(self, inner: StepKind, world: World) -> None:
        self._inner = inner
        self._world = world

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        self._world.settle()
        return observed(self._inner, step, claim)

    def act(self, step: Step, claim: Claim) -> None:
        self._world.settle()
        self._world.acting = (step.name, claim.token)
        try:
            self._inner.act(step, claim)
        finally:
            self._world.acting = None


class _Recorded:
    """A port whose changing calls stand in the ledger."""

    def __init__(self, port: Any, world: World) -> None:
        self._port = port
        self._world = world

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in CHANGES:
            return found
        port, world = self._port, self._world

        def call(*given: Any, **named: Any) -> Any:
            if world.acting is None:
                raise AssertionError(f"{name} was called by nobody's act")
            step, token = world.acting
            # As botocore does right before a request leaves. What sleeps after that is a request under way.
            ask_guard()
            world.sent(step)
            before = _state(port)
            try:
                result = found(*given, **named)
            except DrError:
                world.refused.append((step, name))
                raise
            changed = before != _state(port)
            what = f"{name} {_what(given, named)}"
            world.effects.append(
                Effect(step, token, what, world.clock.monotonic(), world.intended(step, token), changed)
            )
            return result

        return call


BOOKS = frozenset({"calls", "_changes", "_mark", "words"})
"""What a fake remembers of its callers. Writing that anew changes nothing for anybody."""


def _state(port: Any) -> Any:
    return _copied({name: value for name, value in vars(port).items() if name not in BOOKS})


def _what(given: tuple[Any, ...], named: dict[str, Any]) -> str:
    return " ".join(str(value) for value in (*given, *named.values()) if isinstance(value, str | int | list | tuple))


def _copied(values: Any) -> Any:
    """Containers are copied, their values are not: those are frozen."""
    if isinstance(values, dict):
        return {key: _copied(value) for key, value in values.items()}
    if isinstance(values, list | set):
        return type(values)(values)
    return values


def _addresses(records: Route53Records) -> dict[str, tuple[str, ...]]:
    return {region: (f"192.0.2.{n}",) for n, region in enumerate(records.set_identifiers, 1)}


def _fakes(application: Application, plan: Plan, clock: Clock) -> dict[str, Any]:
    """As it is before the failover: the source is active, the others are standbys."""
    regions = (application.primary, *application.standby)
    database = application.database.aurora_global if application.database else None
    replicas = application.database.rds_replica if application.database else None
    records = next((entry.route53_records for entry in application.traffic if entry.route53_records), None)
    paths = parameter_paths(application.parameters)
    counts = {
        (capacity_name(entry), region): at_work(entry) if region == plan.source else waiting(entry)
        for entry in application.capacity
        for region in regions
    }
    capacity = MemoryCapacity(counts, clock, takes_s=TAKES_S)
    capacity.scaled = {
        (capacity_name(entry), region): Bounds(least=counts[capacity_name(entry), region], most=9, scaling=Scaling.ON)
        for entry in application.capacity
        if writes(entry)
        for region in regions
    }
    values = {path.rstrip("/") + "/a": "1" for path in paths}
    consumers = [consumer_name(entry) for entry in application.consumers]
    takeover = MemoryTakeover()
    takeover.present = {
        plan.source
        for entry in application.traffic
        if entry.standby_takes_over and plan.source in entry.standby_takes_over.bucket
    }
    return {
        "database": MemoryDatabase(database, plan.source, clock, takes_s=TAKES_S) if database else None,
        "replicas": MemoryReplicas(replicas, plan.source, clock, takes_s=TAKES_S) if replicas else None,
        "records": _records(records, application, plan, clock) if records else None,
        "takeover": takeover,
        "controls": _controls(application, plan),
        "capacity": capacity,
        "consumers": MemoryConsumers(
            consumers, regions, [(name, plan.source) for name in consumers], clock, takes_s=TAKES_S
        ),
        **_copies(application, plan, clock),
        "parameters": MemoryParameters({plan.source: values, plan.target: dict.fromkeys(values, "0")}),
        "functions": MemoryFunctions(clock, takes_s=TAKES_S),
        "automations": MemoryAutomations(clock, takes_s=TAKES_S),
        "webhooks": MemoryWebhooks(clock, takes_s=TAKES_S),
        "tracks": MemoryTracks(clock, {"everything": 0.5}),
        "resolver": MemoryResolver(),
        "probe": MemoryProbe(),
    }


def _copies(application: Application, plan: Plan, clock: Clock) -> dict[str, Any]:
    """The caches lead to the source, the secrets follow the primary, and a distribution answers from the target."""
    regions, home = (application.primary, *application.standby), application.primary
    secrets = {(name, region): None if region == home else home for name in application.secrets for region in regions}
    return {
        "caches": MemoryCache(regions, plan.source, clock, takes_s=TAKES_S),
        "secrets": MemorySecrets(secrets),
        "buckets": _buckets(application, clock),
        "distributions": _distributions(application, plan),
    }


def _distributions(application: Application, plan: Plan) -> MemoryDistributions:
    specs = [entry.cloudfront for entry in application.traffic if entry.cloudfront]
    domains = {spec.distribution: f"{spec.distribution}.edge.test" for spec in specs}
    urls = [spec.probe or f"https://{domains[spec.distribution]}/" for spec in specs]
    return MemoryDistributions(domains, dict.fromkeys(urls, plan.target))


def _buckets(application: Application, clock: Clock) -> MemoryBuckets:
    """Each bucket is replicated to all the others of its storage, and owes nothing."""
    storages = [entry.s3.buckets for entry in application.storage if entry.s3]
    made = MemoryBuckets(clock)
    for buckets in storages:
        rules = tuple(Rule(f"to-{region}", bucket, enabled=True) for region, bucket in buckets.items())
        made.listed |= dict.fromkeys(buckets.values(), rules)
    return made


def _records(records: Route53Records, application: Application, plan: Plan, clock: Clock) -> MemoryRecords:
    """They prefer the source; where every region serves, each has its weight but the one that is brought back."""
    made = MemoryRecords(records, plan.source, _addresses(records), clock, takes_s=TAKES_S)
    if application.active_active:
        weights = {region: records.weights.get(region, 100) for region in application.regions}
        made.set_weights(records, weights | ({plan.target: 0} if plan.returning else {}), Claim("seed", "seed", 1))
    return made


def _controls(application: Application, plan: Plan) -> MemoryControls | None:
    """The source is on; where all regions serve, every one that the plan does not bring back is."""
    spec = next((entry.arc_routing_controls for entry in application.traffic if entry.arc_routing_controls), None)
    if spec is None:
        return None
    serving = (region for region in application.regions if not (plan.returning and region == plan.target))
    return MemoryControls(spec, *(serving if application.active_active else (plan.source,)))


class _Traffic:
    """Where the public name leads: to the standby that took over, where there is such a switch; else by records."""

    def __init__(self, application: Application, plan: Plan, fakes: dict[str, Any]) -> None:
        entries = application.traffic
        self.records = next((entry.route53_records for entry in entries if entry.route53_records), None)
        self._takes = any(entry.standby_takes_over for entry in entries)
        self._home = application.primary
        self._fakes = fakes

    def answer(self) -> tuple[str, ...]:
        return _addresses(self.records)[self.region()] if self.records else ()

    def region(self) -> str:
        controls = self._fakes["controls"]
        if controls is not None:
            return next((region for region, on in controls.on.items() if on), self._home)
        takeover = self._fakes["takeover"]
        present = takeover.present - takeover.down  # a bucket that does not answer sends nobody there
        if self._takes or self.records is None:
            return str(next(iter(present), self._home))
        answer = tuple(self._fakes["records"].authoritative(self.records))
        return next(region for region, values in _addresses(self.records).items() if values == answer)


@dataclass(frozen=True)
class _Resolver:
    """Resolvers without caches of their own."""

    traffic: _Traffic

    def answers(self, name: str, record_type: str) -> tuple[ResolverAnswer, ...]:
        return (ResolverAnswer("resolver:53", self.traffic.answer(), 30),)


class _Probe:
    """The public name is answered by the region that traffic goes to; a health URL by its own."""

    def __init__(self, traffic: _Traffic, plan: Plan, application: Application) -> None:
        self._traffic = traffic
        self._own = {url: region for entry in application.health if entry.http for region, url in entry.http.items()}

    def write_and_read(self, url: str, token: str) -> ProbeResult:
        return ProbeResult(True, self._traffic.region(), 1.0, "written and read back")

    def health(self, url: str) -> ProbeResult:
        return ProbeResult(True, self._own.get(url), 1.0, "ok")
