"""The steps that shift users away from a region and back, against the simulated AWS; and the same typed by hand."""

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, RejectedError, UnreachableError
from dr_core.plan.catalogue import Catalogue, Progress
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan, Step
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.runbook.paper import Seen
from dr_core.runbook.shelf import shelf
from dr_core.settings import read_settings
from dr_core.topology.load import load_checked
from tests.contract.by_hand import Hands

ACTIVE = Path(__file__).parents[1] / "topologies" / "active.yaml"
FRA, DUB, STO = "eu-central-1", "eu-west-1", "eu-north-1"
CLAIM = Claim("token", "run-a", 1)
CHANGE = "ChangeResourceRecordSets"


class Place:
    def __init__(self, folder: Path) -> None:
        self.topology = load_checked(ACTIVE)
        self.clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        self.world = World(self.topology, data_dir=folder, clock=self.clock, speed=60.0)
        self.ends: Endpoints = self.world.start()
        settings = read_settings({
            "DR_PROBE_CONNECT_TO": self.ends.connect_to, "DR_PROBE_CA": str(self.ends.ca_path),
            "DR_RESOLVERS": self.ends.resolver,
        })  # fmt: skip
        aws = AwsSessions.for_topology(self.topology, self.ends.aws_url)
        self.kinds: Catalogue = make_catalogue(aws_ports(aws, settings, self.clock))

    def plan(self, application: str, source: str, target: str, *, returning: bool = False) -> Plan:
        way = {"source": source, "target": target, "mode": Mode.PLANNED, "returning": returning}
        return build(self.topology, application, **way)

    def carry_out(self, plan: Plan) -> None:
        """As a run without any trouble would."""
        for step in plan.steps:
            self.do(step)

    def do(self, step: Step) -> None:
        for _ in range(60):
            progress = self.kinds[step.kind].observe(step).progress
            if progress is Progress.SATISFIED:
                return
            if progress is Progress.ABSENT:
                self.kinds[step.kind].act(step, CLAIM)
            self.clock.advance(5)
        raise AssertionError(f"{step.name} is not done")

    def truth(self, application: str) -> dict[str, Any]:
        seen = self.world.snapshot()["applications"][application]
        return {"weights": seen["weights"], "answers": seen["answers"], "running": seen["running"]}

    def by_hand(self, page: str) -> None:
        hands = Hands(self.ends.aws_url, self.ends.connect_to, self.ends.ca_path, self.ends.resolver, self.clock)
        seen = Seen(self.clock.now(), "1", None, "every region serves", None, None)
        pages = {one.path: one.text for name in ("catalog", "edge") for one in shelf(self.topology, name, seen).pages}
        blocks = re.findall(r"^```bash\n(.*?)^```", pages[page], re.DOTALL | re.MULTILINE)
        with tempfile.TemporaryDirectory(prefix="dr-hand-") as folder:
            hands.run("\n".join(blocks), Path(folder))
        self.clock.advance(5)  # health checks follow


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    made = Place(tmp_path)
    try:
        yield made
    finally:
        made.world.stop()


def only(plan: Plan, kind: str) -> Step:
    return next(step for step in plan.steps if step.kind == kind)


def test_by_weights_there_and_back_by_the_bot_and_by_hand(place):
    at_first = place.truth("catalog")
    assert at_first["weights"] == {FRA: 70, DUB: 30}
    place.carry_out(place.plan("catalog", FRA, DUB))
    shifted = place.truth("catalog")
    assert (shifted["weights"], shifted["answers"]) == ({FRA: 0, DUB: 30}, [DUB])
    place.carry_out(place.plan("catalog", DUB, FRA, returning=True))
    assert place.truth("catalog") == at_first
    place.by_hand(f"catalog/planned-{FRA}-to-{DUB}.md")
    assert place.truth("catalog") == shifted
    place.by_hand(f"catalog/return-to-{FRA}.md")
    assert place.truth("catalog") == at_first


def test_by_controls_the_third_region_stays_on(place):
    place.carry_out(place.plan("edge", STO, DUB))
    assert set(place.truth("edge")["answers"]) == {DUB, FRA}
    place.carry_out(place.plan("edge", FRA, DUB))
    assert place.truth("edge")["answers"] == [DUB]
    place.carry_out(place.plan("edge", DUB, STO, returning=True))
    assert set(place.truth("edge")["answers"]) == {DUB, STO}
    place.by_hand(f"edge/return-to-{FRA}.md")
    assert set(place.truth("edge")["answers"]) == {DUB, STO, FRA}


def test_a_shift_that_is_done_already_and_one_that_is_under_way(place):
    step = only(place.plan("catalog", FRA, DUB), "shift-weights")
    kind = place.kinds["shift-weights"]
    kind.act(step, CLAIM)
    assert kind.observe(step).progress is Progress.UNDER_WAY, "the name servers follow later"
    place.clock.advance(10)
    done = kind.observe(step)
    assert (done.progress, done.evidence["weights"]) == (Progress.SATISFIED, {FRA: 0, DUB: 30})


def test_dns_that_still_answers_the_region_left_is_waited_for(place):
    step = only(place.plan("catalog", FRA, DUB), "verify-away")
    seen = {place.kinds["verify-away"].observe(step).progress for _ in range(30)}
    assert Progress.UNDER_WAY in seen, "both regions are answered"
    place.do(only(place.plan("catalog", FRA, DUB), "shift-weights"))
    place.clock.advance(60)
    assert {place.kinds["verify-away"].observe(step).progress for _ in range(5)} == {Progress.SATISFIED}


@pytest.mark.parametrize(
    ("kind", "error", "changed"),
    [
        ("error_before", UnreachableError, False),
        ("error_after", UnreachableError, True),
        ("throttle", UnreachableError, False),
        ("denied", DeniedError, False),
    ],
)
def test_a_shift_that_fails_is_looked_at_before_it_is_tried_again(place, kind, error, changed):
    step = only(place.plan("catalog", FRA, DUB), "shift-weights")
    place.world.add_fault(kind, service="route53", operation=CHANGE)
    with pytest.raises(error):
        place.kinds["shift-weights"].act(step, CLAIM)
    place.world.remove_fault(None)
    place.clock.advance(30)
    assert (place.kinds["shift-weights"].observe(step).progress is Progress.SATISFIED) is changed
    place.do(step)
    applied = [one for one in place.world.calls() if one["operation"] == CHANGE and one["effect"] == "applied"]
    assert len(applied) == 1


def test_the_last_region_is_never_left(place):
    place.do(only(place.plan("catalog", FRA, DUB), "shift-weights"))
    step = only(place.plan("catalog", DUB, FRA), "shift-weights")
    alone = step.model_copy(update={"params": {**step.params, "weights": {DUB: 0}}})
    with pytest.raises(RejectedError, match="left on"):
        place.kinds["shift-weights"].act(alone, CLAIM)
    assert place.truth("catalog")["answers"] == [DUB]
