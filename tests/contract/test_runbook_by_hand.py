"""The runbook's pages, typed into a real shell, leave the world as the bot's own steps leave it."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DrError
from dr_core.plan.catalogue import Progress, StepKind
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.runbook.paper import Seen
from dr_core.runbook.shelf import shelf
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Account, Topology
from tests.contract.by_hand import Hands

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
SPEED = 60.0
ROLE = Account(role_arn="arn:aws:iam::111122223333:role/dr", external_id="agreed")


class Leg(NamedTuple):
    """One failover; `dark`: its source is down meanwhile."""

    application: str
    source: str
    target: str
    mode: Mode
    dark: bool = False


class Story(NamedTuple):
    """Failovers one after another in one world. `role`: the applications live in another account."""

    file: str
    legs: tuple[Leg, ...]
    role: bool = False


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
        "second.yaml",
        (
            Leg("identity", "eu-west-1", "eu-central-1", Mode.FORCED),
            Leg("payments", "eu-west-1", "eu-central-1", Mode.PLANNED),
            Leg("identity", "eu-central-1", "eu-west-1", Mode.PLANNED),
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
            apps = {n: app.model_copy(update={"account": ROLE}) for n, app in topology.applications.items()}
            topology = topology.model_copy(update={"applications": apps})
        clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        world = World(topology, data_dir=tmp_path, clock=clock, speed=SPEED)
        running.append(world)
        endpoints = world.start()
        return Place(world, endpoints, clock, topology, AwsSessions.for_topology(topology, endpoints.aws_url))

    yield start
    for world in running:
        world.stop()


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
        **{key: truth[key] for key in ("writers", "answers", "weights", "running")},
        "parameters": {raw["Name"]: (raw["Type"], raw["Value"]) for raw in found["Parameters"]},
        "objects": objects,
    }


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
    kinds = make_catalogue(aws_ports(topology, place.aws, settings, place.clock).of(app.account))
    plan = build(topology, leg.application, source=leg.source, target=leg.target, mode=leg.mode)
    for step in plan.steps:
        try:
            _carried_out(kinds[step.kind], step, place.clock)
        except DrError:
            assert step.best_effort


def _carried_out(kind: StepKind, step: Step, clock: ManualClock) -> None:
    for _ in range(200):
        progress = kind.observe(step).progress
        if progress is Progress.SATISFIED:
            return
        if progress is Progress.ABSENT:
            kind.act(step, Claim("token", "run", 1))
        clock.advance(10)
    raise AssertionError(f"{step.name} is not done")


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A socket's path may have 107 characters, which pytest's folders can exceed."""
    with tempfile.TemporaryDirectory(prefix="dr-hand-") as path:
        yield Path(path)
