"""What people do to runs in words: who may, which run is meant, what is asked again, and what is shown afterwards."""

import json
from dataclasses import replace

import pytest

from commands.arguments import bind
from commands.parsing import Parsed, parse, words_of
from commands.questions import MissingArguments
from commands.registry import registry
from commands.rendering.text import render
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, NotFoundError, RefusedError
from dr_core.execution.impact import ConfirmationError
from dr_core.execution.model import StepState
from dr_core.plan.step import Segment
from dr_core.reports.brake import BrakeReport
from dr_core.reports.health import HealthReport
from dr_core.reports.model import RequestView, RunView, StatusReport
from dr_core.store import runs
from dr_core.store.runs import Change, StepChange
from tests.unit.approvals.conftest import examined

REQUESTER, ADA, GRACE, STRANGER = "U0REQUESTER", "U0ADA", "U0GRACE", "U0STRANGER"
WORKER = {"person": "worker:w", "display": "DR worker", "face": "worker"}


@pytest.fixture
def run(desk) -> str:
    """A planned run that was just approved; no worker has it yet."""
    request = desk.type("failover eu-west-1 --reason maintenance").result
    approved = desk.type(f"approve {request.id}", ADA).result
    assert approved.run is not None
    return approved.run


def into_the_middle(desk, run_id: str) -> None:
    """A worker has begun the first step that takes something away."""

    def work(tx) -> None:
        found = runs.get(tx, run_id)
        step = next(step for step in found.plan.steps if step.segment is not Segment.PREPARE)
        started = (EventKind.RUN_STARTED, WORKER, {"run": run_id}, None)
        runs.command(tx, run_id, Change([started], {"state": "running", "started_at": tx.now()}))
        intent = (EventKind.STEP_INTENT, WORKER, {"run": run_id, "step": step.name}, None)
        values = {"state": StepState.RUNNING.value, "attempt": 1, "started_at": tx.now()}
        runs.command(tx, run_id, Change([intent], {}, StepChange(step.name, values)))

    desk.services.store.write(work)


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("run pause --reason wait", (REQUESTER, ADA)),
        ("brake on --reason wait", (REQUESTER, ADA)),
        ("run abort --reason wrong", (ADA,)),
        ("run resume", (ADA,)),
        ("run takeover", (ADA,)),
        ("run escalate --reason gone", (REQUESTER, ADA)),
        ("brake off", (ADA,)),
        ("cooldown clear", (ADA,)),
    ],
)
def test_each_word_is_for_those_whose_role_it_needs(desk, run: str, words: str, who: tuple[str, ...]) -> None:
    """What stands in the way afterwards (not held, no brake) is another matter."""
    for user in (STRANGER, REQUESTER, ADA):
        try:
            desk.type(words, user)
        except RefusedError:
            assert user not in who
        except ConflictError:
            assert user in who
        else:
            assert user in who


def test_help_lists_what_one_may_do_to_a_run(desk) -> None:
    def names(user: str) -> set[str]:
        return {entry.name for entry in desk.type("help", user).result.entries}

    assert {"run pause", "brake on", "run escalate"} <= names(REQUESTER)
    assert not names(REQUESTER) & {"run resume", "run abort", "run takeover", "brake off", "cooldown clear"}
    assert {"run pause", "run resume", "run abort", "run takeover", "brake on", "brake off"} <= names(ADA)
    assert not {name for name in names(STRANGER) if name.startswith(("run p", "run r", "run a", "brake"))}


def test_the_only_unfinished_run_is_meant_when_none_is_named(desk, run: str) -> None:
    paused = desk.type("run pause --reason wait", REQUESTER).result
    assert isinstance(paused, RunView)
    assert paused.id == run


def test_a_run_goes_by_its_requests_id_as_well(desk, run: str) -> None:
    request = desk.type(f"run show {run}").result.request
    assert desk.type(f"run pause {request} --reason wait").result.id == run
    assert desk.type(f"run resume {request}", ADA).result.holds == ()


def test_no_run_and_several_runs_are_told_apart(ledger) -> None:
    with pytest.raises(NotFoundError, match="No run is under way"):
        ledger.type("run pause --reason wait", "U7INES")
    alone = {name: app.model_copy(update={"depends_on": ()}) for name, app in ledger.topology.applications.items()}
    apart = ledger.topology.model_copy(update={"applications": alone})
    ledger.services = replace(ledger.services, topology=apart)
    for application in alone:
        request = ledger.type(f"failover {apart.applications[application].standby[0]} {application}").result
        ledger.type(f"approve {request.id}", "U7INES")
    with pytest.raises(MissingArguments, match=r"one of run-\S+ \((payments|identity)\), run-"):
        ledger.type("run pause --reason wait", "U7INES")


def test_a_pause_needs_a_reason_and_the_form_knows_the_run(desk, run: str) -> None:
    with pytest.raises(MissingArguments) as caught:
        desk.type(f"run pause {run}")
    assert [param.name for param in caught.value.missing] == ["reason"]
    assert caught.value.known == {"run": run}
    assert desk.events("command.refused") == []


def test_a_paused_run_says_who_paused_it_and_why_on_every_page(desk, run: str) -> None:
    desk.type('run pause --reason "the batch\nfirst"', ADA)
    view = desk.type(f"run show {run}").result
    [hold] = view.holds
    assert (hold.kind, hold.by, hold.reason) == ("paused", "Ada", "the batch\nfirst")
    shown = render(view, desk.clock.now())
    assert "HELD (paused) by Ada since" in shown
    assert f"run resume {run}" in " ".join(shown.split())
    for words in ("status", "runs"):
        text = " ".join(render(desk.type(words).result, desk.clock.now()).split())
        assert "nothing new starts: paused by Ada: the batch first" in text


