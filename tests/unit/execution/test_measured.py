"""What a run is said to have reached was measured, or it is unknown with the reason."""

from dr_core.aws.faults import AwsDeniedError
from dr_core.execution.model import Run, RunState
from dr_core.objectives.rto import Timeline, timeline
from dr_core.plan.step import Mode, Segment
from dr_core.store import requests

from .conftest import STEPS, Stage, step


def measured(stage: Stage, run: Run) -> Timeline:
    return timeline(stage.store.read(lambda tx: requests.get(tx, run.request)), run)


def test_a_run_whose_verification_failed_has_no_rto(lite: Stage) -> None:
    verify = step("verify", Segment.VERIFY, "switch-a", "switch-b", deadline_s=30)
    lite.begin(tuple(verify if s.name == "verify" else s for s in STEPS))
    lite.world.act_errors["verify"] = [AwsDeniedError("permission is missing")] * 100
    run = lite.until_finished(lite.runner())
    assert run.state is RunState.FAILED
    found = measured(lite, run)
    assert (found.rto_s, found.rto_reason) == (None, "verification did not succeed")


def test_a_forced_run_counts_from_the_request_where_no_outage_was_observed(lite: Stage) -> None:
    lite.begin()
    run = lite.until_finished(lite.runner())
    found = measured(lite, run)
    request = lite.store.read(lambda tx: requests.get(tx, run.request))
    ended = run.record("verify").ended_at
    assert ended is not None
    assert found.rto_s == (ended - request.opened_at).total_seconds() > 0
    detect = next(part for part in found.segments if part.name == "detect")
    assert (detect.seconds, detect.reason) == (None, "no outage was observed before the request")


def test_a_planned_run_counts_its_interruption_from_the_first_fencing_step(lite: Stage) -> None:
    lite.begin(mode=Mode.PLANNED)
    run = lite.until_finished(lite.runner())
    begun, ended = run.record("fence").started_at, run.record("verify").ended_at
    assert begun is not None
    assert ended is not None
    assert measured(lite, run).rto_s == (ended - begun).total_seconds()
