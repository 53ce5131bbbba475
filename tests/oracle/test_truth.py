"""The oracle itself: each lie in a true report is found, and the true report is not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle.truth import Truth, faults

AT = "2026-01-05T09:00:00Z"


def report() -> dict[str, Any]:
    def region(verdict: str) -> dict[str, Any]:
        return {"role": "standby", "verdict": verdict, "reasons": ["seen"], "observed_at": AT}

    def store(kind: str, gate: bool, seconds: float | None) -> dict[str, Any]:
        return {
            "kind": kind, "name": "/x/" if kind == "parameters" else "x", "region": "b", "gate": gate,
            "exposure_seconds": seconds, "threshold_seconds": 60, "age_seconds": 1.0, "verdict": "ok",
            "source": "CloudWatch", "reason": "", "figures": [],
        }  # fmt: skip

    return {
        "active_region": "a",
        "regions": {"a": region("healthy"), "b": region("healthy")},
        "writers": ["a"],
        "answers": ["a"],
        "exposure_seconds": 2.0,
        "stores": [store("aurora_global", True, 2.0), store("parameters", False, None)],
        "objectives": [
            {
                "name": "rto",
                "subject": "",
                "reached": 9.0,
                "met": True,
                "method": "run",
                "measured_at": AT,
                "reason": "",
            }
        ],
        "target": {"region": "b", "reason": "healthy"},
        "readiness": {"ready": None, "age_seconds": None},
    }


TRUTH = Truth(
    up={"a": True, "b": True}, writers=("a",), answers=("a",), lags={"b": 2.1}, metrics=frozenset({"b"}), calm=True
)
FIGURE = {"name": "pending", "value": 3.0, "unit": "bytes", "measured_at": None, "source": "CloudWatch", "reason": ""}
Change = Callable[[dict[str, Any]], Any]


def truth(**more: Any) -> Truth:
    return Truth(**{**vars(TRUTH), "calm": False, **more})


def test_the_truth_is_no_lie() -> None:
    assert list(faults(report(), TRUTH, observed=True)) == []


@pytest.mark.parametrize(
    ("change", "real", "found"),
    [
        (lambda r: None, truth(up={"a": True, "b": False}), "b is not there and is called healthy"),
        (lambda r: r["regions"]["a"].update(verdict="down"), TRUTH, "nothing is broken, and a is down"),
        (lambda r: r["regions"]["a"].update(reasons=[]), truth(), "has no reason"),
        (lambda r: r.update(writers=["b"]), truth(), "b is said to write and does not"),
        (lambda r: None, truth(writers=("a", "b")), "b writes, and only"),
        (lambda r: r.update(answers=["b"]), truth(), "DNS answers"),
        (lambda r: None, truth(lags={"b": 30.0}), "30.0 s would be lost and can be read, and 2.0 s are shown"),
        (lambda r: None, truth(lags={"b": 9.0}, metrics=frozenset()), "9.0 s would be lost, and 2.0 s of 1.0 s ago"),
        (
            lambda r: r["stores"][0].update(age_seconds=9.0),
            truth(lags={"b": 9.0}, metrics=frozenset(), known_gone=frozenset({"a"})),
            "9.0 s would be lost, and 2.0 s of 9.0 s ago",
        ),
        (
            lambda r: r["stores"][0].update(age_seconds=999.0),
            truth(lags={"b": 500.0}, metrics=frozenset()),
            "500.0 s would be lost, and 2.0 s of 999.0 s ago",
        ),
        (lambda r: r["stores"][0].update(exposure_seconds=99, verdict="ok"), truth(lags={"b": 99}), "it is called ok"),
        (lambda r: r.update(exposure_seconds=0.0), truth(), "less than that of a store that gates"),
        (lambda r: r["stores"][0].update(verdict="stale", reason="old"), truth(), "although nothing is known"),
        (lambda r: r["stores"][0].update(age_seconds=None, gate=False), truth(lags={}), "a figure without an age"),
        (lambda r: r["stores"][1].update(verdict="unknown"), truth(), "unknown without a reason"),
        (lambda r: r["stores"][1].update(source=""), truth(), "has no source"),
        (lambda r: r["stores"][1].update(figures=[FIGURE]), truth(), "pending has no source or no age"),
        (lambda r: r["objectives"][0].update(measured_at=None), truth(), "a figure without method or age"),
        (lambda r: r["objectives"][0].update(reached=None), truth(), "met or missed and was never measured"),
        (lambda r: r["target"].update(region=None, reason=""), truth(), "nothing is proposed, without a reason"),
        (lambda r: r["readiness"].update(ready=True), truth(), "readiness without an age"),
        (lambda r: None, truth(missing={"/x/": {"b": 2.0}}), "lacks a parameter in b and is called ok"),
    ],
)
def test_each_lie_is_found(change: Change, real: Truth, found: str) -> None:
    told = copy.deepcopy(report())
    change(told)
    assert any(found in fault for fault in faults(told, real, observed=True)), list(faults(told, real, observed=True))


def test_what_nobody_looked_at_for_long_is_unknown() -> None:
    found = list(faults(report(), truth(), observed=False))
    assert "a was not observed for long and is called healthy" in found
    assert "nobody looked for long, and somebody is said to write" in found
    assert "nobody asked DNS for long, and an answer is shown" in found
