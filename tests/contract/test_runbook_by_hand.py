"""The runbook's pages, typed into a real shell, leave the world as the bot's own steps leave it."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.sandbox.world.elasticache import ElastiCacheGlobal as Datastores
from bot.sandbox.world.s3_batch import S3Batch
from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.canary.port import Probes, Trial
from dr_core.capacity.by_kind import aws_capacity
from dr_core.catch_up.memory import MemoryTracks
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DrError, RejectedError
from dr_core.observation.samples import Sample
from dr_core.plan.catalogue import Progress, StepKind, observed
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.runbook.paper import Seen
from dr_core.runbook.shelf import shelf
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Account, Application, Topology
from dr_core.topology.stores import Cache, ElastiCacheGlobal, Storage
from dr_core.topology.traffic import Canary, CloudFront, Traffic
from tests.contract.by_hand import Hands

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
SPEED = 60.0
BOT = Claim("token", "run", 1)
ROLE = Account(role_arn="arn:aws:iam::111122223333:role/dr", external_id="agreed")


class Leg(NamedTuple):
    """One failover; `dark`: its source is down meanwhile."""

    application: str
    source: str
    target: str
    mode: Mode
    dark: bool = False


class Story(NamedTuple):
    """Failovers one after another in one world. `role`: the applications live in another account, and have a canary.

    `copies`: each has a cache and a distribution besides, and jobs for its buckets.
    """

    file: str
    legs: tuple[Leg, ...]
    role: bool = False
    copies: bool = False


STORIES = (
    Story(
        "shop.yaml",
        (
            Leg("shop", "eu-central-1", "eu-west-1", Mode.FORCED, dark=True),
            Leg("shop", "eu-west-1", "eu-central-1", Mode.PLANNED),
        ),
    ),
    Story(
        "three.yaml",
        (
            Leg("tickets", "eu-north-1", "eu-west-1", Mode.PLANNED),
            Leg("tickets", "eu-west-1", "eu-central-1", Mode.FORCED, dark=True),
        ),
        role=True,
    ),
    Story(
        "replicas.yaml",
        (
            Leg("claims", "ca-central-1", "us-west-2", Mode.PLANNED),
            Leg("desk", "us-west-2", "ca-central-1", Mode.FORCED, dark=True),
        ),
    ),
    Story("consumers.yaml", (Leg("harbour", "eu-north-1", "eu-west-3", Mode.FORCED),)),
    Story("controls.yaml", (Leg("ledger", "eu-west-3", "eu-south-1", Mode.FORCED, dark=True),)),
    Story(
        "second.yaml",
        (
            Leg("identity", "eu-west-1", "eu-central-1", Mode.FORCED),
            Leg("payments", "eu-west-1", "eu-central-1", Mode.PLANNED),
            Leg("identity", "eu-central-1", "eu-west-1", Mode.PLANNED),
        ),
        copies=True,
    ),
    Story(
        "pool.yaml",
        (
            Leg("stock", "eu-south-1", "eu-west-3", Mode.FORCED, dark=True),
            Leg("stock", "eu-west-3", "eu-south-1", Mode.PLANNED),
        ),
    ),
)


class Place(NamedTuple):
    """A world with something to copy, at the moment of the case."""

    world: World
    endpoints: Endpoints
    clock: ManualClock
    topology: Topology
    aws: AwsSessions


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Story], Place]]:
    """Start a new world for a story; the one before ends."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    running: list[World] = []

    def start(story: Story) -> Place:
        for world in running:
            world.stop()
        topology = load_topology(TOPOLOGIES / story.file)
        if story.role:
            update = {"account": ROLE, "canary": Canary(percent=4, hold=timedelta(minutes=2))}
            apps = {n: app.model_copy(update=update) for n, app in topology.applications.items()}
            topology = topology.model_copy(update={"applications": apps})
        if story.copies:
            apps = {n: _with_copies(n, app) for n, app in topology.applications.items()}
            topology = topology.model_copy(update={"applications": apps})
        clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        world = World(topology, data_dir=tmp_path, clock=clock, speed=SPEED)
        running.append(world)
        endpoints = world.start()
        return Place(world, endpoints, clock, topology, AwsSessions.for_topology(topology, endpoints.aws_url))

    yield start
    for world in running:
        world.stop()


def _with_copies(name: str, app: Application) -> Application:
    specs = [entry.s3 for entry in app.storage if entry.s3]
    jobs = tuple(Storage(s3=spec.model_copy(update={"batch_role_arn": ROLE.role_arn})) for spec in specs)
    cache = (Cache(elasticache_global=ElastiCacheGlobal(group=f"{name}-sessions")),)
    traffic = (*app.traffic, Traffic(cloudfront=CloudFront(distribution=f"E{name.upper()}")))
    return app.model_copy(update={"cache": cache, "storage": jobs, "traffic": traffic})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.file)
def test_pages_by_hand_end_where_the_bots_own_steps_end(
    story: Story, begin: Callable[[Story], Place], tmp_path: Path
) -> None:
    bot = begin(story)
    expected = [_left(bot, leg, _by_bot) for leg in story.legs]
    assert [left["writers"] for left in expected] == [[leg.target] for leg in story.legs]
    person = begin(story)
    assert [_left(person, leg, _by_hand) for leg in story.legs] == expected


