"""A region that goes down makes an incident with a proposal by itself, once; who dies in between is followed up."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals import ack, direction
from dr_core.approvals.decision import refuse_decided
from dr_core.approvals.model import Face, Request, RequestState
from dr_core.approvals.whereabouts import Whereabouts
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.detection.cause import gone
from dr_core.detection.detector import Detector
from dr_core.errors import ConflictError
from dr_core.observation.model import (
    CapacityState,
    Observation,
    RegionVerdict,
    Signal,
    SignalState,
    TrafficState,
    Vantage,
    Verdict,
)
from dr_core.plan.step import Mode
from dr_core.reports.request import request_view
from dr_core.services import Services
from dr_core.store import cooldowns, incidents, observations, requests, roster
from dr_core.topology.detection import Detection
from dr_core.topology.load import load_topology
from tests.unit.approvals.conftest import CENTRAL, WEST, actor, approve, ask, observed, see, services

__all__ = ["services"]
TOPOLOGIES = Path(__file__).parents[2] / "topologies"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What differs between the databases is told by the store's own tests."""
    return sqlite_url


class Ours:
    """A lease that is ours, or not."""

    def __init__(self) -> None:
        self.mine = True
        self.asked = 0

    def hold(self) -> bool:
        self.asked += 1
        return self.mine

    def release(self) -> None:
        """Nobody waits for it."""


@pytest.fixture
def lease() -> Ours:
    return Ours()


@pytest.fixture
def detector(services: Services, lease: Ours) -> Detector:
    return Detector(services, lease)


def all_requests(services: Services) -> tuple[Request, ...]:
    return services.store.read(requests.recent)


def told(services: Services, kind: EventKind) -> list[dict[str, Any]]:
    return [event.data for event in services.store.read(lambda tx: listing(tx, limit=200)) if event.kind == kind]


def later(services: Services, minutes: float, *, down: bool) -> None:
    services.clock.advance(60 * minutes)  # type: ignore[attr-defined]
    see(services, down=down)


def test_while_all_is_well_nothing_happens_and_no_lease_is_asked_for(
    detector: Detector, services: Services, lease: Ours
) -> None:
    detector.round()
    assert (all_requests(services), lease.asked) == ((), 0)


def test_a_region_that_is_down_makes_one_incident_with_one_proposal(detector: Detector, services: Services) -> None:
    see(services, down=True)
    for _ in range(3):
        detector.round()
    [request] = all_requests(services)
    assert (request.requester.face, request.plan.mode, request.plan.target) == (Face.DETECTION, Mode.FORCED, WEST)
    assert request.signals == ("as observed",)
    assert "Proposed is eu-west-1: healthy, exposure" in request.reason
    assert request.incident_since is not None
    [incident] = services.store.read(incidents.open_ones)
    assert (incident.application, incident.request) == ("shop", request.id)
    assert incident.title == "eu-central-1 of shop is down"


