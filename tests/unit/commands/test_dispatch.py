"""The one way in: who may do what, what is recorded, what is never shown."""

import pytest
from structlog.testing import capture_logs

from commands.dispatch import dispatch
from commands.faults import InternalError
from commands.questions import MissingArguments, NeedsAcceptance
from commands.registry import registry
from dr_core.approvals.model import Actor, Face
from dr_core.approvals.open import BlockedError
from dr_core.errors import ConflictError, DrError, NotFoundError, RefusedError, UsageError
from dr_core.reports.help import HelpReport
from dr_core.reports.model import PlanReport, RequestView, StatusReport
from dr_core.store import requests
from tests.unit.approvals.conftest import examined


def test_everybody_may_look_and_nothing_is_recorded(desk) -> None:
    outcome = desk.type("status", "U0STRANGER")
    assert isinstance(outcome.result, StatusReport)
    assert (outcome.exit_code, outcome.public) == (0, True)
    assert desk.events("command.refused") == []


def test_nobody_outside_the_channel_may_ask_and_the_refusal_is_recorded(desk) -> None:
    with pytest.raises(RefusedError, match="not among those who may ask"):
        desk.type("failover eu-west-1", "U0STRANGER")
    [event] = desk.events("command.refused")
    assert event.actor["slack_user"] == "U0STRANGER"
    assert event.data["command"] == "failover"


@pytest.mark.parametrize("words", [["failover", "eu-west-1"], ["approve", "r-1"], ["cancel", "r-1"]])
def test_without_credentials_the_terminal_is_read_only(desk, words: list[str]) -> None:
    with pytest.raises(RefusedError, match="without AWS credentials the terminal is read-only; use Slack") as caught:
        desk.terminal(*words)
    assert caught.value.exit_code == 3
    assert len(desk.events("command.refused")) == 1


def test_programs_cannot_be_started_from_slack(desk) -> None:
    with pytest.raises(UsageError, match="only in a terminal"):
        desk.type("db upgrade")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("failover nowhere", NotFoundError),
        ("failover us-east-1", RefusedError),
        ("failover eu-central-1", RefusedError),
        ("failover eu-west-1 warehouse", NotFoundError),
        ("cancel r-zzzzzzzz", NotFoundError),
    ],
)
def test_bad_input_to_an_operation_changes_nothing_and_leaves_one_event(desk, words: str, kind: type[DrError]) -> None:
    with pytest.raises(kind):
        desk.type(words)
    assert len(desk.events("command.refused") + desk.events("request.refused")) == 1
    assert desk.services.store.read(requests.open_requests) == ()


def test_what_is_only_asked_for_is_no_refusal(desk) -> None:
    with pytest.raises(MissingArguments):
        desk.type("failover --forced")
    with pytest.raises(MissingArguments) as caught:
        desk.type("failover eu-west-1 --forced")
    assert [param.name for param in caught.value.missing] == ["reason"]
    assert caught.value.known == {"application": "shop", "region": "eu-west-1", "forced": True}
    assert desk.events("command.refused") == []


def test_a_region_that_was_left_out_is_proposed_with_its_reason(desk) -> None:
    with pytest.raises(MissingArguments, match=r"proposed now is eu-west-1: healthy, exposure 0\.4 s") as caught:
        desk.type("failover")
    assert (caught.value.proposed, caught.value.known) == ({"region": "eu-west-1"}, {"application": "shop"})


def test_a_planned_failover_opens_a_request_once_for_one_delivery(desk) -> None:
    first = desk.type("failover eu-west-1 --reason maintenance", cmd_id="delivery-1").result
    again = desk.type("failover eu-west-1 --reason maintenance", cmd_id="delivery-1").result
    assert isinstance(first, RequestView)
    assert first == again
    assert (first.state, first.mode, first.source, first.target) == ("open", "planned", "eu-central-1", "eu-west-1")
    assert first.requester == "U0REQUESTER"
    assert len(desk.events("request.opened")) == 1


def test_a_second_request_for_the_same_names_the_first(desk) -> None:
    desk.type("failover eu-west-1")
    with pytest.raises(ConflictError, match="already asks for this"):
        desk.type("failover eu-west-1", "U0ADA")


def test_the_requester_cannot_approve_and_that_is_recorded_once(desk) -> None:
    request = desk.type("failover eu-west-1", "U0ADA").result
    with pytest.raises(RefusedError, match="somebody else must approve"):
        desk.type(f"approve {request.id}", "U0ADA")
    assert len(desk.events("command.refused")) == 1


def test_one_approver_completes_a_planned_request(desk) -> None:
    request = desk.type("failover eu-west-1").result
    outcome = desk.type(f"approve {request.id}", "U0GRACE")
    assert (outcome.result.state, outcome.result.missing) == ("approved", 0)
    assert outcome.result.run is not None
    assert [ack.person for ack in outcome.result.acks] == ["Grace"]


def test_a_second_approver_is_told_who_was_first(desk) -> None:
    request = desk.type("failover eu-west-1").result
    desk.type(f"approve {request.id}", "U0GRACE")
    with pytest.raises(ConflictError, match="already approved by Grace"):
        desk.type(f"approve {request.id}", "U0ADA")


def forced(desk) -> RequestView:
    desk.observe(down=("eu-central-1",))
    view = desk.type('failover eu-west-1 --forced --reason "eu-central-1 unreachable"').result
    assert isinstance(view, RequestView)
    return view


