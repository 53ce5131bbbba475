"""`dr ...` from the words that were typed to what is printed, with a worker behind the counter."""

from collections.abc import Callable

import pytest

from commands import credentials, terminal
from commands.context import Outcome
from commands.dispatch import dispatch
from commands.operators import terminal_actor
from commands.questions import NeedsAcceptance
from commands.rendering.text import render
from dr_core.errors import ConflictError, DeniedError, DrError, RefusedError, UsageError
from dr_core.execution.impact import ConfirmationError
from dr_core.reports.brake import BrakeReport
from dr_core.reports.help import HelpReport
from dr_core.reports.listing import Message
from dr_core.reports.model import RequestView, RunView
from dr_core.reports.reviews import ReviewList
from dr_core.store import reviews as stored
from dr_core.terminal.answer import AnsweredError
from tests.unit.terminal.conftest import Counter, Keys, in_slack, user

Typing = Callable[..., Outcome]


@pytest.fixture
def type_as(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Type something with the credentials of an IAM user; a worker looks in while the terminal sleeps."""
    monkeypatch.setattr(terminal.time, "sleep", lambda _seconds: counter.clerk.once())
    keys: dict[str, Keys] = {}

    def typed(name: str, *words: str) -> Outcome:
        keys.setdefault(name, counter.sts.keys(user(name)))
        monkeypatch.setattr(terminal, "Signer", lambda: keys[name])
        return dispatch(counter.services, terminal_actor(), words)

    return typed


def opened(type_as: Typing) -> RequestView:
    view = type_as("robin", "failover", "eu-west-1", "--forced", "--reason", "gone").result
    assert isinstance(view, RequestView)
    return view


def test_a_request_is_opened_and_approved_and_shown_as_in_slack(counter: Counter, type_as: Typing) -> None:
    request = opened(type_as)
    assert (request.requester, request.missing) == ("Robin", 2)
    with pytest.raises(NeedsAcceptance, match="--accept-loss 3600"):
        type_as("ada", "approve", request.id)
    assert type_as("ada", "approve", request.id, "--accept-loss", "3600").result.missing == 1  # type: ignore[attr-defined]
    done = type_as("linus", "approve", request.id, "--accept-loss", "3600")
    assert isinstance(done.result, RequestView)
    assert "approved by Linus" in render(done.result)
    run = type_as("ada", "run", "pause", "--reason", "wait").result
    assert isinstance(run, RunView)
    assert run.holds[0].by == "Ada"


def test_what_the_worker_refuses_is_told_with_its_code(counter: Counter, type_as: Typing) -> None:
    request = opened(type_as)
    with pytest.raises(AnsweredError, match="needs the role approver") as caught:
        type_as("robin", "approve", request.id, "--accept-loss", "3600")
    assert (caught.value.exit_code, caught.value.code) == (3, "refused")
    [event] = counter.events("command.refused")
    assert (event.actor["display"], event.data["command"], event.data["request"]) == ("Robin", "approve", request.id)
    assert "needs the role approver" in str(event.data["reason"])
    with pytest.raises(AnsweredError, match="nobody in the workers'"):
        type_as("mallory", "brake", "on", "--reason", "mine")


def test_a_refusal_is_written_once_and_by_the_worker(counter: Counter, type_as: Typing) -> None:
    request = opened(type_as)
    type_as("ada", "deny", request.id, "--reason", "no")
    with pytest.raises(AnsweredError, match="was denied by Ada"):
        type_as("linus", "deny", request.id, "--reason", "no")
    [event] = counter.events("command.refused")
    assert event.actor["display"] == "Linus"
    assert event.data["command"] == "deny"


def test_the_brake_the_cooldown_and_reviews_show_what_they_changed(counter: Counter, type_as: Typing) -> None:
    on = type_as("ada", "brake", "on", "--reason", "stop").result
    assert isinstance(on, BrakeReport)
    assert (on.engaged, on.by) == (True, "Ada")
    assert isinstance(type_as("linus", "brake", "off").result, BrakeReport)
    assert isinstance(type_as("linus", "cooldown", "clear").result, Message)
    request = opened(type_as)
    counter.clock.advance(31)
    with pytest.raises(AnsweredError, match="may be broken from"):
        type_as("ada", "break-glass", request.id, "--reason", "now", "--application", "shop", "--accept-loss", "3600")
    with pytest.raises(UsageError, match="--accept-loss 3600"):
        type_as("ada", "break-glass", request.id, "--reason", "now", "--application", "shop")
    counter.store.write(
        lambda tx: stored.add(tx, "v-test", "break_glass", request.id, in_slack(counter.topology, "U0ADA"), "now")
    )
    listed = type_as("ada", "review", "list").result
    assert isinstance(listed, ReviewList)
    assert "review close v-test" in render(listed)
    closed = type_as("linus", "review", "close", "v-test", "--note", "it was right").result
    assert isinstance(closed, ReviewList)
    assert "closed by Linus" in render(closed)


def test_a_renewal_typed_twice_opens_one_round(counter: Counter, type_as: Typing) -> None:
    request = opened(type_as)
    assert type_as("ada", "renew", request.id).result.round == 2  # type: ignore[attr-defined]
    with pytest.raises(AnsweredError, match=r"opened round 2 of .* just now"):
        type_as("ada", "renew", request.id)
    counter.clock.advance(11)
    assert type_as("ada", "renew", request.id).result.round == 3  # type: ignore[attr-defined]


def test_a_plan_that_is_not_what_its_digest_says_is_not_signed(
    counter: Counter, type_as: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that lies to this terminal shows one plan and names another."""
    request = counter.request(opened(type_as).id)
    lying = request.model_copy(update={"digest": "0" * 64})
    monkeypatch.setattr(terminal.requests, "get", lambda _tx, _id: lying)
    with pytest.raises(ConflictError, match="not the one that its digest names"):
        type_as("ada", "deny", request.id, "--reason", "no")


def test_a_round_that_was_named_is_the_one_that_is_signed(type_as: Typing) -> None:
    request = opened(type_as)
    with pytest.raises(DrError, match="round 2"):
        type_as("ada", "approve", request.id, "--round", "2", "--accept-loss", "3600")


def test_slack_tells_how_to_break_the_glass(counter: Counter) -> None:
    request = counter.ask()
    words = f"break-glass {request.id} --reason now --application shop"
    with pytest.raises(RefusedError, match="break the glass"):
        dispatch(counter.services, in_slack(counter.topology, "U0LINUS"), words)
    told = dispatch(counter.services, in_slack(counter.topology, "U0ADA"), words).result
    assert isinstance(told, Message)
    assert f"dr break-glass {request.id} --reason TEXT --application shop --accept-loss 3600" in told.lines
    assert counter.request(request.id).acks == ()


def test_help_lists_what_the_person_at_the_terminal_may_run(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {name: counter.sts.keys(user(name)) for name in ("robin", "linus", "mallory")}
    monkeypatch.setattr(credentials, "ask", lambda endpoint, headers, **_times: counter.sts(endpoint, _lower(headers)))

    def helped(name: str) -> tuple[str, set[str]]:
        monkeypatch.setattr(credentials, "Signer", lambda: keys[name])
        report = dispatch(counter.services, terminal_actor(), ["help"]).result
        assert isinstance(report, HelpReport)
        return report.caller, {entry.name for entry in report.entries}

    caller, robin = helped("robin")
    assert (caller, "failover" in robin, "approve" in robin) == ("Robin", True, False)
    assert {"approve", "brake off"} < helped("linus")[1]
    assert "break-glass" not in helped("linus")[1]
    assert not {"failover", "approve"} & helped("mallory")[1]

    def nobody() -> Keys:
        raise DeniedError("There are no AWS credentials here.")

    monkeypatch.setattr(credentials, "Signer", nobody)
    [entry] = dispatch(counter.services, terminal_actor(), ["help", "approve"]).result.entries  # type: ignore[attr-defined]
    assert "operations need AWS credentials" in entry.summary


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_a_question_of_the_worker_is_a_question_of_the_terminal(
    counter: Counter, type_as: Typing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asks(*_: object, **__: object) -> None:
        raise ConfirmationError("brake on", (), hint="To stop all the same, ask again with `--confirm`.")

    monkeypatch.setattr("dr_core.terminal.verbs.brake.engage", asks)
    with pytest.raises(AnsweredError, match="--confirm") as caught:
        type_as("ada", "brake", "on", "--reason", "stop")
    assert caught.value.exit_code == 2
    assert counter.events("command.refused") == []
