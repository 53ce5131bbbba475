"""A walk through the states of one random world: something breaks or heals, time goes by, somebody looks."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.observation.watch import Watch
from dr_core.ports import aws_ports
from dr_core.reports.status import status
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from tests.oracle.truth import Truth, faults, kinds

Json = dict[str, Any]
FAST = 60.0
"""A world of this speed publishes its metrics once a second."""
PUBLISHED_S = 1.1
CALM_S = 420.0
"""Longer than a resynchronisation, a change of roles, a hold-down and a stale metric take, in a fast world."""
LOST_FOR_S = 95.0
PER_CALL = ("throttle", "denied", "error_before")
SERVICES = ("rds", "cloudwatch", "secretsmanager", "ssm", "s3", "route53", "ecs")


@dataclass
class Walk:
    """One world and the bot that watches it. `wrong` is what the bot said and the world does not bear out."""

    topology: Topology
    clock: ManualClock
    world: World
    endpoints: Endpoints
    store: Store
    seed: int
    speed: float = FAST
    aws: AwsSessions | None = None
    compared: int = 0
    met: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # reproducible dice for a test, not a secret
        reach = self.endpoints
        settings = read_settings(
            {
                "AWS_ENDPOINT_URL": reach.aws_url,
                "DR_PROBE_CONNECT_TO": reach.connect_to,
                "DR_PROBE_CA": str(reach.ca_path),
                "DR_RESOLVERS": reach.resolver,
            }
        )
        aws = self.aws or AwsSessions.for_topology(self.topology, reach.aws_url)
        self._services = Services(self.topology, self.store, self.clock, settings, aws, None)
        ports = aws_ports(aws, settings, self.clock)
        self._watch = Watch(self.topology, aws, settings, self.clock, ports)
        self._regions = self.topology.residency.allowed_regions
        self._began: dict[str, tuple[str, float]] = {}
        self._disturbed = self._moved = self.clock.monotonic()
        self._looks: dict[str, int] = {}
        self._missing: dict[str, dict[str, dict[str, float]]] = {}
        self._story: list[str] = []

    # -- what happens ------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Something changes, time goes by, all applications are observed, and what is said is compared."""
        self._happen()
        for _ in range(self._chance.choice((1, 1, 2))):
            self._wait_and_look(self._chance.choice((PUBLISHED_S, PUBLISHED_S, 2.0, 3.5, 8.0, 30.0, 200.0)))
        if self._chance.random() < 0.1:
            # Nobody looks for a while: what was seen says nothing about now any more.
            self.clock.advance(LOST_FOR_S)
            # A verdict does not outlive such a gap: the hold-down begins anew.
            self._looks.clear()
            self._story.append(f"nobody looks for {LOST_FOR_S:g} s")
            self._compare(observed=False)

    def opening(self) -> None:
        """What every world has to stand, whatever chance brings later: a lag that grows, silence, a loss."""
        self._add("replication_stops", region=None, service="rds")
        self._wait_and_look(100.0)
        self._add("metrics_stop", region=None, service="rds")
        self._wait_and_look(200.0)
        self._add("region_down", region=next(iter(self.topology.applications.values())).primary)
        for _ in range(4):
            self._wait_and_look(3.0)

    def _wait_and_look(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.look()

    def calm(self) -> None:
        """Everything is mended and left alone for long; then the bot must know all of it again."""
        self.world.remove_fault(None)
        self._began.clear()
        self._disturbed = self.clock.monotonic()
        self._story = ["everything is mended"]
        for _ in range(5):
            self._wait_and_look(self._calm_s / 4)

    def glance(self, *, before: bool) -> None:
        """Some things break at once, and somebody looks a while later; with a look `before`, which knew better."""
        if before:
            self._wait_and_look(self._slower(PUBLISHED_S))
        for _ in range(self._chance.choice((1, 2, 2, 3))):
            self._happen()
        self._wait_and_look(self._chance.choice((PUBLISHED_S, 2.0, 8.0, 30.0, 200.0)))

    def _happen(self) -> None:
        for happen in self._chance.choices(
            (self._break, self._hide, self._lag, self._heal, self._move, self._lack), (4, 2, 4, 3, 1, 1), k=2
        ):
            happen()

    def _break(self) -> None:
        if self._chance.random() < 0.5 and len(self._down()) < 2:
            region = self._chance.choice(self._regions)
            self._add("region_hangs" if self._chance.random() < 0.02 else "region_down", region=region)
            return
        value = self._chance.choice((None, None, 0.5, 3))
        kind, service = self._chance.choice(PER_CALL), self._chance.choice(SERVICES)
        self._add(kind, region=self._somewhere(), service=service, value=value)

    def _hide(self) -> None:
        self._add("metrics_stop", region=self._somewhere(), service=self._chance.choice((None, "rds")))

    def _lag(self) -> None:
        if self._chance.random() < 0.5:
            self._add("replication_stops", region=self._somewhere(), service="rds")
        else:
            value = self._chance.choice((2.0, 15.0, 45.0, 90.0, 400.0))
            self._add("replication_lag", region=self._somewhere(), service="rds", value=value)

    def _heal(self) -> None:
        if not self._began or self._chance.random() < 0.2:
            self.world.remove_fault(None)
            self._began.clear()
            self._story = ["everything is mended"]
        else:
            ended = self._chance.choice(sorted(self._began))
            if ended in {fault["id"] for fault in self.world.faults()}:
                self.world.remove_fault(ended)
            self._story.append(f"{self._began.pop(ended)[0]} ends")
        self._disturbed = self.clock.monotonic()

    def _move(self) -> None:
        """Somebody changes roles by hand, past the bot."""
        name = self._chance.choice(list(self.topology.applications))
        app = self.topology.applications[name]
        if app.database is None or app.database.aurora_global is None:
            return
        spec, writers = app.database.aurora_global, self.world.snapshot()["applications"][name]["writers"]
        others = [region for region in app.regions if region not in writers]
        target = self._chance.choice(others)
        arn = f"arn:aws:rds:{target}:123456789012:cluster:{spec.clusters[target]}"
        client = self._client("rds", target)
        try:
            client.failover_global_cluster(
                GlobalClusterIdentifier=spec.global_cluster, TargetDbClusterIdentifier=arn, AllowDataLoss=True
            )
        except Exception as error:  # refused, or nobody answers: then nothing was moved
            self._story.append(f"{name} is not moved to {target}: {type(error).__name__}")
            return
        self._story.append(f"{name} is moved to {target}")
        self._moved = self._disturbed = self.clock.monotonic()

    def _lack(self) -> None:
        """A parameter is written in one region and forgotten in the others."""
        name = self._chance.choice(list(self.topology.applications))
        app = self.topology.applications[name]
        if not app.parameters.paths or app.primary in self._down():
            return
        path = app.parameters.paths[0]
        key = f"{path}{self._chance.randrange(10**6)}"
        try:
            self._client("ssm", app.primary).put_parameter(Name=key, Value="x", Type="String")
        except Exception as error:  # refused: then nothing was written
            self._story.append(f"nothing is written to {name}: {type(error).__name__}")
            return
        self._story.append(f"{key} is written in {app.primary} only")
        since = dict.fromkeys(app.standby, self.clock.monotonic())
        self._missing.setdefault(name, {}).setdefault(path, since)

    def _add(self, kind: str, **scope: Any) -> None:
        told = f"{kind} {' '.join(str(value) for value in scope.values() if value is not None)}"
        self._began[self.world.add_fault(kind, **scope)] = (told, self.clock.monotonic())
        self._story.append(told)
        self._disturbed = self.clock.monotonic()

    def _somewhere(self) -> str | None:
        return self._chance.choice((None, *self._regions))

    def _client(self, service: str, region: str) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=self.endpoints.aws_url,
            aws_access_key_id="by-hand", aws_secret_access_key="by-hand",
        )  # fmt: skip

    # -- what is said of it ------------------------------------------------------------------------------------------

    def look(self) -> None:
        """One pass over every application, as the worker makes it; then compare."""
        names = list(self.topology.applications)
        before = {name: self.store.read(partial(observations.latest, application=name)) for name in names}
        with ThreadPoolExecutor(4) as pool:
            seen = list(pool.map(lambda name: self._watch.observe(name, before[name]), names))
        for one in seen:
            self.store.write(partial(observations.save, new=one))
        gone = self._down()
        self._looks = {region: self._looks.get(region, 0) + 1 for region in gone}
        self._compare(observed=True)

    def _compare(self, *, observed: bool) -> None:
        report = json.loads(status(self._services).model_dump_json(by_alias=True))
        world = self.world.snapshot()
        for told in report["applications"]:
            self.compared += 1
            truth = self._truth(told["name"], world)
            self.met.update(kinds(told, truth))
            for fault in faults(told, truth, observed=observed):
                self.wrong.append(
                    f"seed {self.seed}, {told['name']}: {fault}\n    after: {'; '.join(self._story[-8:])}"
                )

    def _truth(self, name: str, world: Json) -> Truth:
        app, now = world["applications"][name], self.clock.monotonic()
        regions = self.topology.applications[name].regions
        return Truth(
            up={region: world["regions"][region]["up"] for region in regions},
            writers=tuple(app["writers"]),
            answers=tuple(app["answers"]),
            lags={region: self._possible(region, lag) for region, lag in app["lag_seconds"].items()},
            metrics=frozenset(self._readable(regions, app)),
            moving=now - self._moved < self._slower(60.0),
            settling=now - self._disturbed < self._slower(2.0),
            known_gone=frozenset(self._known_gone()),
            missing={
                path: {region: now - since for region, since in lacking.items()}
                for path, lacking in self._missing.get(name, {}).items()
            },
            calm=not self._began and now - self._disturbed >= self._calm_s,
        )

    def _slower(self, seconds: float) -> float:
        """How long what takes `seconds` in a fast world takes in this one."""
        return seconds * FAST / self.speed

    @property
    def _calm_s(self) -> float:
        return self._slower(CALM_S)

    def _known_gone(self) -> Iterator[str]:
        """Hold-down and two vantages need a few passes; a fault of single calls may hide either from the bot."""
        open_faults = self.world.faults()
        if any(fault["kind"] in PER_CALL for fault in open_faults):
            return
        for fault in open_faults:
            since = self._began.get(fault["id"])
            if fault["kind"] == "region_down" and since is not None and self._looks.get(fault["region"], 0) >= 4:
                yield from [fault["region"]] if self.clock.monotonic() - since[1] >= 8.0 else []

    def _possible(self, region: str, lag: float) -> float:
        """A lag that the world makes by decree grows no faster than time, as any real one."""
        decreed = [at for told, at in self._began.values() if told.startswith("replication_lag")]
        if not decreed:
            return lag
        return min(lag, 0.6 + self.clock.monotonic() - max(decreed))

    def _readable(self, regions: tuple[str, ...], app: Json) -> Iterator[str]:
        """Where nothing stands between the metric and the bot: no fault but lag, and both sides there.

        A slow world's newest datapoint may be a minute old, and says nothing of the last second.
        """
        if self.speed < FAST:
            return
        open_faults = [fault for fault in self.world.faults() if not fault["kind"].startswith("replication")]
        if open_faults or self.clock.monotonic() - self._disturbed < 1.0:
            return
        yield from (region for region in regions if region in app["lag_seconds"])

    def _down(self) -> list[str]:
        return [fault["region"] for fault in self.world.faults() if fault["kind"] in ("region_down", "region_hangs")]

    def close(self) -> None:
        self._watch.close()


def started(
    topology: Topology,
    seed: int,
    folder: Path,
    store: Store,
    clock: ManualClock,
    speed: float = FAST,
    aws: AwsSessions | None = None,
) -> Walk:
    """The world of a seed and its bot. `aws`: clients that are there already, of the world's address."""
    world = World(topology, data_dir=folder, clock=clock, speed=speed)
    return Walk(topology, clock, world, world.start(), store, seed, speed, aws)