def test_a_forced_request_wants_its_limit_typed_and_two_people(desk) -> None:
    request = forced(desk)
    with pytest.raises(NeedsAcceptance) as caught:
        desk.type(f"approve {request.id}", "U0ADA")
    typed = caught.value.review.must_type
    assert typed is not None
    assert f"--accept-loss {typed}" in str(caught.value)
    first = desk.type(f"approve {request.id} --accept-loss {typed}", "U0ADA").result
    assert (first.state, first.missing) == ("open", 1)
    second = desk.type(f"approve {request.id} --accept-loss {typed} --round 1", "U0LINUS").result
    assert (second.state, second.missing) == ("approved", 0)


def test_a_wrong_limit_is_refused_with_the_text_to_type(desk) -> None:
    request = forced(desk)
    with pytest.raises(UsageError, match="type exactly"):
        desk.type(f"approve {request.id} --accept-loss 1", "U0ADA")


def test_a_button_of_an_old_round_is_refused(desk) -> None:
    request = forced(desk)
    desk.type(f"renew {request.id}")
    with pytest.raises(ConflictError, match="round 1"):
        desk.type(f"approve {request.id} --round 1", "U0ADA")


def test_a_denial_names_its_reason(desk) -> None:
    request = desk.type("failover eu-west-1").result
    with pytest.raises(MissingArguments):
        desk.type(f"deny {request.id}", "U0ADA")
    view = desk.type(f'deny {request.id} --reason "not today"', "U0ADA").result
    assert (view.state, view.decided_by, view.decision_reason) == ("denied", "Ada", "not today")


def test_the_requester_cancels_and_an_expired_request_is_renewed(desk) -> None:
    request = desk.type("failover eu-west-1").result
    assert desk.type(f"cancel {request.id}").result.state == "cancelled"
    other = desk.type("failover eu-west-1").result
    desk.clock.advance(16 * 60)
    desk.observe()
    with pytest.raises(ConflictError, match="expired"):
        desk.type(f"approve {other.id}", "U0ADA")
    renewed = desk.type(f"renew {other.id}").result
    assert (renewed.state, renewed.round) == ("open", 2)


def test_a_planned_failover_from_a_dead_primary_is_blocked_with_findings(desk) -> None:
    desk.observe(down=("eu-central-1",))
    with pytest.raises(BlockedError) as caught:
        desk.type("failover eu-west-1")
    assert caught.value.findings
    assert len(desk.events("request.refused")) == 1
    assert desk.events("command.refused") == []


def test_failback_asks_for_the_way_to_the_primary_and_not_where_it_is(desk) -> None:
    with pytest.raises(RefusedError, match="active in eu-central-1 already"):
        desk.type("failback")


def test_plan_shows_everything_and_changes_nothing(desk) -> None:
    before = len(desk.events("request.opened"))
    plan = desk.type("plan eu-west-1 --forced").result
    assert isinstance(plan, PlanReport)
    assert (plan.mode, plan.source, plan.target, plan.required_acks) == ("forced", "eu-central-1", "eu-west-1", 2)
    assert len(plan.digest) == 64
    assert plan.exposure_seconds == 0.4
    assert plan.planes
    assert len(desk.events("request.opened")) == before


def test_plan_and_request_have_the_same_digest(desk) -> None:
    plan = desk.type("plan eu-west-1").result
    assert desk.type("failover eu-west-1").result.digest == plan.digest


def test_a_fault_of_ours_becomes_an_id_and_never_a_traceback(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_context: object) -> None:
        raise ZeroDivisionError("the details")

    command = type(registry().named("status"))
    monkeypatch.setattr(command, "load", lambda self: broken)
    with capture_logs() as logs, pytest.raises(InternalError, match=r"Internal error, id [0-9A-Z]{26}\.") as caught:
        desk.type("status")
    assert "ZeroDivision" not in str(caught.value)
    assert [(log["id"], log["command"]) for log in logs] == [(caught.value.reference, "status")]


def test_help_lists_what_this_person_may_run(desk) -> None:
    def names(user: str) -> set[str]:
        report = desk.type("", user).result
        assert isinstance(report, HelpReport)
        return {entry.name for entry in report.entries}

    assert "failover" not in names("U0STRANGER")
    assert "status" in names("U0STRANGER")
    assert "failover" in names("U0REQUESTER")
    assert "approve" not in names("U0REQUESTER")
    assert {"approve", "deny"} <= names("U0ADA")
    assert "sandbox" not in names("U0ADA")
    assert not names("U0ADA") & {"deploy", "failover --all"}


def test_help_for_one_command_says_when_one_may_not(desk) -> None:
    [entry] = desk.type("help approve", "U0STRANGER").result.entries
    assert "it needs the role approver" in entry.summary
    with pytest.raises(UsageError, match="no command `aprove`"):
        desk.type("help aprove")


def test_examples_use_the_names_of_this_topology(ledger) -> None:
    entries = {entry.name: entry for entry in ledger.type("help", "U7INES").result.entries}
    text = " ".join(example for entry in entries.values() for example in entry.examples)
    assert "identity" in text
    assert "eu-central-1" in text
    assert "shop" not in text


def test_two_applications_are_kept_apart(ledger) -> None:
    with pytest.raises(MissingArguments):
        ledger.type("failover eu-central-1")
    request = ledger.type("failover eu-central-1 payments").result
    assert request.application == "payments"
    status = ledger.type("status").result
    assert [(a.name, len(a.requests)) for a in status.applications] == [("identity", 0), ("payments", 1)]
    assert [a.name for a in ledger.type("status payments").result.applications] == ["payments"]


def test_the_schedule_may_look_and_ask_for_nothing(desk) -> None:
    schedule = Actor(person="schedule", display="schedule", face=Face.SCHEDULE)
    examined(desk.services)
    assert dispatch(desk.services, schedule, "health").result.all_well
    with pytest.raises(RefusedError):
        dispatch(desk.services, schedule, "failover eu-west-1")
