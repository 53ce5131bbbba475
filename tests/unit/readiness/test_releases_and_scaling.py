"""Colours and scaling policies as they were found in each region: what a failover to a standby would meet."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dr_core.readiness.examination import About
from dr_core.readiness.examinations import releases, scaling_policies
from dr_core.readiness.examinations.scaling_policies import Scaling, said
from dr_core.releases.model import Artifact, Match, Pointer, PointerSeen, Side

HERE, THERE = "eu-central-1", "eu-west-1"
COLOURS = ("blue", "green")
ABOUT = About("area", "subject", None, "a test", datetime(2026, 1, 5, tzinfo=UTC))


def wrong(found: Any) -> list[tuple[str, str, str | None]]:
    told = [(c.code, c.severity.value if c.state == "finding" else c.state.value, c.region) for c in found]
    return [one for one in told if one[1] != "ok"]


def pointer(region: str, value: str | None = "blue", error: str = "") -> PointerSeen:
    return PointerSeen(region=region, pointer=Pointer(value=value, version=1) if value else None, error=error)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param({}, {}, [], id="one colour everywhere"),
        pytest.param({}, {"value": "green"}, [("colours-differ", "blocking", THERE)], id="another colour there"),
        pytest.param({}, {"value": None}, [("missing:pointer", "blocking", THERE)], id="no pointer there"),
        pytest.param({"value": None}, {}, [("missing:pointer", "blocking", THERE)], id="no pointer here"),
        pytest.param({}, {"value": None, "error": "gone"}, [("release-unknown", "unknown", THERE)], id="silent there"),
        pytest.param({"value": None, "error": "gone"}, {}, [("release-unknown", "unknown", THERE)], id="silent here"),
        pytest.param(
            {"value": "purple"},
            {"value": "purple"},
            [("colour-strange", "warning", HERE), ("colour-strange", "warning", THERE)],
            id="no colour at all",
        ),
    ],
)
def test_a_standby_that_serves_another_colour_is_found(ours: Any, theirs: Any, expected: Any) -> None:
    seen = releases.Seen({HERE: pointer(HERE, **ours), THERE: pointer(THERE, **theirs)}, None)
    found = list(releases.judge("shop", HERE, COLOURS, seen, ABOUT))
    assert wrong(found) == expected
    if expected and expected[0][0] == "colours-differ":
        assert "release promote shop --to blue" in found[0].way_out
        assert found[0].mode == "planned"


@pytest.mark.parametrize(
    ("match", "expected"),
    [(Match.EQUAL, []), (Match.DIFFERS, [("artifacts-differ", "warning", None)]),
     (Match.UNKNOWN, [("release-unknown", "unknown", None)])],
)  # fmt: skip
def test_an_artifact_is_equal_differs_or_is_not_known(match: Match, expected: Any) -> None:
    artifact = Artifact(colour="blue", match=match, why="as it is", sides=())
    seen = releases.Seen({HERE: pointer(HERE)}, artifact)
    assert wrong(releases.judge("shop", HERE, COLOURS, seen, ABOUT)) == expected
    empty = artifact.model_copy(update={"sides": (Side(region=HERE, objects=0),)})
    seen = releases.Seen({HERE: pointer(HERE)}, empty)
    assert wrong(releases.judge("shop", HERE, COLOURS, seen, ABOUT)) == [("artifact-empty", "warning", None)]


CPU = Scaling(frozenset({"target tracking of CPU at 60"}), 8)
DIFFERS = [("scaling-differs", "warning", THERE)]


@pytest.mark.parametrize(
    ("theirs", "expected", "evidence"),
    [
        pytest.param(CPU, [], "", id="alike"),
        pytest.param(Scaling(CPU.policies, 12), [], "", id="room for more there"),
        pytest.param(Scaling(CPU.policies, 4), DIFFERS, "", id="less room there"),
        pytest.param(Scaling(CPU.policies, None), DIFFERS, "", id="nothing may scale it there"),
        pytest.param(Scaling(frozenset(), 8), DIFFERS, "- target tracking of CPU at 60", id="no policy there"),
        pytest.param(
            Scaling(frozenset({"target tracking of CPU at 75"}), 8), DIFFERS,
            "- target tracking of CPU at 60; + target tracking of CPU at 75", id="another target there",
        ),
        pytest.param("gone", [("scaling-unknown", "unknown", THERE)], "", id="silent"),
        pytest.param(Scaling(CPU.policies, 8, frozenset({"Launch"})), [], "", id="a run lifts that by itself"),
        pytest.param(
            Scaling(CPU.policies, 8, frozenset({"Terminate"})), [("scaling-suspended", "warning", THERE)], "Terminate",
            id="nothing lifts that",
        ),
    ],
)  # fmt: skip
def test_a_standby_that_would_scale_otherwise_is_found_with_the_difference(
    theirs: Scaling | str, expected: Any, evidence: str
) -> None:
    found = list(scaling_policies.judge(HERE, {HERE: CPU, THERE: theirs}, ABOUT))
    assert wrong(found) == expected
    assert found[0].evidence == evidence


def test_no_policy_anywhere_is_told_and_one_that_is_suspended_where_users_are() -> None:
    none = Scaling(frozenset(), 8)
    told = wrong(scaling_policies.judge(HERE, {HERE: none, THERE: none}, ABOUT))
    assert told == [("scaling-none", "info", THERE)]
    held = Scaling(CPU.policies, 8, frozenset({"AlarmNotification"}))
    told = wrong(scaling_policies.judge(HERE, {HERE: held, THERE: CPU}, ABOUT))
    assert told == [("scaling-suspended", "warning", HERE)]


def tracking(region: str, **more: Any) -> dict[str, Any]:
    metric = {"MetricName": "Depth", "Namespace": "Own", "Dimensions": [{"Name": "Queue", "Value": f"q-{region}"}]}
    config = {"TargetValue": 60.0, "CustomizedMetricSpecification": metric, "ScaleInCooldown": 30}
    made = {"PolicyName": f"p-{region}", "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": config}
    config |= {name: value for name, value in more.items() if name != "Enabled"}
    return made | {name: value for name, value in more.items() if name == "Enabled"}


def steps(region: str, **more: Any) -> dict[str, Any]:
    made = {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity", "Alarms": [{"AlarmName": f"a-{region}"}]}
    return made | {"StepAdjustments": [{"ScalingAdjustment": 1, "MetricIntervalLowerBound": 0.0}]} | more


def alarm(region: str, **more: Any) -> dict[str, Any]:
    balanced = [{"Name": "LoadBalancer", "Value": f"app/shop/{hash(region)}"}]
    made = {"AlarmName": f"a-{region}", "MetricName": "RequestCount", "Namespace": "AWS/ApplicationELB"}
    return {f"a-{region}": made | {"Dimensions": balanced, "Threshold": 100.0, "Period": 60} | more}


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        pytest.param((tracking(HERE), {}), (tracking(THERE), {}), True, id="names of the region"),
        pytest.param((tracking(HERE), {}), (tracking(THERE, TargetValue=70.0), {}), False, id="another target"),
        pytest.param((tracking(HERE), {}), (tracking(THERE, Enabled=False), {}), False, id="disabled there"),
        pytest.param((tracking(HERE), {}), (tracking(THERE, ScaleInCooldown=9), {}), False, id="cooldown of tracking"),
        pytest.param((steps(HERE), alarm(HERE)), (steps(THERE), alarm(THERE)), True, id="the same alarm"),
        pytest.param((steps(HERE), alarm(HERE)), (steps(THERE, Cooldown=9), alarm(THERE)), False, id="cooldown"),
        pytest.param((steps(HERE), alarm(HERE)), (steps(THERE, Alarms=[]), {}), False, id="no alarm there"),
        pytest.param((steps(HERE), alarm(HERE)), (steps(THERE), {}), False, id="an alarm that is gone"),
        *(
            pytest.param((steps(HERE), alarm(HERE)), (steps(THERE), alarm(THERE, **{name: value})), False, id=name)
            for name, value in {
                "Threshold": 1.0, "Period": 300, "MetricName": "Other", "ActionsEnabled": False, "EvaluationPeriods": 9
            }.items()
        ),
    ],
)  # fmt: skip
def test_a_policy_is_told_with_all_that_makes_it_act_and_without_what_names_its_region(
    ours: Any, theirs: Any, same: bool
) -> None:
    assert (said(ours[0], HERE, ours[1]) == said(theirs[0], THERE, theirs[1])) is same


def test_policies_are_told_in_few_words_where_that_says_it() -> None:
    balanced = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "app/x/1"}
    tracked = {"TargetTrackingConfiguration": {"TargetValue": 100, "PredefinedMetricSpecification": balanced}}
    assert said(tracked, HERE, {}) == "target tracking of ALBRequestCountPerTarget at 100"
    assert said(steps(HERE, Alarms=[]), HERE, {}).endswith("on no alarm")
