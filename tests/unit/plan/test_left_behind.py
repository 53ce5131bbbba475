"""What a shift of users does not take along is said before anybody approves it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dr_core.observation.model import ConsumerState, Flow, Observation
from dr_core.plan.checks import consumers, left_behind
from dr_core.plan.checks.case import Case
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Severity
from dr_core.topology.capacity import Consumer, LambdaEventSource
from dr_core.topology.load import load_checked
from dr_core.topology.stores import Cache, ElastiCacheGlobal, Parameters

FRA, DUB = "eu-central-1", "eu-west-1"
NOW = datetime(2026, 1, 5, tzinfo=UTC)
TOPOLOGY = load_checked(Path(__file__).parents[2] / "topologies" / "active.yaml")
PARTS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "consumers": {"consumers": (Consumer(lambda_event_source=LambdaEventSource(function="orders")),)},
    "cache": {"cache": (Cache(elasticache_global=ElastiCacheGlobal(group="baskets")),)},
    "parameters": {"parameters": Parameters(paths=("/catalog/",))},
}


def found(part: str, consuming: dict[str, Flow], *, returning: bool = False) -> dict[str, Severity]:
    app = TOPOLOGY.applications["catalog"].model_copy(update=PARTS[part])
    topology = TOPOLOGY.model_copy(update={"applications": {**TOPOLOGY.applications, "catalog": app}})
    plan = build(topology, "catalog", source=FRA, target=DUB, mode=Mode.FORCED, returning=returning)
    states = tuple(
        ConsumerState(
            region=region, kind="lambda_event_source", name="orders", flow=flow, detail=flow.value, observed_at=NOW
        )
        for region, flow in consuming.items()
    )
    seen = Observation(application="catalog", observed_at=NOW, duration_s=0, consumers=states)
    case = Case(topology, plan, seen, NOW)
    return {one.code: one.severity for one in (*left_behind.findings(case), *consumers.findings(case))}


@pytest.mark.parametrize(
    ("part", "consuming", "expected"),
    [
        ("nothing", {}, {}),
        ("consumers", {FRA: Flow.ON, DUB: Flow.OFF}, {"consumers-left-behind": Severity.BLOCKING}),
        ("consumers", {}, {"consumers-left-behind": Severity.BLOCKING}),
        ("consumers", {FRA: Flow.ON, DUB: Flow.ON}, {"consumers-left-on": Severity.WARNING}),
        ("cache", {}, {"cache-left-behind": Severity.BLOCKING}),
        ("parameters", {}, {"parameters-left-behind": Severity.WARNING}),
    ],
)
def test_what_a_shift_leaves_where_it_is(part: str, consuming: dict[str, Flow], expected: dict[str, Severity]) -> None:
    assert found(part, consuming) == expected
    assert found(part, consuming, returning=True) == {}
