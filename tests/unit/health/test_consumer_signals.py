"""A consumer is well where the active region consumes and no other one does; what nobody knows is unknown."""

from datetime import UTC, datetime

import pytest

from dr_core.health.consumers import judge_consumer
from dr_core.observation.model import ConsumerState, Flow, SignalState

OK, BAD, UNKNOWN = SignalState.OK, SignalState.BAD, SignalState.UNKNOWN


def seen(flow: Flow | None) -> ConsumerState:
    at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    return ConsumerState(region="a", kind="k", name="n", flow=flow, detail="as it is", reason="why", observed_at=at)


@pytest.mark.parametrize(
    ("flow", "in_active", "elsewhere", "nobody_knows"),
    [
        (Flow.ON, OK, BAD, UNKNOWN),
        (Flow.STARTING, OK, BAD, UNKNOWN),
        (Flow.MIXED, BAD, BAD, UNKNOWN),
        (Flow.STOPPING, BAD, OK, UNKNOWN),
        (Flow.OFF, BAD, OK, UNKNOWN),
        (Flow.BUSY, UNKNOWN, UNKNOWN, UNKNOWN),
        (None, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_it_consumes_in_the_active_region_alone(flow, in_active, elsewhere, nobody_knows):
    judged = {active: judge_consumer(seen(flow), active) for active in ("a", "b", None)}
    assert [state for state, _ in judged.values()] == [in_active, elsewhere, nobody_knows]
    assert all(words for _, words in judged.values())
