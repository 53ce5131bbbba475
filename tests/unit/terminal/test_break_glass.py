"""Break-glass skips people, and nothing else."""

from dataclasses import replace

import pytest

from dr_core.approvals import ack, reviews
from dr_core.approvals.authority import holders
from dr_core.approvals.break_glass import Typed, break_glass
from dr_core.approvals.decision import standing
from dr_core.approvals.model import Face, Request, RequestState
from dr_core.approvals.proof import AckVerifier
from dr_core.approvals.renewal import ask_again
from dr_core.errors import ConflictError, RefusedError
from dr_core.execution import control
from dr_core.plan.step import Mode
from dr_core.store import observations, roster, runs
from dr_core.store import reviews as stored
from dr_core.terminal.claim import Claim, Verb, new_nonce
from tests.unit.approvals.conftest import observed
from tests.unit.terminal.conftest import Counter, about, approval, in_slack, user

AGO_S = 181


def breaking(request: Request, **more: object) -> Claim:
    typed = {"reason": "nobody answers", "application": "shop", "accept_loss": "3600", **more}
    return about(Verb.BREAK_GLASS, request, **typed)


def waited_for(counter: Counter, **how: object) -> Request:
    """A request for which approvers have had their three minutes."""
    request = counter.ask(**how)  # type: ignore[arg-type]
    counter.clock.advance(AGO_S)
    return request


@pytest.fixture(autouse=True)
def signatures_on_the_tests_clock(counter: Counter) -> None:
    """The clock is moved by minutes here; botocore signs on real time."""
    started = counter.clock.now()
    counter.clerk._services = replace(counter.clerk._services, clock=type("Real", (), {"now": lambda _self: started})())


def test_one_holder_completes_the_quorum_and_everybody_skipped_is_named(counter: Counter) -> None:
    request = waited_for(counter)
    answer = counter.typed(counter.sts.keys(user("ada")), breaking(request))
    assert answer.done, answer.message
    broken = counter.request(request.id)
    assert broken.state is RequestState.APPROVED
    assert (standing(broken).people, standing(broken).missing) == (("person:Ada",), 0)
    [approved] = counter.events("request.approved")
    assert approved.data["people"] == ["person:Ada"]
    assert counter.store.read(lambda tx: runs.get(tx, str(answer.run))).request == request.id
    [event] = counter.events("request.broke_glass")
    assert event.data["skipped"] == ["Grace", "Linus"]
    assert event.data["skipped_users"] == ["U0GRACE", "U0LINUS"]
    assert event.data["reason"] == "nobody answers"
    settings = counter.services.settings
    proven = AckVerifier(settings.ack_public_key, settings.worker_public_key)
    assert [proven.fault(broken, one) for one in broken.acks] == [None]
    assert proven.fault(broken, broken.acks[0].model_copy(update={"kind": "terminal"})) is not None


def test_it_is_offered_three_minutes_after_the_round_opened(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    counter.clock.advance(170)
    early = counter.typed(ada, breaking(request))
    assert "may be broken from" in early.message
    assert early.exit_code == 3
    counter.store.write(lambda tx: observations.save(tx, observed(counter.clock.now())))
    assert counter.typed(counter.sts.keys(user("linus")), about(Verb.RENEW, request)).done
    counter.clock.advance(20)
    assert "may be broken from" in counter.typed(ada, breaking(counter.request(request.id))).message, "a new round"
    counter.clock.advance(170)
    assert counter.typed(ada, breaking(counter.request(request.id))).done


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"application": "warehouse"}, "another application"),
        ({"accept_loss": "1"}, "type exactly: 3600"),
        ({"accept_loss": None}, "type exactly: 3600"),
        ({"reason": " "}, "needs a reason"),
    ],
)
def test_what_has_to_be_typed_has_to_be_typed(counter: Counter, more: dict[str, object], words: str) -> None:
    request = waited_for(counter)
    answer = counter.typed(counter.sts.keys(user("ada")), breaking(request, **more))
    assert words in answer.message
    assert answer.exit_code == 2
    assert counter.request(request.id).acks == ()


def test_an_approver_who_is_no_holder_cannot(counter: Counter) -> None:
    answer = counter.typed(counter.sts.keys(user("linus")), breaking(waited_for(counter)))
    assert "needs the role holder" in answer.message


def test_slack_alone_cannot(counter: Counter) -> None:
    request = waited_for(counter)
    with pytest.raises(RefusedError, match="proof of a terminal"):
        break_glass(
            counter.services, request.id, round=1, actor=in_slack(counter.topology, "U0ADA"),
            typed=Typed("now", "shop", "3600"), evidence={},
        )  # fmt: skip


