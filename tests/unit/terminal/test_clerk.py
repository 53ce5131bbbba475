"""What a worker believes of what terminals hand in, and what it never does for them."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.model import RequestState
from dr_core.approvals.renewal import renew
from dr_core.aws.caller import Caller, Endpoint
from dr_core.errors import UnreachableError
from dr_core.failpoints import Point, When, armed
from dr_core.store import runs, submissions
from dr_core.store.submissions import SubmissionState
from dr_core.terminal import verbs
from dr_core.terminal.claim import Claim, Seen, Verb, new_nonce
from dr_core.terminal.clerk import Clerk
from tests.unit.terminal.conftest import (
    ACCOUNT,
    SSO,
    WEST,
    WORKER,
    Counter,
    about,
    approval,
    in_slack,
    user,
)


def test_two_people_at_two_terminals_complete_a_forced_request_without_slack(counter: Counter) -> None:
    request = counter.ask()
    grace = counter.sts.keys(f"arn:aws:sts::{ACCOUNT}:assumed-role/grace/whatever")
    first = counter.typed(counter.sts.keys(user("ada")), approval(request))
    assert (first.done, first.person, first.run) == (True, "Ada", None)
    second = counter.typed(grace, approval(request))
    assert second.done
    assert second.run is not None
    stored = counter.request(request.id)
    assert stored.state is RequestState.APPROVED
    assert {(one.person, one.kind) for one in stored.acks} == {("person:Ada", "terminal"), ("person:Grace", "terminal")}
    assert [counter.unproven(stored, one) for one in stored.acks] == [None, None]


def test_an_identity_center_user_is_a_person_and_a_lookalike_is_not(counter: Counter) -> None:
    request = counter.ask()
    sso = f"{SSO}/"
    assert not counter.typed(counter.sts.keys(f"{sso}ada@example.com"), approval(request)).done
    assert not counter.typed(
        counter.sts.keys(f"{sso}linus@example.com".replace(ACCOUNT, "9" * 12)), approval(request)
    ).done
    assert counter.typed(counter.sts.keys(f"{sso}linus@example.com"), approval(request)).person == "Linus"


def test_one_person_with_two_identities_counts_once(counter: Counter) -> None:
    request = counter.ask()
    slack = in_slack(counter.topology, "U0LINUS")
    ack.approve(counter.services, request.id, round=1, actor=slack, typed_limit="3600", evidence={})
    again = counter.typed(counter.sts.keys(user("linus")), approval(request))
    assert "You already approved" in again.message
    other = f"{SSO}/linus@example.com"
    assert not counter.typed(counter.sts.keys(other), approval(request)).done
    assert counter.request(request.id).state is RequestState.OPEN


def test_who_asked_in_slack_cannot_approve_in_a_terminal(counter: Counter) -> None:
    request = counter.ask(requester="U0ADA")
    answer = counter.typed(counter.sts.keys(user("ada")), approval(request))
    assert "somebody else must approve" in answer.message
    assert answer.exit_code == 3


def test_who_asked_in_a_terminal_cannot_approve_in_slack(counter: Counter) -> None:
    claim = Claim(nonce=new_nonce(), verb=Verb.FAILOVER, application="shop", target=WEST, forced=True, reason="gone")
    opened = counter.typed(counter.sts.keys(user("ada")), claim)
    request = counter.request(str(opened.request))
    assert (request.requester.person, request.requester.face.value) == ("person:Ada", "terminal")
    with pytest.raises(Exception, match="somebody else must approve"):
        ack.approve(
            counter.services, request.id, round=1, actor=in_slack(counter.topology, "U0ADA"), typed_limit="3600",
            evidence={},
        )  # fmt: skip


def test_who_is_no_approver_in_slack_is_none_in_a_terminal(counter: Counter) -> None:
    answer = counter.typed(counter.sts.keys(user("robin")), approval(counter.ask(requester="U0ADA")))
    assert "needs the role approver" in answer.message


def test_an_approver_denies_in_a_terminal(counter: Counter) -> None:
    request = counter.ask()
    assert counter.typed(counter.sts.keys(user("ada")), about(Verb.DENY, request, reason="the region is back")).done
    stored = counter.request(request.id)
    assert (stored.state, stored.decided_by, stored.decision_reason) == (
        RequestState.DENIED, "Ada", "the region is back",
    )  # fmt: skip


def test_the_loss_is_typed_in_a_terminal_too(counter: Counter) -> None:
    request = counter.ask()
    answer = counter.typed(counter.sts.keys(user("ada")), approval(request, loss="1"))
    assert "type exactly: 3600" in answer.message
    assert answer.exit_code == 2


def test_a_claim_about_a_round_that_is_over_decides_nothing(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    old = approval(request)
    assert counter.typed(counter.sts.keys(user("robin")), about(Verb.CANCEL, request)).done
    assert "was cancelled" in counter.typed(ada, old).message
    seen = Seen(request=request.id, round=7, digest=request.digest)
    other = Claim(nonce=new_nonce(), verb=Verb.APPROVE, seen=seen, accept_loss="3600")
    assert "round 7" in counter.typed(ada, other).message


@pytest.mark.parametrize("verb", [Verb.DENY, Verb.CANCEL])
def test_a_round_that_was_opened_right_after_the_look_is_not_ended(
    counter: Counter, verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = counter.ask()
    renew(counter.services, request.id, actor=in_slack(counter.topology, "U0GRACE"), round=1)
    monkeypatch.setattr(verbs, "_as_seen", lambda _tx, _order: None)
    claim = about(verb, request, **({"reason": "no"} if verb is Verb.DENY else {}))
    answer = counter.typed(counter.sts.keys(user("ada")), claim)
    assert "Round 2" in answer.message
    assert counter.request(request.id).state is RequestState.OPEN


def test_a_region_whose_sts_is_away_is_passed_over(counter: Counter) -> None:
    request = counter.ask()
    tried: list[str] = []

    def half(endpoint: Endpoint, headers: dict[str, str]) -> Caller:
        tried.append(endpoint.host)
        if WEST in endpoint.host:
            raise UnreachableError("away")
        return counter.sts(endpoint, headers)

    counter.clerk._ask = half  # type: ignore[assignment]
    assert counter.typed(counter.sts.keys(user("ada")), approval(request)).done
    assert tried == ["sts.eu-west-1.amazonaws.com", "sts.eu-central-1.amazonaws.com"]


def test_without_any_sts_nothing_is_decided_and_the_terminal_reads_why(counter: Counter) -> None:
    def away(_endpoint: Endpoint, _headers: object) -> Caller:
        raise UnreachableError("STS does not answer.")

    counter.clerk._ask = away
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(counter.ask()))
    assert counter.clerk.once() == 0
    row = counter.row(nonce)
    assert (row.state, row.note) == (SubmissionState.PENDING, "STS does not answer.")
    counter.clerk._ask = counter.sts
    assert counter.clerk.once() == 0, "it waits a little before the next try"
    counter.clock.advance(3)
    assert counter.clerk.once() == 1


def test_what_a_terminal_took_back_is_carried_out_by_nobody(counter: Counter) -> None:
    request = counter.ask()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(request))
    assert counter.store.write(lambda tx: submissions.withdraw(tx, nonce, "{}"))
    assert counter.clerk.once() == 0
    assert counter.request(request.id).acks == ()


def test_what_was_left_behind_is_not_carried_out_minutes_later(counter: Counter) -> None:
    request = counter.ask()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(request))
    counter.clock.advance(61)
    counter.clerk.once()
    assert "Nobody waits" in counter.answer(nonce).message
    assert counter.request(request.id).acks == ()


def test_two_workers_at_the_counter_do_it_once(counter: Counter) -> None:
    request = counter.ask()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(request))
    other = Clerk(counter.clerk._services, asking=counter.sts, own=lambda: WORKER)

    def overtaken(endpoint: Endpoint, headers: dict[str, str]) -> Caller:
        counter.clock.advance(21)  # the first worker hangs past its turn, and the second one takes over
        counter.clerk._ask = counter.sts
        assert other.once() == 1
        return counter.sts(endpoint, headers)

    counter.clerk._ask = overtaken  # type: ignore[assignment]
    assert counter.clerk.once() == 0
    assert counter.answer(nonce).done
    assert len(counter.request(request.id).acks) == 1
    assert len(counter.events("request.acked")) == 1


def test_the_proof_is_forgotten_once_it_has_done_its_work(counter: Counter) -> None:
    claim = approval(counter.ask())
    counter.typed(counter.sts.keys(user("ada")), claim)
    assert counter.row(claim.nonce).proof == ""
    [event] = counter.events("request.acked")
    assert user("ada") in str(event.data["proof"])
    assert claim.nonce in str(event.data["proof"])


def test_a_run_is_steered_and_the_brake_engaged_from_a_terminal(counter: Counter) -> None:
    request = counter.ask()
    ada, linus = counter.sts.keys(user("ada")), counter.sts.keys(user("linus"))
    counter.typed(ada, approval(request))
    run = counter.typed(linus, approval(request)).run
    paused = counter.typed(ada, Claim(nonce=new_nonce(), verb=Verb.RUN_PAUSE, run=run, reason="wait"))
    assert (paused.done, paused.run) == (True, run)
    assert counter.store.read(lambda tx: runs.get(tx, str(run))).holds
    assert counter.typed(ada, Claim(nonce=new_nonce(), verb=Verb.RUN_RESUME, run=run)).done
    assert counter.typed(ada, Claim(nonce=new_nonce(), verb=Verb.BRAKE_ON, reason="stop")).done
    assert counter.typed(linus, Claim(nonce=new_nonce(), verb=Verb.BRAKE_OFF)).done
    assert counter.typed(ada, Claim(nonce=new_nonce(), verb=Verb.RUN_ABORT, run=run, reason="enough")).done
    assert counter.typed(linus, Claim(nonce=new_nonce(), verb=Verb.COOLDOWN_CLEAR, application="shop")).done


class Died(BaseException):
    """The worker's process ends here."""


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("point", [Point.TERMINAL_TAKE, Point.REQUEST_DECIDE, Point.TERMINAL_ANSWER])
def test_a_worker_that_dies_at_the_counter_leaves_it_to_the_next(counter: Counter, point: Point, when: When) -> None:
    request = counter.ask()
    claim = approval(request)
    nonce = counter.hand_in(counter.sts.keys(user("ada")), claim)

    def dies(at: Point, then: When) -> None:
        if (at, then) == (point, when):
            raise Died

    with armed(dies), pytest.raises(Died):
        counter.clerk.once()
    counter.clock.advance(21)
    Clerk(counter.clerk._services, asking=counter.sts, own=lambda: WORKER).once()
    assert counter.answer(nonce).done
    assert len(counter.request(request.id).acks) == 1
    assert len(counter.events("request.acked")) == 1
