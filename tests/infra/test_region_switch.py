"""A plan of ARC Region switch: made where it is asked for, in the order of a run, started by nobody of ours."""

from typing import Any

from tests.infra.synthesized import Assembly, Json

PLAN = "AWS::ARCRegionSwitch::Plan"


def _press(edges: Assembly) -> Json:
    return edges.templates["press-region-switch-eu-central-1"].one(PLAN)


def test_it_is_made_only_where_it_is_asked_for(each: Assembly, edges: Assembly) -> None:
    assert not list(each.of(PLAN))
    assert [template.stack for template, _, _ in edges.of(PLAN)] == ["press-region-switch-eu-central-1"]


def test_capacity_then_database_then_users_after_a_second_persons_word(edges: Assembly) -> None:
    plan = _press(edges)
    assert plan["Regions"] == ["eu-west-1", "eu-south-1"]
    [workflow] = plan["Workflows"]
    assert [(one["Name"], one["ExecutionBlockType"]) for one in workflow["Steps"]] == [
        ("approve", "ManualApproval"),
        ("scale-shared-press", "ECSServiceScaling"),
        ("promote", "AuroraGlobalDatabase"),
        ("switch-traffic", "ManualApproval"),
    ]
    database = workflow["Steps"][2]["ExecutionBlockConfiguration"]["GlobalAuroraConfig"]
    assert (database["Behavior"], database["GlobalClusterIdentifier"]) == ("switchoverOnly", "press")


def test_its_role_may_change_what_the_plan_names_and_no_more(edges: Assembly) -> None:
    policies: list[dict[str, Any]] = [
        statement
        for one in edges.templates["press-region-switch-eu-central-1"].of("AWS::IAM::Policy").values()
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
    ]
    everywhere = [one["Action"] for one in policies if one["Resource"] == "*"]
    reads = ("List", "Describe", "Get")
    for actions in everywhere:
        assert all(action.partition(":")[2].startswith(reads) for action in actions)
    assert not [one for one in policies if "arc-region-switch:StartPlanExecution" in one["Action"]]


def test_what_it_cannot_do_is_told(edges: Assembly) -> None:
    left = edges.templates["press-region-switch-eu-central-1"].body["Metadata"]["dr:left-to-people"]
    told = left["deployment.applications.press.region_switch"]
    assert "StartPlanExecution" in told
    assert "the fencing of the other side, autoscaling, consumers, steps of your own" in told


def test_a_person_approves_with_a_second_factor(edges: Assembly) -> None:
    roles = edges.templates["press-region-switch-eu-central-1"].of("AWS::IAM::Role").values()
    trusts = [one["Properties"]["AssumeRolePolicyDocument"]["Statement"][0] for one in roles]
    [person] = [one for one in trusts if "AWS" in one["Principal"]]
    assert person["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