def test_a_holder_who_approved_and_waits_in_vain_may(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    assert counter.typed(ada, approval(request)).done
    counter.clock.advance(AGO_S)
    assert counter.typed(ada, breaking(request)).run is not None
    assert [one.kind for one in counter.request(request.id).acks] == ["break_glass"]


def test_a_holder_alone_at_night_may_break_it_for_an_own_request(counter: Counter) -> None:
    request = waited_for(counter, requester="U0ADA")
    assert counter.typed(counter.sts.keys(user("ada")), breaking(request)).done


def test_a_request_that_is_over_stays_over(counter: Counter) -> None:
    request = waited_for(counter, mode=Mode.FORCED)
    assert counter.typed(counter.sts.keys(user("linus")), about(Verb.DENY, request, reason="no")).done
    assert "was denied" in counter.typed(counter.sts.keys(user("ada")), breaking(request)).message


def test_it_happens_once_for_a_nonce(counter: Counter) -> None:
    request = waited_for(counter)
    claim = breaking(request)
    counter.typed(counter.sts.keys(user("ada")), claim)
    signed = counter.clerk._services
    seen = counter.request(request.id)
    ada = in_slack(counter.topology, "U0ADA").model_copy(update={"face": Face.TERMINAL})
    again = break_glass(
        signed, request.id, round=1, actor=ada, typed=Typed("now", "shop", "3600"), evidence={},
        cmd_id=f"terminal:{claim.nonce}",
    )  # fmt: skip
    assert again.request == seen
    assert len(counter.events("request.broke_glass")) == 1


def test_its_review_stays_open_until_another_approver_closes_it(counter: Counter) -> None:
    counter.typed(counter.sts.keys(user("ada")), breaking(waited_for(counter)))
    [opened] = counter.store.read(stored.waiting)
    assert (opened.by.person, opened.kind, opened.reason) == ("person:Ada", "break_glass", "nobody answers")
    assert [event.data["review"] for event in counter.events("review.opened")] == [opened.id]
    with pytest.raises(RefusedError, match="somebody else must review"):
        reviews.close(counter.services, opened.id, actor=in_slack(counter.topology, "U0ADA"), note="fine")
    with pytest.raises(RefusedError, match="approver"):
        reviews.close(counter.services, opened.id, actor=in_slack(counter.topology, "U0REQUESTER"), note="fine")
    claim = Claim(nonce=new_nonce(), verb=Verb.REVIEW_CLOSE, review=opened.id, reason="it was right")
    assert counter.typed(counter.sts.keys(user("linus")), claim).done
    assert counter.store.read(stored.waiting) == ()
    [closed] = counter.events("review.closed")
    assert (closed.actor["person"], closed.data["note"]) == ("person:Linus", "it was right")
    with pytest.raises(ConflictError, match="closed by Linus"):
        reviews.close(counter.services, opened.id, actor=in_slack(counter.topology, "U0GRACE"), note="fine")


def test_a_holder_who_left_is_none(counter: Counter) -> None:
    known = counter.store.read(roster.load)
    assert known is not None
    gone = known.model_copy(
        update={"users": {**known.users, "U0ADA": known.users["U0ADA"].model_copy(update={"deleted": True})}}
    )
    assert "U0ADA" not in holders(counter.topology, gone)
    assert "U0ADA" in holders(counter.topology, known)


def test_a_break_glass_row_written_by_hand_is_not_proven(counter: Counter) -> None:
    request = waited_for(counter)
    slack = in_slack(counter.topology, "U0ADA")
    ack.approve(counter.services, request.id, round=1, actor=slack, typed_limit="3600", evidence={})
    settings = counter.services.settings
    [row] = counter.request(request.id).acks
    forged = row.model_copy(update={"kind": "break_glass"})
    found = AckVerifier(settings.ack_public_key, settings.worker_public_key).fault(request, forged)
    assert "no valid signature of a worker" in str(found)


def test_the_glass_of_a_run_that_is_being_aborted_is_not_broken(counter: Counter) -> None:
    request, grace = counter.ask(), in_slack(counter.topology, "U0GRACE")
    for who in ("U0GRACE", "U0LINUS"):
        outcome = ack.approve(
            counter.services,
            request.id,
            round=1,
            actor=in_slack(counter.topology, who),
            typed_limit="3600",
            evidence={},
        )
    run_id = str(outcome.run_id)
    counter.store.write(lambda tx: ask_again(tx, counter.services, run_id, grace, "more would be lost"))
    control.abort(counter.services, run_id, actor=grace, reason="no", confirmed=True)
    counter.clock.advance(AGO_S)
    answer = counter.typed(counter.sts.keys(user("ada")), breaking(counter.request(request.id)))
    assert not answer.done
    assert "is being aborted by Grace" in answer.message
    assert counter.request(request.id).state is RequestState.OPEN


def test_who_had_approved_the_round_is_named_beside_who_broke_its_glass(counter: Counter) -> None:
    request = waited_for(counter)
    grace = in_slack(counter.topology, "U0GRACE")
    ack.approve(counter.services, request.id, round=1, actor=grace, typed_limit="3600", evidence={})
    assert counter.typed(counter.sts.keys(user("ada")), breaking(request)).done
    [event] = counter.events("request.approved")
    assert event.data["people"] == ["person:Ada", "person:Grace"]
