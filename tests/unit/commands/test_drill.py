"""`drill` as people and the schedule ask for it: on paper at once, refused where it must wait, told in the history."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.views.drill import drill as as_message
from bot.views.drill import history as history_message
from bot.views.drill import scheduled
from commands.dispatch import dispatch
from commands.rendering.drill import trend_line
from commands.rendering.text import render
from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.drills.agenda import THERE
from dr_core.drills.model import DrillState, Stage
from dr_core.drills.overdue import due_of
from dr_core.errors import ConflictError, NotFoundError, RefusedError, UsageError
from dr_core.plan.step import Purpose
from dr_core.reports.drills import Trend, TrendPoint, drill_findings
from dr_core.store import drills, observations, requests
from dr_core.topology.duties import Schedule

SCHEDULE = Actor(person="schedule", display="schedule", face=Face.SCHEDULE)


def test_a_tabletop_is_done_at_once_and_changes_nothing(desk) -> None:
    shown = desk.type("drill").result
    assert (shown.kind, shown.application, shown.source) == ("tabletop", "shop", "eu-central-1")
    checks = {check.name: check for check in shown.checks}
    for mode in ("planned", "forced"):
        assert checks[f"plan {mode} eu-west-1"].result == "passed"
        assert checks[f"preflight {mode} eu-west-1"].result == "passed"
        assert checks[f"quorum {mode}"].result == "passed"
    assert checks["exposure eu-west-1"].result == "passed"
    assert checks["readiness"].result == "unknown"
    assert "no preflight was made" in checks["readiness"].detail
    assert shown.state == "incomplete"
    assert shown.score == shown.passed / (shown.passed + shown.unknown)
    assert shown.cost.calls == 0
    assert [event.data["state"] for event in desk.events(EventKind.DRILL_ENDED)] == ["incomplete"]
    assert desk.services.store.read(requests.open_requests) == ()


def test_a_dead_region_fails_the_planned_plan_on_paper(desk) -> None:
    desk.observe(down=("eu-central-1",))
    checks = {check.name: check for check in desk.type("drill").result.checks}
    assert checks["preflight planned eu-west-1"].result == "failed"
    assert "wrong-mode" in checks["preflight planned eu-west-1"].detail
    assert checks["preflight forced eu-west-1"].result == "passed"


def test_the_same_command_delivered_twice_is_one_drill(desk) -> None:
    first, second = (desk.type("drill --kind probe", cmd_id="c-1").result.id for _ in range(2))
    assert first == second


def test_a_probe_waits_for_a_worker_and_no_second_one_is_begun(desk) -> None:
    shown = desk.type("drill --kind probe").result
    assert (shown.state, shown.score) == ("asked", 0.0)
    assert {check.region for check in shown.checks} == {"eu-west-1"}
    with pytest.raises(ConflictError, match=f"Drill {shown.id} of shop is asked already"):
        desk.type("drill --kind isolated")
    desk.type("drill")


def test_a_braked_installation_holds_drills_on_paper_alone(desk) -> None:
    desk.type("brake on --reason maintenance")
    with pytest.raises(RefusedError, match=r"has to wait: the brake is on \(.*maintenance\)"):
        desk.type("drill --kind probe")
    assert desk.type("drill").result.kind == "tabletop"


def test_a_live_drill_opens_a_request_of_its_own_kind(desk) -> None:
    shown = desk.type("drill --kind live").result
    [request] = desk.services.store.read(requests.open_requests)
    assert shown.request == request.id
    assert (request.plan.purpose, request.plan.target) == (Purpose.DRILL, "eu-west-1")
    assert request.requester.slack_user == "U0REQUESTER"
    assert shown.id in request.reason
    stored = desk.services.store.read(lambda tx: drills.get(tx, shown.id))
    assert [one.kind for one in stored.exercises] == [THERE, "back"]
    assert all(one.stage is Stage.WAITING for one in stored.exercises)


def test_a_live_drill_that_preflight_stops_has_ended(desk) -> None:
    desk.observe(down=("eu-central-1",))
    with pytest.raises(RefusedError, match="planned failover needs it"):
        desk.type("drill --kind live")
    [ended] = desk.services.store.read(lambda tx: drills.recent(tx, "shop"))
    assert ended.state is DrillState.INTERRUPTED
    assert "planned failover needs it" in ended.reason
    assert desk.type("drill").result.kind == "tabletop"


def test_a_live_drill_does_not_begin_away_from_home(desk) -> None:
    seen = desk.services.store.read(lambda tx: observations.latest(tx, "shop"))
    members = tuple(one.model_copy(update={"is_writer": one.region == "eu-west-1"}) for one in seen.database.members)
    away = {"writers": ("eu-west-1",), "database": seen.database.model_copy(update={"members": members})}
    desk.services.store.write(lambda tx: observations.save(tx, seen.model_copy(update=away)))
    with pytest.raises(RefusedError, match="begins in eu-central-1") as refused:
        desk.type("drill --kind live")
    assert refused.value.hint is not None
    assert "failback shop" in refused.value.hint
    assert desk.services.store.read(lambda tx: drills.recent(tx, "shop")) == ()
    assert desk.type("drill --kind probe").result.source == "eu-west-1"


def test_who_may_hold_which_drill(desk) -> None:
    with pytest.raises(RefusedError):
        desk.type("drill", "U0STRANGER")
    assert dispatch(desk.services, SCHEDULE, ["drill", "shop", "--kind", "probe"]).result.kind == "probe"
    with pytest.raises(RefusedError, match="a person asks for it"):
        dispatch(desk.services, SCHEDULE, ["drill", "shop", "--kind", "live"])
    with pytest.raises(UsageError, match="tabletop, probe, isolated, live"):
        desk.type("drill --kind fire")
    with pytest.raises(NotFoundError):
        desk.type("drill show d-22222222")


def test_the_history_tells_of_every_application_and_what_is_overdue(make_desk: Callable[[str], object]) -> None:
    desk = make_desk("full")
    shown = desk.type("drill shop").result
    report = desk.type("drill history").result
    [shop] = report.applications
    assert [one.id for one in shop.drills] == [shown.id]
    assert [(due.name, due.overdue) for due in shop.due] == [("drill", True), ("full_drill", True)]
    text = render(report)
    assert "full drill, every" in text
    assert "OVERDUE: no full drill (isolated or live) was ever carried out" in text
    assert "Drills" in str(history_message(report).blocks)
    status = desk.type("status").result.applications[0].last_drill
    assert status["id"] == shown.id
    assert status["overdue"] is True
    assert "last drill: tabletop" in render(desk.type("status").result)
    store, now = desk.services.store, desk.clock.now()
    codes = {finding.code for finding in store.read(lambda tx: drill_findings(tx, desk.topology, now))}
    assert codes == {"drill-overdue"}


def test_a_trend_counts_the_drills_since(desk) -> None:
    points = tuple(TrendPoint(drill=f"d-{score}", at=desk.clock.now(), score=score) for score in (0.5, 1.0))
    assert trend_line(Trend(kind="probe", points=points)).endswith("100% passed, up from 50% 1 drill ago")


def test_nothing_is_overdue_without_a_schedule(desk) -> None:
    assert desk.type("status").result.applications[0].last_drill is None
    assert desk.services.store.read(lambda tx: due_of(tx, desk.topology, "shop", desk.clock.now())) == ()
    assert Schedule().drill is None


def test_what_could_not_be_cleaned_up_stays_loud(desk) -> None:
    asked = desk.type("drill --kind probe").result

    def stuck(tx):
        drill = drills.take(tx, asked.id, "w", timedelta(seconds=20))
        first = drill.exercises[-1].model_copy(update={"stage": Stage.JUDGED, "trouble": "permission is missing"})
        return drills.save(tx, drill.with_(first).model_copy(update={"state": DrillState.CLEANING}))

    desk.services.store.write(stuck)
    [finding] = desk.services.store.read(lambda tx: drill_findings(tx, desk.topology, desk.clock.now()))
    assert finding.code == "drill-unclean"
    assert "permission is missing" in finding.evidence
    report = desk.type("health").result
    assert not report.all_well
    shown = desk.type(f"drill show {asked.id}").result
    assert "NOT CLEANED UP: permission is missing" in render(shown)
    assert "not cleaned up" in str(as_message(shown).blocks)
    assert "was due" in str(scheduled(shown, "This report was due at noon.").blocks)