def test_nobody_is_excluded_from_approving_a_proposal(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    [request] = all_requests(services)
    assert approve(services, request, "U0ADA").missing == 1
    assert approve(services, request, "U0GRACE").run_id is not None


def test_a_region_that_flaps_is_proposed_once_and_another_outage_again(detector: Detector, services: Services) -> None:
    for down in (True, False, True, False, True):
        later(services, 1, down=down)
        detector.round()
    [request] = all_requests(services)
    ack.cancel(services, request.id, actor=actor(services.topology, "U0ADA"))
    later(services, 1, down=True)
    detector.round()
    assert len(all_requests(services)) == 1, "who cancelled it need not cancel it again"
    later(services, 1, down=False)
    detector.round()
    later(services, services.topology.detection.cooldown.total_seconds() / 60, down=True)
    detector.round()
    assert len(all_requests(services)) == 2


def test_what_it_was_proposed_for_may_be_gone_and_come_back(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    for down, kind in ((False, EventKind.DETECTION_CALMED), (True, EventKind.DETECTION_AGAIN)):
        later(services, 0.1, down=down)
        detector.round()
        detector.round()
        assert len(told(services, kind)) == 1
        [request] = all_requests(services)
        assert ("is gone" in request_view(services, request.id).cause_gone) is not down
    assert request.state is RequestState.OPEN
    services.clock.advance(3600)  # type: ignore[attr-defined]
    assert services.store.read(lambda tx: gone(tx, request.model_copy(update={"state": RequestState.EXPIRED}))) == ""


def test_a_cause_that_has_only_eased_is_no_reason_to_cancel(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    [request] = all_requests(services)
    services.clock.advance(6)  # type: ignore[attr-defined]
    seen = observed(services.clock.now())
    alone = seen.verdicts[0].model_copy(update={"verdict": Verdict.DEGRADED, "reasons": ("probe alone is bad",)})
    eased = seen.model_copy(update={"verdicts": (alone, seen.verdicts[1])})
    services.store.write(lambda tx: observations.save(tx, eased))
    detector.round()
    detector.round()
    said = request_view(services, request.id).cause_gone
    assert "no longer down" in said
    assert "probe alone is bad" in said
    assert "ancel" not in said
    assert len(told(services, EventKind.DETECTION_EASED)) == 1
    assert told(services, EventKind.DETECTION_CALMED) == []


def held(services: Services) -> list[dict[str, Any]]:
    return told(services, EventKind.DETECTION_HELD)


def see_headless(services: Services) -> None:
    """The region is down, and no cluster has an instance."""
    seen = observed(services.clock.now(), down=True)
    members = tuple(one.model_copy(update={"instances": 0}) for one in seen.database.members)  # type: ignore[union-attr]
    headless = seen.model_copy(update={"database": seen.database.model_copy(update={"members": members})})  # type: ignore[union-attr]
    services.store.write(lambda tx: observations.save(tx, headless))


def test_what_was_told_once_is_told_again_after_something_else_was_so(detector: Detector, services: Services) -> None:
    see_headless(services)
    detector.round()
    see(services, down=True)
    mine = ask(services)
    detector.round()
    ack.cancel(services, mine.id, actor=actor(services.topology, "U0REQUESTER"))
    see_headless(services)
    for _ in range(3):
        detector.round()
    assert services.store.read(requests.open_requests) == ()
    first, second = (one["codes"] for one in held(services))
    assert first == second, "nothing is proposed, and nobody is left to find that out alone"


def test_reasons_that_take_turns_are_told_once_each(
    detector: Detector, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    see_headless(services)
    for load in (roster.load, lambda tx: None) * 3:
        monkeypatch.setattr(roster, "load", load)
        detector.round()
    assert len(held(services)) == 2


def test_what_would_refuse_the_request_is_told_and_not_tried_again_and_again(
    detector: Detector, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(services, down=True)
    elsewhere = Whereabouts(None, WEST, "a run has promoted it", observed=False)
    monkeypatch.setattr(direction, "locate", lambda tx, topology, application: elsewhere)
    for _ in range(3):
        detector.round()
    assert told(services, EventKind.REQUEST_REFUSED) == []
    [said] = held(services)
    assert (said["codes"], "active in eu-west-1" in said["reasons"][0]) == (["refused"], True)
    assert len(services.store.read(incidents.open_ones)) == 1


def test_a_finding_makes_an_incident_that_says_what_blocks_and_how_to_ask(
    detector: Detector, services: Services
) -> None:
    see_headless(services)
    detector.round()
    detector.round()
    assert all_requests(services) == ()
    [said] = held(services)
    assert "--forced --override" in said["command"]
    [incident] = services.store.read(incidents.open_ones)
    assert said["command"] in incident.signals[-1]
    assert incident.request is None
    see(services, down=True)
    detector.round()
    [request] = all_requests(services)
    [incident] = services.store.read(incidents.open_ones)
    assert incident.request == request.id, "what blocked is gone: the same incident has its proposal"


def test_who_asked_before_is_joined_and_a_planned_request_is_no_answer(detector: Detector, services: Services) -> None:
    planned = ask(services, Mode.PLANNED)
    see(services, down=True)
    detector.round()
    forced = [one for one in all_requests(services) if one.id != planned.id]
    assert [one.requester.face for one in forced] == [Face.DETECTION]


def test_a_forced_request_of_a_person_is_joined(detector: Detector, services: Services) -> None:
    see(services, down=True)
    mine = ask(services)
    detector.round()
    assert [one.id for one in all_requests(services)] == [mine.id]
    [incident] = services.store.read(incidents.open_ones)
    assert incident.request == mine.id


def test_a_person_who_asks_for_the_same_asks_in_its_place(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    mine = ask(services)
    states = {one.requester.face: one.state for one in all_requests(services)}
    assert states == {Face.DETECTION: RequestState.CANCELLED, Face.SLACK: RequestState.OPEN}
    detector.round()
    assert len(all_requests(services)) == 2
    assert mine.state is RequestState.OPEN


@pytest.mark.parametrize("first", ["the proposal", "the person"])
def test_a_person_who_takes_it_over_and_gives_up_silences_nobody(
    detector: Detector, services: Services, first: str
) -> None:
    see(services, down=True)
    if first == "the proposal":
        detector.round()
    mine = ask(services)
    detector.round()
    before = len(all_requests(services))
    ack.cancel(services, mine.id, actor=actor(services.topology, "U0REQUESTER"))
    for _ in range(3):
        detector.round()
    assert len(all_requests(services)) == before + 1
    [again] = services.store.read(requests.open_requests)
    assert again.requester.face is Face.DETECTION
    ack.cancel(services, again.id, actor=actor(services.topology, "U0ADA"))
    detector.round()
    assert len(all_requests(services)) == before + 1, "an approver who wants none gets none"


def test_what_took_a_proposal_s_place_is_named_in_its_end(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    [proposal] = all_requests(services)
    mine = ask(services)
    ended = services.store.read(lambda tx: requests.get(tx, proposal.id))
    assert ended.decided_by == "Detection"
    assert f"replaced by {mine.id}" in str(ended.decision_reason)
    late = refuse_decided(ended, services.clock.now())
    assert late is not None
    assert (f"replaced by {mine.id}" in late.message, late.hint) == (True, f"Approve {mine.id} in its place.")


def test_an_approver_without_whom_the_quorum_is_short_does_not_take_its_place(
    detector: Detector, services: Services
) -> None:
    see(services, down=True)
    detector.round()
    [proposal] = all_requests(services)
    approval = services.topology.approval
    two = approval.model_copy(
        update={"approvers": approval.approvers.model_copy(update={"users": ("U0ADA", "U0GRACE")})}
    )
    few = replace(services, topology=services.topology.model_copy(update={"approval": two}))
    with pytest.raises(ConflictError, match="by Detection already asks for this") as refused:
        ask(few, requester="U0ADA")
    assert f"approve {proposal.id}" in str(refused.value.hint)
    assert ask(few, requester="U0REQUESTER").state is RequestState.OPEN, "who is no approver is not missed"


def test_nothing_is_proposed_that_nobody_could_approve(
    detector: Detector, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(services, down=True)
    monkeypatch.setattr(roster, "load", lambda tx: None)
    detector.round()
    assert all_requests(services) == ()
    assert [one["codes"] for one in held(services)] == [["roster-unknown"]]


def test_a_proposal_that_somebody_approved_is_not_replaced(detector: Detector, services: Services) -> None:
    see(services, down=True)
    detector.round()
    [request] = all_requests(services)
    approve(services, request, "U0ADA")
    with pytest.raises(Exception, match="already asks for this"):
        ask(services)


def test_in_the_cooldown_the_brake_or_a_run_nothing_is_proposed(
    detector: Detector, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(services, down=True)
    now = services.clock.now()
    monkeypatch.setattr(cooldowns, "last_end", lambda tx, application: now)
    detector.round()
    assert [one["codes"] for one in held(services)] == [["cooldown"]]
    assert told(services, EventKind.REQUEST_BLOCKED) == []
    monkeypatch.setattr(cooldowns, "last_end", lambda tx, application: None)
    detector.round()
    assert len(all_requests(services)) == 1


def test_a_team_may_want_no_proposals(services: Services, lease: Ours) -> None:
    quiet = services.topology.model_copy(update={"detection": Detection(propose=False)})
    see(services, down=True)
    Detector(replace(services, topology=quiet), lease).round()
    assert all_requests(services) == ()


def test_who_does_not_lead_proposes_nothing(detector: Detector, services: Services, lease: Ours) -> None:
    see(services, down=True)
    lease.mine = False
    detector.round()
    assert all_requests(services) == ()


def everywhere(now: datetime, lost: str) -> Observation:
    """The catalog, which is served from two regions by weight, as seen when one of them is lost."""
    verdicts = tuple(
        RegionVerdict(
            region=region, verdict=Verdict.DOWN if region == lost else Verdict.HEALTHY, reasons=("as seen",),
            since=now, bad_since=now if region == lost else None, observed_at=now,
        )
        for region in (CENTRAL, WEST)
    )  # fmt: skip
    signals = tuple(
        Signal(
            region=region, component="http", name=region, vantage=Vantage.PROBE,
            state=SignalState.BAD if region == lost else SignalState.OK, detail="", observed_at=now, source="t",
        )
        for region in (CENTRAL, WEST)
    )  # fmt: skip
    weights = TrafficState(
        name="catalog.example.com", answers=(WEST,), weights={CENTRAL: 70, WEST: 30}, ttl_s=30, observed_at=now
    )
    fleet = tuple(
        CapacityState(region=region, name="catalog/web", desired=2, running=2, observed_at=now)
        for region in (CENTRAL, WEST)
    )
    return Observation(
        application="catalog", observed_at=now, duration_s=0.1, verdicts=verdicts, signals=signals, traffic=(weights,),
        capacity=fleet,
    )  # fmt: skip


@pytest.mark.parametrize(("lost", "target"), [(CENTRAL, WEST), (WEST, CENTRAL)])
def test_where_every_region_serves_users_are_proposed_to_be_shifted_away_from_the_lost_one(
    services: Services, lease: Ours, lost: str, target: str
) -> None:
    topology = load_topology(TOPOLOGIES / "active.yaml")
    seen = everywhere(services.clock.now(), lost)
    services.store.write(lambda tx: observations.save(tx, seen))
    Detector(replace(services, topology=topology), lease).watch("catalog")
    [request] = all_requests(services)
    assert (request.plan.source, request.plan.target, request.plan.mode) == (lost, target, Mode.FORCED)
