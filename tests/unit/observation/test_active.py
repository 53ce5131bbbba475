"""Which region is active, by the best evidence there is, and the reason."""

from datetime import UTC, datetime

import pytest

from dr_core.observation.active import active_region
from dr_core.observation.model import Observation, TrafficState
from dr_core.topology.model import Application

NOW = datetime(2026, 1, 5, tzinfo=UTC)
A, B = "ap-south-1", "ap-east-1"
STATEFUL = Application.model_validate({
    "primary": A, "standby": [B],
    "database": {"aurora_global": {"global_cluster": "g", "clusters": {A: "a", B: "b"}}},
})  # fmt: skip
STATELESS = Application.model_validate({"primary": A, "standby": [B]})


def seen(writers: tuple[str, ...] | None, answers: tuple[str, ...] | None) -> Observation:
    traffic = TrafficState(
        name="n", answers=answers, weights=None, ttl_s=None, reason="" if answers else "silent", observed_at=NOW
    )
    return Observation(
        application="x",
        observed_at=NOW,
        duration_s=0,
        writers=writers,
        writers_reason="" if writers else "nobody answers",
        traffic=(traffic,),
    )


@pytest.mark.parametrize(
    ("remark", "app", "observation", "recorded", "fences", "expected", "words"),
    [
        ("the writer decides", STATEFUL, seen((B,), (A,)), A, {}, B, "only writer"),
        ("a fenced writer is told", STATEFUL, seen((B,), (A,)), A, {B: "unfenced"}, B, "recorded as unfenced"),
        ("two writers are nobody's", STATEFUL, seen((A, B), (A,)), A, {}, None, "2 regions write"),
        ("DNS when nobody tells who writes", STATEFUL, seen(None, (B,)), A, {}, B, "DNS answers with ap-east-1"),
        ("the reason keeps what is not known", STATEFUL, seen(None, (B,)), None, {}, B, "nobody answers"),
        ("DNS for an application without a database", STATELESS, seen(None, (B,)), None, {}, B, "DNS answers"),
        ("fenced regions are not active by DNS", STATELESS, seen(None, (A, B)), None, {A: "fenced"}, B, "DNS answers"),
        ("two answers decide nothing", STATELESS, seen(None, (A, B)), B, {}, B, "as recorded"),
        ("the record when nothing answers", STATEFUL, seen(None, None), B, {}, B, "as recorded"),
        ("the configuration, said to be just that", STATEFUL, None, None, {}, A, "as configured, not observed"),
        ("the configuration after an empty look", STATELESS, seen(None, None), None, {}, A, "silent"),
    ],
)
def test_the_active_region(
    remark: str, app: Application, observation: Observation | None, recorded: str | None, fences: dict[str, str],
    expected: str | None, words: str,
) -> None:  # fmt: skip
    region, reason = active_region(app, observation, recorded, fences)
    assert region == expected, remark
    assert words in reason
