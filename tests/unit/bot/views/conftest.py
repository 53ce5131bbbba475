"""Sample results with awkward text in them, for the tests of the views."""

import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from dr_core.observation.model import Verdict
from dr_core.plan.expected import Estimate
from dr_core.reports.model import (
    AckView,
    ApplicationStatus,
    FindingView,
    PlanReport,
    PlanStep,
    RequestLine,
    RequestView,
    RunView,
    SegmentView,
    StatusReport,
    StepView,
    StoreExposure,
)
from dr_core.standing.model import RegionStatus

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NASTY = "line one\nline \u202etwo <!channel> & *bold* " + "x" * 400


def store(**changes: object) -> StoreExposure:
    values: dict[str, object] = {
        "kind": "aurora", "name": "shop", "region": "eu-west-1", "gate": True, "exposure_seconds": 0.4,
        "threshold_seconds": 60, "age_seconds": 3, "verdict": "ok", "source": "AuroraGlobalDBRPOLag", "reason": "",
    }  # fmt: skip
    return StoreExposure.model_validate(values | changes)


def _unknown_store() -> StoreExposure:
    return store(kind="s3", gate=False, exposure_seconds=None, age_seconds=None, verdict="unknown", reason=NASTY)


def plan(steps: int = 3) -> PlanReport:
    unmeasured = Estimate(median_s=480, p90_s=None, samples=0, source="AWS documentation")
    made = tuple(
        PlanStep(
            name=f"step-{number}", kind="aurora_failover", title=f"Step {number}", after=(), segment="promote",
            plane="control", home_region="eu-west-1", region="eu-west-1", irreversible=number == 1, best_effort=False,
            undo=None, estimate=unmeasured,
        )
        for number in range(steps)
    )  # fmt: skip
    finding = FindingView(
        code="dns_control_plane", severity="warning", message=NASTY, evidence="us-east-1", way_out="ARC"
    )
    return PlanReport(
        digest="a" * 64, mode="forced", application="shop", source="eu-central-1", target="eu-west-1",
        loss_limit_seconds=900, required_acks=2, overrides=("cooldown",), steps=made, findings=(finding,),
        exposure=(store(),), exposure_seconds=0.4, estimate=unmeasured, planes=("control plane of us-east-1",),
    )  # fmt: skip


def request(state: str = "open", *, acks: int = 1, steps: int = 3, **changes: object) -> RequestView:
    given = tuple(
        AckView(person=name, round=1, at=NOW, accepted_limit_seconds=900, kind="slack")
        for name in ("Grace <g>", "Linus")[:acks]
    )
    values: dict[str, object] = {
        "id": "r-7k2m9qpd", "application": "shop", "mode": "forced", "source": "eu-central-1", "target": "eu-west-1",
        "state": state, "round": 1, "required": 2, "acks": given, "missing": 2 - acks, "requester": "Robin",
        "reason": NASTY,
        "digest": "a" * 64, "loss_limit_seconds": 900, "opened_at": NOW, "expires_at": NOW + timedelta(minutes=15),
        "decided_by": None, "decision_reason": None, "run": None, "plan": plan(steps),
    }  # fmt: skip
    return RequestView.model_validate(values | changes)


def run(state: str = "running", *, step_states: tuple[str, ...] = ("done", "running", "waiting")) -> RunView:
    finished = state == "succeeded"
    steps = tuple(
        StepView(
            name=f"step-{number}", kind="k", title=f"Step {number}", segment="promote", region="eu-west-1", state=word,
            attempt=1, started_at=NOW, ended_at=NOW if word == "done" else None, detail=NASTY, evidence={},
        )
        for number, word in enumerate(step_states)
    )  # fmt: skip
    return RunView(
        id="run-7k2m9qpd", request="r-7k2m9qpd", application="shop", mode="forced", source="eu-central-1",
        target="eu-west-1", state=state, reason="", hold=None, owner="worker", created_at=NOW, started_at=NOW,
        ended_at=NOW if finished else None, steps=steps,
        segments=(
            SegmentView(name="detect", seconds=None, started_at=None, ended_at=None, reason="not detected by the bot"),
            SegmentView(name="promote", seconds=425, started_at=NOW, ended_at=NOW + timedelta(seconds=425), reason=""),
        ),
        rto_seconds=431.0 if finished else None, rto_target_seconds=900, rto_reason="", loss_seconds=None,
        loss_limit_seconds=900, loss_reason="the old primary is not reachable",
    )  # fmt: skip


def region(role: str, verdict: Verdict) -> RegionStatus:
    return RegionStatus(role=role, verdict=verdict, reasons=(NASTY,), observed_at=NOW - timedelta(seconds=12))  # type: ignore[arg-type]  # the word is checked by the model


def status(count: int = 1, *, verdict: Verdict = Verdict.DOWN) -> StatusReport:
    waiting = RequestLine(
        id="r-7k2m9qpd", mode="forced", source="eu-central-1", target="eu-west-1", state="open", acks=1, required=2,
        expires_at=NOW, requester="Robin",
    )  # fmt: skip
    apps = tuple(
        ApplicationStatus(
            name=f"app{number}", active_region="eu-central-1", writers=None,
            regions={"eu-central-1": region("active", verdict), "eu-west-1": region("standby", Verdict.HEALTHY)},
            stores=(store(), _unknown_store()),
            exposure_seconds=None, requests=(waiting,),
        )
        for number in range(count)
    )  # fmt: skip
    return StatusReport(at=NOW, brake=False, applications=apps)


@pytest.fixture
def samples() -> ModuleType:
    """The functions above; test folders are no packages, so they cannot be imported."""
    return sys.modules[__name__]
