"""What drills decide, by tables: what is touched, what is left, what a score is, and when a drill is overdue."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.capacity.port import Bounds, Scaling
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.drills.agenda import WRITE, agenda
from dr_core.drills.aurora_clones import AuroraClones
from dr_core.drills.cloning import LISTED_AFTER, CloneAndReach, remains
from dr_core.drills.cost import cost
from dr_core.drills.kinds import by_account
from dr_core.drills.looking import AskEndpoint
from dr_core.drills.memory import MemoryClones
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise, Result, Stage, outcome
from dr_core.drills.next import Doing, interrupted, state_of, tasks
from dr_core.drills.port import Clone
from dr_core.drills.raised import without_copy
from dr_core.drills.scaling import grown, refusal, shrunk
from dr_core.drills.schedule import period, standing
from dr_core.drills.score import score, trend
from dr_core.drills.standing_back import still_fences
from dr_core.drills.trial import Occasion
from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.observation.model import CapacityState
from dr_core.plan.catalogue import Progress
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Segment
from dr_core.topology.cron import parse_cron
from dr_core.topology.duties import Schedule
from dr_core.topology.load import load_checked
from dr_core.topology.model import Account, Topology
from dr_core.verify.memory import MemoryProbe
from tests.conftest import TOPOLOGIES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
WEST = "eu-west-1"


def copies(desired: int | None, running: int | None = None, **more: object) -> CapacityState:
    ran = desired if running is None else running
    return CapacityState(region=WEST, name="api", desired=desired, running=ran, observed_at=NOW, **more)


def bounds(least: int, most: int = 10, scaling: Scaling = Scaling.ON) -> Bounds:
    return Bounds(least=least, most=most, scaling=scaling)


@pytest.mark.parametrize(
    ("state", "limits", "result", "words"),
    [
        (copies(1), None, None, ""),
        (copies(0), bounds(0), None, ""),
        (copies(1), bounds(1), None, ""),
        (copies(None), None, Result.UNKNOWN, "not known"),
        (copies(2, changing=True, reason="UPDATING"), None, Result.UNKNOWN, "UPDATING"),
        (copies(0), bounds(0, scaling=Scaling.SUSPENDED), Result.UNKNOWN, "as after a fence"),
        (copies(2, 1, reason="no room"), None, Result.FAILED, "1 of 2 copies run before anything was tried: no room"),
        (copies(3), bounds(1), Result.UNKNOWN, "could not be put back"),
        (copies(1), bounds(1, most=1), Result.FAILED, "may not grow: 1 copies are the most"),
    ],
)
def test_only_what_can_be_put_back_is_scaled(
    state: CapacityState, limits: Bounds | None, result: Result | None, words: str
) -> None:
    found = refusal(state, limits)
    assert (found.result if found else None) is result
    assert words in (found.detail if found else "")


@pytest.mark.parametrize(
    ("state", "limits", "progress", "result"),
    [
        (copies(1), bounds(1), Progress.ABSENT, None),
        (copies(None), None, Progress.UNDER_WAY, None),
        (copies(2, 1), None, Progress.UNDER_WAY, None),
        (copies(2), bounds(2), Progress.SATISFIED, Result.PASSED),
        (copies(4), None, Progress.SATISFIED, Result.UNKNOWN),
        (copies(0), None, Progress.SATISFIED, Result.UNKNOWN),
        (copies(1), bounds(1, scaling=Scaling.SUSPENDED), Progress.SATISFIED, Result.UNKNOWN),
    ],
)
def test_one_copy_more_is_seen_to_run_where_nobody_else_has_changed_it(
    state: CapacityState, limits: Bounds | None, progress: Progress, result: Result | None
) -> None:
    seen = grown(state, limits, 1)
    assert (seen.progress, seen.verdict.result if seen.verdict else None) == (progress, result)


@pytest.mark.parametrize(
    ("state", "limits", "progress", "remark"),
    [
        (copies(2), None, Progress.ABSENT, "the drill's own size is taken back"),
        (copies(1), bounds(2), Progress.ABSENT, "so is the least that it raised"),
        (copies(1, 2), None, Progress.UNDER_WAY, "one is still going"),
        (copies(1), bounds(1), Progress.SATISFIED, "as it was"),
        (copies(4), None, Progress.SATISFIED, "somebody else's size is left alone"),
        (copies(4), bounds(4), Progress.SATISFIED, "so is one with a least of somebody else's"),
        (copies(4), bounds(2), Progress.ABSENT, "scaled out on the least that is the drill's: that alone goes back"),
        (copies(4), bounds(1), Progress.SATISFIED, "what automatic scaling wants beyond it stays"),
        (copies(0), bounds(1, scaling=Scaling.SUSPENDED), Progress.SATISFIED, "a fence is never lifted"),
        (copies(2), bounds(2, scaling=Scaling.SUSPENDED), Progress.SATISFIED, "a fence is never lifted"),
        (copies(2, changing=True), None, Progress.UNDER_WAY, "no size is taken now"),
    ],
)
def test_a_size_goes_back_to_what_it_was_and_nobody_elses(
    state: CapacityState, limits: Bounds | None, progress: Progress, remark: str
) -> None:
    assert shrunk(state, limits, 1).progress is progress, remark


@pytest.mark.parametrize(
    ("name", "region", "found", "minutes", "size"),
    [
        ("shop/api", WEST, 2, 0, 1),
        ("shop/api", WEST, 4, 0, 4),
        ("shop/web", WEST, 2, 0, 2),
        ("shop/api", "eu-west-3", 2, 0, 2),
        ("shop/api", WEST, 2, -2, 2),
        ("shop/api", WEST, 2, 6, 2),
    ],
)
def test_a_drill_s_copy_is_no_size_of_anybody_else(name, region, found, minutes, size) -> None:
    entry = {"ecs": {"cluster": "shop", "service": "api", "active": 4, "standby": 1}}
    one = exercise(1, Stage.CLEAN, Result.PASSED, params={"entry": entry}, kept={"desired": 1},
                   since=NOW - timedelta(minutes=1), clean_at=NOW + timedelta(minutes=5))  # fmt: skip
    assert without_copy([drill(CLEAN, one)], name, region, found, NOW + timedelta(minutes=minutes)) == size


@pytest.mark.parametrize(
    ("clone", "progress"),
    [
        (None, Progress.SATISFIED),
        (Clone("creating", "d-1", "h", 1), Progress.UNDER_WAY),
        (Clone("available", "d-1", "h", 1), Progress.ABSENT),
        (Clone("available", "d-1", "h", 1, {"i": "creating"}), Progress.UNDER_WAY),
        (Clone("available", "d-1", "h", 1, {"i": "available"}), Progress.ABSENT),
        (Clone("available", "d-1", "h", 1, {"i": "deleting"}), Progress.UNDER_WAY),
        (Clone("inaccessible-encryption-credentials", "d-1", "h", 1), Progress.ABSENT),
        (Clone("deleting", "d-1", "h", 1), Progress.UNDER_WAY),
    ],
)
def test_a_clone_is_left_until_nothing_of_it_is_seen(clone: Clone | None, progress: Progress) -> None:
    assert remains("x", clone, late=True).progress is progress


@pytest.mark.parametrize(
    ("after", "progress"),
    [(timedelta(seconds=1), Progress.UNDER_WAY), (LISTED_AFTER, Progress.SATISFIED)],
)
def test_a_clone_that_is_not_listed_right_after_it_was_asked_for_may_still_appear(after, progress) -> None:
    trial = CloneAndReach(MemoryClones({}, ManualClock()), lambda host, port: "")
    asked = exercise(1, Stage.JUDGED, Result.UNKNOWN, kind="clone", judged_at=NOW,
                     params={"cluster": "shop", "name": "dr-drill-1-1"})  # fmt: skip
    assert trial.left(asked, Occasion(drill(asked), Claim("t", "d-1", 1), NOW + after)).progress is progress


@pytest.mark.parametrize("scales", [{"MinCapacity": 0.5, "MaxCapacity": 8.0}, None])
def test_a_clone_of_a_serverless_cluster_scales_as_its_source_does(scales: dict[str, float] | None) -> None:
    found = {"DBClusterIdentifier": "shop", "Engine": "aurora-postgresql", "Port": 5432}
    rds = Mock()
    rds.describe_db_clusters.return_value = {
        "DBClusters": [found | ({"ServerlessV2ScalingConfiguration": scales} if scales else {})]
    }
    rds.describe_db_instances.return_value = {"DBInstances": []}
    AuroraClones(lambda service, region: rds).restore("shop", "dr-drill-1-1", WEST, drill="d-1")
    assert rds.restore_db_cluster_to_point_in_time.call_args.kwargs.get("ServerlessV2ScalingConfiguration") == scales


@pytest.mark.parametrize(
    ("answers", "idle", "result", "words"),
    [
        (WEST, False, Result.PASSED, "ok"),
        ("eu-central-1", False, Result.FAILED, "eu-central-1 answers it, not eu-west-1"),
        ("eu-central-1", True, Result.UNKNOWN, "eu-central-1 answers it, not eu-west-1; nothing runs there"),
        (None, False, Result.FAILED, "no answer"),
    ],
)
def test_an_endpoint_that_another_region_answers_is_not_well(answers, idle, result, words) -> None:
    asks = exercise(1, Stage.TRIED, kind="endpoint", params={"url": "https://x/health", "idle": idle})
    found = AskEndpoint(MemoryProbe({"https://x/health": answers})).verdict(asks)
    assert (found.result, words in found.detail) == (result, True)


def exercise(number: int, stage: Stage, result: Result | None = None, **more: object) -> Exercise:
    kind, title = str(more.pop("kind", "scale")), f"One copy of e{number} more, and back"
    return Exercise(name=f"e{number}", kind=kind, title=title, region=WEST, stage=stage, result=result, **more)


def drill(*exercises: Exercise, **more: object) -> Drill:
    given = {"id": "d-1", "kind": DrillKind.PROBE, "state": DrillState.RUNNING, "asked_at": NOW, **more}
    return Drill(application="shop", by=ADA, source="eu-central-1", exercises=exercises, **given)


WAITS, TRIED = exercise(1, Stage.WAITING), exercise(2, Stage.TRIED)
JUDGED, CLEAN = exercise(3, Stage.JUDGED, Result.PASSED), exercise(4, Stage.CLEAN, Result.PASSED)


@pytest.mark.parametrize(
    ("exercises", "due", "state"),
    [
        ((WAITS,), [(Doing.BEGIN, "e1")], DrillState.RUNNING),
        ((CLEAN, WAITS, TRIED), [(Doing.PURSUE, "e2")], DrillState.RUNNING),
        ((JUDGED, WAITS), [(Doing.CLEAN, "e3"), (Doing.BEGIN, "e1")], DrillState.RUNNING),
        ((JUDGED, CLEAN), [(Doing.CLEAN, "e3")], DrillState.CLEANING),
        ((CLEAN,), [], DrillState.PASSED),
    ],
)
def test_one_thing_is_tried_at_a_time_and_every_clean_up_goes_on(exercises, due, state) -> None:
    here = drill(*exercises)
    assert [(task.doing, task.exercise.name) for task in tasks(here)] == due
    assert state_of(here) is state


def test_an_interrupted_drill_only_cleans_up_and_what_it_had_found_stands() -> None:
    ended = interrupted(drill(WAITS, TRIED, JUDGED, CLEAN), "run run-1 is not finished", NOW)
    assert [task.doing for task in tasks(ended)] == [Doing.CLEAN, Doing.CLEAN]
    assert [one.result for one in ended.exercises] == [Result.SKIPPED, Result.UNKNOWN, Result.PASSED, Result.PASSED]
    assert state_of(ended.model_copy(update={"exercises": (CLEAN,)})) is DrillState.INTERRUPTED


@pytest.mark.parametrize(
    ("results", "state", "share"),
    [
        ("ppp", DrillState.PASSED, 1.0),
        ("pps", DrillState.PASSED, 1.0),
        ("ppu", DrillState.INCOMPLETE, 2 / 3),
        ("ppuf", DrillState.FAILED, 0.5),
        ("ss", DrillState.INCOMPLETE, None),
        ("", DrillState.INCOMPLETE, None),
    ],
)
def test_what_is_unknown_is_not_passed_and_what_does_not_apply_is_not_counted(results, state, share) -> None:
    by_letter = {"p": Result.PASSED, "f": Result.FAILED, "u": Result.UNKNOWN, "s": Result.SKIPPED}
    exercises = tuple(exercise(n, Stage.CLEAN, by_letter[letter]) for n, letter in enumerate(results))
    assert outcome(exercises) is state
    assert score(exercises).share == share


def test_a_trend_is_of_one_kind_and_of_drills_that_came_to_their_end() -> None:
    half = (exercise(1, Stage.CLEAN, Result.PASSED), exercise(2, Stage.CLEAN, Result.FAILED))
    made = [
        drill(*half, id="d-new", state=DrillState.FAILED, ended_at=NOW),
        drill(CLEAN, id="d-old", state=DrillState.PASSED, ended_at=NOW - timedelta(days=7)),
        drill(CLEAN, id="d-cut", state=DrillState.INTERRUPTED, ended_at=NOW),
        drill(CLEAN, id="d-paper", state=DrillState.PASSED, kind=DrillKind.TABLETOP, ended_at=NOW),
    ]
    assert [(point.drill, point.share) for point in trend(made, DrillKind.PROBE)] == [("d-old", 1.0), ("d-new", 0.5)]


@pytest.mark.parametrize(
    ("cron", "days"),
    [("0 10 * * wed", 7), ("0 10 1 1,4,7,10 *", 92), ("0 10 * * mon,fri", 4), ("30 9 * * *", 1)],
)
def test_the_period_of_a_schedule_is_the_longer_of_its_last_gaps(cron: str, days: int) -> None:
    found = period(parse_cron(cron), ZoneInfo("Europe/Berlin"), NOW)
    assert abs(found - timedelta(days=days)) <= timedelta(hours=1), found


@pytest.mark.parametrize(
    ("ago_days", "kind", "state", "overdue"),
    [
        (None, DrillKind.PROBE, DrillState.PASSED, True),
        (7.5, DrillKind.PROBE, DrillState.PASSED, False),
        (8.5, DrillKind.PROBE, DrillState.PASSED, True),
        (1, DrillKind.PROBE, DrillState.FAILED, False),
        (1, DrillKind.PROBE, DrillState.INTERRUPTED, True),
        (1, DrillKind.TABLETOP, DrillState.PASSED, True),
        (1, DrillKind.LIVE, DrillState.PASSED, False),
    ],
)
def test_a_drill_is_overdue_a_seventh_of_its_period_after_it_was_due(ago_days, kind, state, overdue) -> None:
    schedule = Schedule(drill="0 10 * * wed")
    ended = NOW - timedelta(days=ago_days or 0)
    held = [] if ago_days is None else [drill(CLEAN, kind=kind, state=state, ended_at=ended)]
    [due] = standing(schedule, held, NOW)
    assert due.overdue is overdue
    assert ("no drill was ever carried out" in due.reason) is (overdue and due.last is None)
    assert standing(Schedule(), held, NOW) == ()


def test_a_probe_does_not_stand_for_the_full_drill() -> None:
    schedule = Schedule(drill="0 10 * * wed", full_drill="0 10 1 1,4,7,10 *")
    weekly, full = standing(schedule, [drill(CLEAN, state=DrillState.PASSED, ended_at=NOW)], NOW)
    assert (weekly.overdue, full.overdue) == (False, True)
    assert "full drill (isolated or live)" in full.reason


def test_hours_are_counted_until_it_is_gone_and_no_amount_is_invented() -> None:
    since = NOW - timedelta(hours=2)
    clone = exercise(5, Stage.JUDGED, Result.PASSED, kind="clone", since=since, kept={"class": "db.r6g.large"},
                     params={"name": "dr-drill-1-1"}, calls=7)  # fmt: skip
    scaled = exercise(6, Stage.CLEAN, Result.PASSED, since=since, clean_at=since + timedelta(minutes=6), calls=5)
    found = cost(drill(clone, scaled), NOW)
    assert found.calls == 12
    assert [(one.what, one.hours) for one in found.used] == [
        ("one db.r6g.large in dr-drill-1-1", 2.0), ("one copy of e6 more", 0.1),
    ]  # fmt: skip
    assert "Cost Explorer" in found.reason


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_tried_where_the_application_is_at_work(path: Path) -> None:
    for app in load_checked(path).applications.values():
        for kind in (DrillKind.PROBE, DrillKind.ISOLATED):
            found = agenda(app, kind, "d-1", app.primary)
            assert app.primary not in {one.region for one in found}
            assert len({one.name for one in found}) == len(found)
            assert {one.region for one in found} <= set(app.standby)
            for one in found:
                # A copy of one standby's object must not look like another's own.
                assert one.kind != WRITE or one.params["prefix"] == f"dr-drill/d-1/{one.region}/"
        isolated = [one for one in agenda(app, DrillKind.ISOLATED, "d-1", app.primary) if one.kind == "clone"]
        assert len(isolated) == len(app.standby)
        there, back = agenda(app, DrillKind.LIVE, "d-1", app.primary)
        assert (there.params["source"], there.params["target"]) == (back.params["target"], back.params["source"])


def test_what_a_drill_made_is_looked_for_in_the_account_that_it_was_begun_in(shop: Topology) -> None:
    account = Account(role_arn="arn:aws:iam::444455556666:role/dr", external_id="x-1")
    app = shop.applications["shop"].model_copy(update={"account": account})
    begun = drill(*agenda(app, DrillKind.PROBE, "d-1", app.primary))
    asked: list[Account | None] = []
    ports = Mock()
    ports.of.side_effect = lambda of: asked.append(of) or ports
    trials_of = by_account(Mock(), ports)
    trials_of(begun)
    trials_of(drill(*agenda(shop.applications["shop"], DrillKind.PROBE, "d-1", app.primary)))
    assert asked == [account, None]


@pytest.mark.parametrize(
    ("segment", "state", "follow_up", "waits"),
    [
        (Segment.FENCE, StepState.NOT_REACHED, True, True),
        (Segment.FENCE, StepState.REACHED_LATE, True, False),
        (Segment.FENCE, StepState.NOT_REACHED, False, False),
        (Segment.SWITCH, StepState.NOT_REACHED, True, False),
    ],
)
def test_a_drill_waits_for_a_run_that_fences_and_not_for_what_else_it_tries_on(
    shop: Topology, segment: Segment, state: StepState, follow_up: bool, waits: bool
) -> None:
    plan = build(shop, "shop", source="eu-central-1", target=WEST, mode=Mode.FORCED)
    records = tuple(
        StepRecord(name=step.name, state=state if step.segment is segment else StepState.DONE) for step in plan.steps
    )
    assert segment in {step.segment for step in plan.steps}
    assert still_fences(Run.model_construct(id="r", plan=plan, steps=records, follow_up=follow_up)) is waits
