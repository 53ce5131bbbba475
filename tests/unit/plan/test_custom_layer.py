"""Where custom steps stand in a plan, what holds it up, and what an answer means."""

from dataclasses import replace
from pathlib import Path

import pytest

from dr_core.custom.errand import Answer
from dr_core.errors import RejectedError
from dr_core.execution.loss import is_taking
from dr_core.execution.model import Run, RunState, StepRecord, StepState
from dr_core.execution.pace import overdue
from dr_core.execution.recovery import left_over
from dr_core.plan.catalogue import Progress
from dr_core.plan.errands import by_answer, by_check
from dr_core.plan.failover import build
from dr_core.plan.kinds import custom_webhook
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Plan, Segment, Step
from dr_core.plan.steps import KINDS
from dr_core.topology.custom import Custom
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from tests.undone import undone

SHOP = Path(__file__).parents[2] / "topologies" / "shop.yaml"
EU, WEST = "eu-central-1", "eu-west-1"


def within(*custom: dict[str, object]) -> Topology:
    loaded = load_topology(SHOP)
    entries = tuple(Custom.model_validate(entry) for entry in custom)
    shop = loaded.applications["shop"].model_copy(update={"custom": entries})
    return loaded.model_copy(update={"applications": {"shop": shop}})


def planned(*custom: dict[str, object], mode: Mode = Mode.PLANNED) -> Plan:
    return build(within(*custom), "shop", source=EU, target=WEST, mode=mode)


def note(name: str, **more: object) -> dict[str, object]:
    return {"lambda": {"name": name, "function": f"f-{name}", **more}}


def own(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if step.kind.startswith("custom-")]


@pytest.mark.parametrize(
    ("after", "behind", "before"),
    [
        ("prepare", "scale-target-shop-api", "fence-source-shop-api"),
        ("fence", "fence-source-shop-api", "promote"),
        ("promote", "promote", "switch-records-api-example-com"),
        ("switch", "switch-records-api-example-com", "verify-writer"),
        ("verify", "verify-writer", "scale-to-standby-shop-api"),
    ],
)
def test_a_step_stands_between_its_segment_and_the_next(after, behind, before):
    plan = planned(note("mine", after=after), note("other", after=after))
    mine, other = own(plan)
    assert behind in mine.after
    assert mine.after == other.after, "neither waits for the other"
    waiting = {step.name for step in plan.steps if mine.name in step.after}
    assert before in waiting
    assert waiting == {step.name for step in plan.steps if other.name in step.after}


def test_without_custom_steps_a_plan_is_as_it_was():
    assert planned().digest() == build(load_topology(SHOP), "shop", source=EU, target=WEST, mode=Mode.PLANNED).digest()


@pytest.mark.parametrize("after", ["prepare", "fence", "promote", "switch", "verify"])
def test_none_tells_where_the_writer_is_or_whether_users_are_served(after):
    (step,) = own(planned(note("mine", after=after)))
    assert step.segment not in (Segment.PROMOTE, Segment.VERIFY)
    assert (step.segment is Segment.PREPARE) == (after == "prepare"), "only those run before the gates"


def run_of(plan: Plan, state: StepState) -> Run:
    records = tuple(StepRecord(name=step.name, state=state) for step in plan.steps)
    return Run.model_construct(
        id="r", plan=plan, state=RunState.RUNNING, ending=None, steps=records, holds=(), hold=None, braked_since=None
    )


@pytest.mark.parametrize(
    ("after", "required", "settled"),
    [
        ("prepare", None, StepState.FAILED),
        ("prepare", False, StepState.NOT_REACHED),
        ("fence", None, StepState.NOT_REACHED),
        ("fence", True, StepState.FAILED),
        ("promote", None, StepState.NOT_REACHED),
        ("promote", True, None),
        ("switch", True, None),
        ("verify", None, StepState.NOT_REACHED),
        ("verify", True, StepState.FAILED),
    ],
)
def test_what_becomes_of_one_that_hangs(after, required, settled):
    """Before the gates it ends the run; after them it is passed over, unless somebody wanted it at any price."""
    plan = planned(note("mine", after=after, required=required, timeout="90s"))
    (step,) = own(plan)
    assert step.deadline_s == 90.0
    assert overdue(run_of(plan, StepState.RUNNING), step, maybe_done=True) is settled


def test_one_that_was_passed_over_is_not_tried_for_ever_but_a_dead_region_is():
    plan = planned(note("there"), note("here", region="source", required=True), mode=Mode.FORCED)
    left = {record.name for record in left_over(run_of(plan, StepState.NOT_REACHED))}
    assert "custom-lambda-here" in left
    assert "custom-lambda-there" not in left


def test_the_digest_knows_what_is_called_and_whether_it_is_needed():
    digests = {
        planned(note("a")).digest(),
        planned(note("a", verify="g")).digest(),
        planned(note("a", required=True)).digest(),
        planned({"webhook": {"name": "a", "url": "https://h.example.com/a"}}).digest(),
    }
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("check", "sent", "progress"),
    [
        (Answer(True), None, Progress.SATISFIED),
        (Answer(False), None, Progress.ABSENT),
        (Answer(False), Answer(False, under_way=True), Progress.UNDER_WAY),
        (Answer(False, under_way=True), None, Progress.UNDER_WAY),
    ],
)
def test_what_a_check_says_counts(check, sent, progress):
    assert by_check(check, sent).progress is progress


@pytest.mark.parametrize(
    ("sent", "progress"),
    [(None, Progress.ABSENT), (Answer(True), Progress.SATISFIED), (Answer(False), Progress.ABSENT)],
)
def test_without_a_check_the_answer_counts(sent, progress):
    assert by_answer(sent).progress is progress