def _left(place: Place, leg: Leg, carried_out: Callable[[Place, Leg], None]) -> dict[str, Any]:
    """What a failover leaves: writers, DNS, weights, sizes, take-over objects, parameters of the target."""
    app = place.topology.applications[leg.application]
    path = app.parameters.paths[0].rstrip("/")
    _drift(place.aws, path, leg)
    if leg.dark:
        place.world.add_fault("region_down", region=leg.source)
    carried_out(place, leg)
    place.world.remove_fault(None)
    place.clock.advance(3600)
    truth = place.world.snapshot()["applications"][leg.application]
    ssm = place.aws.client("ssm", leg.target)
    found = ssm.get_parameters_by_path(Path=path, Recursive=True, WithDecryption=True)
    objects = {}
    for switch in (entry.standby_takes_over for entry in app.traffic if entry.standby_takes_over):
        for region, bucket in switch.bucket.items():
            listed = place.aws.client("s3", region).list_objects_v2(Bucket=bucket)
            objects[bucket] = [entry["Key"] for entry in listed.get("Contents", ())]
    return {
        **{key: truth[key] for key in ("writers", "answers", "weights", "running", "consuming")},
        "parameters": {raw["Name"]: (raw["Type"], raw["Value"]) for raw in found["Parameters"]},
        "objects": objects,
        "sizes": _sizes(place, app),
        "copies": _copies(place),
    }


def _copies(place: Place) -> dict[str, Any]:
    """Which region leads each cache, and what waits to be copied out of which bucket."""
    caches = {one.id: one.primary for one in place.world.part(Datastores).datastores.values()}
    jobs = {(one.bucket, one.status, len(one.found)) for one in place.world.part(S3Batch).jobs.values()}
    return {"caches": caches, "jobs": jobs}


def _sizes(place: Place, app: Application) -> dict[tuple[str, str], Any]:
    """How much is wanted and runs, and what automatic scaling may make of it."""
    capacity = aws_capacity(acting_clients(place.aws, app.account), place.clock)
    found = {}
    for entry in app.capacity:
        for region in app.regions:
            state = capacity.state(entry, region)
            found[state.name, region] = (state.desired, state.running, capacity.bounds(entry, region))
    return found


def _drift(aws: AwsSessions, path: str, leg: Leg) -> None:
    """A parameter that differs, and one that the target lacks: secret, in two lines, with what a shell might take."""
    source, target = aws.client("ssm", leg.source), aws.client("ssm", leg.target)
    source.put_parameter(Name=f"{path}/changed", Value=f"words of {leg}", Type="String", Overwrite=True)
    source.put_parameter(
        Name=f"{path}/{leg.target}", Value="two\nlines 'quoted' $HOME", Type="SecureString", Overwrite=True
    )
    target.put_parameter(Name=f"{path}/changed", Value="old", Type="String", Overwrite=True)


def _by_hand(place: Place, leg: Leg) -> None:
    app = place.topology.applications[leg.application]
    seen = Seen(place.clock.now(), "1", leg.source, "as configured", None, None)
    pages = {page.path: page.text for page in shelf(place.topology, leg.application, seen).pages}
    page = pages[f"{leg.application}/{leg.mode.value}-{leg.source}-to-{leg.target}.md"]
    ends = place.endpoints
    hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, place.clock)
    with _short_folder() as folder:
        said = hands.run("\n".join(re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)), folder)
    assert ("/changed copied" in said) == (leg.mode is Mode.PLANNED)
    assert (f"{leg.source} did not answer: it is unfenced" in said) == leg.dark
    assert any("assume-role" in words for words in hands.typed) == (app.account is not None)
    shared = app.canary is not None and leg.mode is Mode.PLANNED
    assert ({"4", "96"} <= {*re.findall(r'"Weight": (\d+)', said)}) == shared, "a canary, by hand too"
    assert "words of" not in said
    assert "quoted" not in said


def _by_bot(place: Place, leg: Leg) -> None:
    """The bot's step kinds in the plan's order, as a run without any trouble would carry them out."""
    topology, ends = place.topology, place.endpoints
    app = topology.applications[leg.application]
    settings = read_settings(
        {
            "DR_PROBE_CONNECT_TO": ends.connect_to,
            "DR_PROBE_CA": str(ends.ca_path),
            "DR_RESOLVERS": ends.resolver,
        }
    )
    tracks = MemoryTracks(place.clock, {"everything": 0.5})
    ports = aws_ports(place.aws, settings, place.clock, Alike(place.clock), tracks)
    kinds = make_catalogue(ports.of(app.account))
    plan = build(topology, leg.application, source=leg.source, target=leg.target, mode=leg.mode)
    for step in plan.steps:
        try:
            _carried_out(kinds[step.kind], step, place.clock)
        except DrError:
            assert step.best_effort


class Alike:
    """A canary begins when it is first asked about; both sides answer every probe alike."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._begun_at: datetime | None = None

    def trial(self, application: str, start: str, probes: Probes) -> Trial:
        now = self._clock.now()
        begun_at = self._begun_at = self._begun_at or now
        moments = [begun_at + timedelta(seconds=n) for n in range(0, int((now - begun_at).total_seconds()) + 1, 10)]
        samples = [Sample(application, region, "probe", at, 50.0, True) for at in moments for region in probes]
        return Trial(begun_at, now, tuple(samples))


def _carried_out(kind: StepKind, step: Step, clock: ManualClock) -> None:
    claim = replace(BOT, token=f"{step.name} {clock.monotonic()}")
    for _ in range(200):
        progress = observed(kind, step, claim).progress
        if progress is Progress.SATISFIED:
            return
        if progress is Progress.ABSENT:
            with suppress(RejectedError):  # asked again, as the runner does: a replica may not have everything yet
                kind.act(step, claim)
        clock.advance(10)
    raise AssertionError(f"{step.name} is not done")


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A socket's path may have 107 characters, which pytest's folders can exceed."""
    with tempfile.TemporaryDirectory(prefix="dr-hand-") as path:
        yield Path(path)
