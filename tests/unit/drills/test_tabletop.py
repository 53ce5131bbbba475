"""What a tabletop says of the stores that gate, by a table: what is not known is not within its objective."""

import pytest

from dr_core.drills.model import Result
from dr_core.drills.tabletop import lost
from dr_core.replication.exposure import StoreExposure


def store(verdict: str, seconds: float | None, reason: str = "", *, gate: bool = True) -> StoreExposure:
    return StoreExposure.model_validate(
        {
            "kind": "k", "name": "shop", "region": "eu-west-1", "gate": gate, "exposure_seconds": seconds,
            "threshold_seconds": 60, "age_seconds": 5, "verdict": verdict, "source": "t", "reason": reason,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stores", "gates", "result", "words"),
    [
        ((store("ok", 0.4),), True, Result.PASSED, "within its objective"),
        ((store("ok", None, "in step"),), True, Result.PASSED, "within its objective"),
        ((store("ok", 0.4), store("stale", 0.4, "no newer datapoint")), True, Result.UNKNOWN, "no newer datapoint"),
        ((store("unknown", None, "nothing was measured"),), True, Result.UNKNOWN, "nothing was measured"),
        ((store("over", 75.0), store("stale", 0.4)), True, Result.FAILED, "75 s, threshold 60 s, measured 5 s ago"),
        ((store("over", None, "CREATING"),), True, Result.FAILED, "CREATING"),
        ((store("unknown", None, gate=False),), False, Result.SKIPPED, "no store gates"),
        ((store("ok", 0.4, gate=False),), True, Result.UNKNOWN, "no store that gates was measured"),
        ((), True, Result.UNKNOWN, "no store that gates was measured"),
    ],
)
def test_every_store_that_gates_has_to_be_known_and_within_its_objective(
    stores: tuple[StoreExposure, ...], gates: bool, result: Result, words: str
) -> None:
    found = lost(stores, gates=gates)
    assert found.result is result
    assert words in found.detail