def test_a_check_that_saw_a_failure_says_so():
    with pytest.raises(RejectedError, match="no disk"):
        by_check(Answer(False, "no disk", failed=True), None)


def test_what_is_needed_is_exact():
    plan = planned(
        note("a", verify="g"),
        {"ssm_document": {"name": "b", "document": "Copy", "verify": "Check"}},
        {"webhook": {"name": "c", "url": "https://h.example.com/a", "secret": "hooks/key"}},
        {"webhook": {"name": "d", "url": "https://h.example.com/a"}},
    )
    found = {
        step.name: {(need.action, need.region, need.resources) for need in (KINDS[step.kind].needs or list)(step, "1")}  # type: ignore[operator,call-arg]
        for step in own(plan)
    }
    lambdas, ssm = f"arn:aws:lambda:{WEST}:1:function:", f"arn:aws:ssm:{WEST}:1:"
    run = tuple(f"{ssm}{what}" for what in ("document/Copy", "document/Check"))
    run += tuple(f"{ssm}automation-definition/{name}:*" for name in ("Copy", "Check"))
    key = f"arn:aws:secretsmanager:{WEST}:1:secret:hooks/key-??????"
    assert found == {
        "custom-lambda-a": {("lambda:InvokeFunction", WEST, (f"{lambdas}f-a", f"{lambdas}g"))},
        "custom-ssm-b": {
            ("ssm:StartAutomationExecution", WEST, (*run, f"{ssm}automation-execution/*")),
            ("ssm:AddTagsToResource", WEST, (f"{ssm}automation-execution/*",)),
            ("ssm:DescribeAutomationExecutions", WEST, ("*",)),
        },
        "custom-webhook-c": {("secretsmanager:GetSecretValue", WEST, (key,))},
        "custom-webhook-d": set(),
    }


@pytest.mark.parametrize(
    ("document", "definition"),
    [
        ("Copy", f"arn:aws:ssm:{WEST}:1:automation-definition/Copy:*"),
        ("AWS-RestartEC2Instance", f"arn:aws:ssm:{WEST}::automation-definition/AWS-RestartEC2Instance:*"),
        (
            "AWSSupport-StartEC2RescueWorkflow",
            f"arn:aws:ssm:{WEST}::automation-definition/AWSSupport-StartEC2RescueWorkflow:*",
        ),
        (f"arn:aws:ssm:{WEST}:2:document/Shared", f"arn:aws:ssm:{WEST}:2:automation-definition/Shared:*"),
    ],
)
def test_a_document_is_asked_about_as_its_owners(document, definition):
    (step,) = own(planned({"ssm_document": {"name": "b", "document": document}}))
    start, *others = (KINDS[step.kind].needs or list)(step, "1")  # type: ignore[call-arg,operator]
    asked = (definition.replace(":automation-definition/", ":document/").removesuffix(":*"), definition)
    assert (start.action, start.resources[:-1]) == ("ssm:StartAutomationExecution", asked)
    assert start.resources[-1] == f"arn:aws:ssm:{WEST}:1:automation-execution/*"
    assert "iam:PassRole" not in {need.action for need in others}


def test_a_role_that_a_document_is_given_must_be_passed_to_it():
    given = {"AutomationAssumeRole": "arn:aws:iam::1:role/jobs-{target}", "To": "{target}"}
    (step,) = own(planned({"ssm_document": {"name": "b", "document": "Copy", "parameters": given}}))
    *_, need = (KINDS[step.kind].needs or list)(step, "1")  # type: ignore[call-arg,operator]
    assert (need.action, need.region, need.resources) == ("iam:PassRole", WEST, (f"arn:aws:iam::1:role/jobs-{WEST}",))
    assert need.context == (("iam:PassedToService", "ssm.amazonaws.com"),)


@pytest.mark.parametrize("verb", ["act", "undo"])
def test_of_a_webhooks_address_only_the_host_is_told(verb):
    """The rest may be a secret, and titles, cards, the audit and the runbook go far."""
    places = {key: f"https://hooks.example.com:8443/{key}/T000/B000?sig=S" for key in ("url", "verify", "undo")}
    entry = Custom.model_validate({"webhook": {"name": "tell-it", **places}})
    move = Move("shop", within().applications["shop"], EU, WEST, Mode.PLANNED)
    step = custom_webhook.plan(move, entry.value, ())  # type: ignore[arg-type]
    if verb == "undo":
        (step,) = undone(step, back=replace(move, source=WEST, target=EU))
    way = KINDS[step.kind].by_hand(step)
    told = "\n".join((step.title, step.undo or "", *way.act, *way.until, way.note))
    assert "tell-it: tell hooks.example.com" in told
    assert not [secret for secret in ("/url", "/verify", "/undo", "T000", "sig=") if secret in told]
    assert f"shop__tell_it__{'url' if verb == 'act' else 'undo'}" in way.act[-1]
    assert "shop__tell_it__verify" in way.until[0]


def test_what_is_lost_is_measured_at_the_switch_and_not_at_a_step_before_it():
    loaded = within(note("mine"))
    shop = loaded.applications["shop"].model_copy(update={"database": None})
    without = loaded.model_copy(update={"applications": {"shop": shop}})
    plan = build(without, "shop", source=EU, target=WEST, mode=Mode.PLANNED)
    run = run_of(plan, StepState.WAITING)
    assert [step.kind for step in plan.steps if is_taking(run, step)] == ["switch-records"]