def test_in_the_middle_the_facts_come_first_and_the_same_with_confirm_does_it(desk, run: str) -> None:
    into_the_middle(desk, run)
    for words in ("run abort --reason wrong", "run pause --reason wait", "brake on --reason wait"):
        with pytest.raises(ConfirmationError) as caught:
            desk.type(words, ADA)
        assert caught.value.exit_code == 2
        assert caught.value.impacts[0].run == run
        assert "can write" in str(caught.value)
        assert "s ago)" in str(caught.value)
        assert caught.value.hint is not None
        assert "--confirm" in caught.value.hint
    aborting = desk.type("run abort --reason wrong --confirm", ADA).result
    assert aborting.ending is not None
    assert (aborting.ending.by, aborting.ending.reason) == ("Ada", "wrong")
    assert "ABORT ASKED by Ada" in render(aborting, desk.clock.now())


def test_the_line_to_type_is_told_whole(desk, run: str) -> None:
    into_the_middle(desk, run)
    with pytest.raises(ConfirmationError) as caught:
        desk.type('run abort --reason "wrong region"', ADA)
    assert caught.value.hint is not None
    assert f"run abort {run} '--reason=wrong region' --confirm" in caught.value.hint


def test_the_brake_is_on_top_of_status_with_who_when_why_and_the_way_out(desk, run: str) -> None:
    on = desk.type('brake on --reason "two changes at once"', REQUESTER).result
    assert isinstance(on, BrakeReport)
    assert (on.engaged, on.by, on.reason) == (True, "U0REQUESTER", "two changes at once")
    assert [stopped.id for stopped in on.runs] == [run]
    assert json.loads(on.model_dump_json(by_alias=True))["schema"] == "dr.brake/1"
    status = desk.type("status").result
    assert isinstance(status, StatusReport)
    assert status.brake is True
    lines = " ".join(" ".join(render(status).split("\n")[1:4]).split())
    for words in ("BRAKE ON", "U0REQUESTER", "two changes at once", "brake off"):
        assert words in lines
    assert status.applications[0].runs[0].stopped == ("the brake is on",)
    view = desk.type(f"run show {run}").result
    assert view.brake is not None
    assert view.braked_since is not None


def test_the_brake_stays_in_the_health_report_until_an_approver_releases_it(desk) -> None:
    desk.type("brake on --reason wait", REQUESTER)
    report = desk.type("health").result
    assert isinstance(report, HealthReport)
    assert not report.all_well
    assert [finding.code for finding in report.findings] == ["brake-on"]
    with pytest.raises(RefusedError):
        desk.type("brake off", REQUESTER)
    off = desk.type("brake off", ADA).result
    assert "BRAKE OFF" in render(off)
    examined(desk.services)
    assert desk.type("health").result.all_well


def test_a_cooldown_is_cleared_by_an_approver(desk) -> None:
    told = desk.type("cooldown clear", ADA).result
    assert "shop" in told.text
    assert len(desk.events("cooldown.cleared")) == 1


def test_a_renewal_typed_twice_opens_one_round(desk) -> None:
    request = desk.type("failover eu-west-1 --reason maintenance").result
    assert isinstance(request, RequestView)
    again = desk.type(f"renew {request.id}", ADA, cmd_id="one")
    assert again.result.round == 2
    assert desk.type(f"renew {request.id}", ADA, cmd_id="one").result.round == 2, "the same delivery"
    with pytest.raises(ConflictError, match="You opened round 2"):
        desk.type(f"renew {request.id}", ADA)
    assert desk.type(f"renew {request.id} --round 2", ADA).result.round == 3, "said with the round it is meant"
    desk.clock.advance(11)
    assert desk.type(f"renew {request.id}", ADA).result.round == 4


def test_attempts_that_a_run_turned_away_are_counted_beside_it(desk, run: str) -> None:
    with pytest.raises(ConflictError, match="not finished"):
        desk.type("failover eu-west-1")
    assert desk.type(f"run show {run}").result.blocked == 1
    assert "1 other request turned away" in render(desk.type(f"run show {run}").result, desk.clock.now())


def test_another_person_may_renew_at_once(desk) -> None:
    request = desk.type("failover eu-west-1 --reason maintenance").result
    desk.type(f"renew {request.id}", ADA)
    assert desk.type(f"renew {request.id}", GRACE).result.round == 3


@pytest.mark.parametrize(
    "typed",
    [
        "run pause --reason=wait",
        "run abort run-7k2m9qpd --reason=wrong --confirm",
        "run escalate run-7k2m9qpd --reason=gone --override=cooldown",
        "brake on --reason=wait --confirm",
    ],
)
def test_a_form_sends_what_was_typed(desk, typed: str) -> None:
    parsed = parse(typed, prefix="/dr", json_allowed=False)
    values = bind(parsed, desk.topology).values
    again = words_of(parsed.command, values)
    assert isinstance(parsed, Parsed)
    assert bind(parse(again, prefix="/dr", json_allowed=False), desk.topology).values == values


def test_every_word_that_steers_a_run_is_documented_with_an_example() -> None:
    steering = [command for command in registry().commands if command.group == "Steer a run"]
    assert {command.name for command in steering} == {
        "run pause", "run resume", "run abort", "run escalate", "run takeover", "brake on", "brake off",
        "cooldown clear", "unfreeze",
    }  # fmt: skip
    assert all(command.examples and command.operation for command in steering)
