"""The page of a run's rollback, typed into a real shell, leaves the world as it stood before that run."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dr_core.catch_up.memory import MemoryTracks
from dr_core.errors import DrError
from dr_core.plan import rollback
from dr_core.plan.catalogue import Catalogue, Progress, observed
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.plan.undo import Outcome
from dr_core.ports import aws_ports
from dr_core.runbook.paper import Seen, page
from dr_core.runbook.rollback_pages import left_out
from dr_core.settings import read_settings
from tests.contract.by_hand import Hands
from tests.contract.test_runbook_by_hand import BOT, Alike, Place, Story, _carried_out, _short_folder, _sizes, begin

__all__ = ["begin"]
APP, HOME, AWAY = "shop", "eu-central-1", "eu-west-1"


@pytest.mark.parametrize("last", ["fence-source", "verify-health"])
def test_the_way_back_by_hand_ends_where_the_run_began(begin: Callable[[Story], Place], last: str) -> None:
    """Once before the writer has moved, and once when users are served in the target."""
    place = begin(Story("shop.yaml", ()))
    before = _standing(place)
    plan = build(place.topology, APP, source=HOME, target=AWAY, mode=Mode.PLANNED)
    outcomes = _carried_out_until(place, plan, last)
    assert _standing(place) != before
    back = rollback.build(place.topology, plan, outcomes, "run-1")
    seen = Seen(place.clock.now(), "1", AWAY, "as it was", None, None)
    text = page(place.topology.applications[APP], back, left_out(back), seen)
    ends = place.endpoints
    hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, place.clock)
    with _short_folder() as folder:
        hands.run("\n".join(re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)), folder)
    place.clock.advance(3600)
    assert _standing(place) == before


def _carried_out_until(place: Place, plan: Plan, last: str) -> dict[str, Outcome]:
    """By the bot's own steps, until a step of the kind is done; what each had found."""
    kinds, outcomes = _kinds(place), dict[str, Outcome]()
    for step in plan.steps:
        found = _found(kinds, step)
        try:
            _carried_out(kinds[step.kind], step, place.clock)
        except DrError:
            assert step.best_effort
            continue
        outcomes[step.name] = Outcome(found, {}, done=True, possible=True)
        if step.kind == last:
            return outcomes
    raise AssertionError(f"the plan has no {last}")


def _found(kinds: Catalogue, step: Step) -> dict[str, Any] | None:
    """How it stood where something is to be done about it."""
    if rollback.looks_only(KINDS[step.kind]):
        return None
    seen = observed(kinds[step.kind], step, BOT)
    return dict(seen.evidence) if seen.progress is Progress.ABSENT else None


def _kinds(place: Place) -> Catalogue:
    ends = place.endpoints
    settings = read_settings(
        {"DR_PROBE_CONNECT_TO": ends.connect_to, "DR_PROBE_CA": str(ends.ca_path), "DR_RESOLVERS": ends.resolver}
    )
    tracks = MemoryTracks(place.clock, {"everything": 0.5})
    return make_catalogue(aws_ports(place.aws, settings, place.clock, Alike(place.clock), tracks))


def _standing(place: Place) -> dict[str, Any]:
    truth = place.world.snapshot()["applications"][APP]
    app = place.topology.applications[APP]
    return {**{key: truth[key] for key in ("writers", "answers", "weights", "running")}, "sizes": _sizes(place, app)}
