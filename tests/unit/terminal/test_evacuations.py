"""A whole region from terminals: asked for, approved and denied by proven people, each proof bound to every plan."""

from dr_core.approvals.model import RequestState
from dr_core.evacuation.binding import digest_of, round_of
from dr_core.evacuation.reading import members_of
from dr_core.store import evacuations
from dr_core.terminal.claim import Claim, Seen, Verb, new_nonce
from tests.unit.terminal.conftest import WEST, Counter, user


def asked(counter: Counter) -> str:
    claim = Claim(nonce=new_nonce(), verb=Verb.FAILOVER, every=True, target=WEST, forced=True, reason="gone")
    answer = counter.typed(counter.sts.keys(user("robin")), claim)
    assert answer.done, answer.message
    return str(answer.evacuation)


def about(counter: Counter, verb: Verb, named: str, **more: object) -> Claim:
    members = counter.store.read(lambda tx: members_of(tx, evacuations.get(tx, named)))
    seen = Seen(request=named, round=round_of(members), digest=digest_of(members))
    return Claim(nonce=new_nonce(), verb=verb, seen=seen, **more)  # type: ignore[arg-type]


def test_two_people_approve_it_in_terminals_and_each_member_is_proven(counter: Counter) -> None:
    named = asked(counter)
    for name in ("ada", "linus"):
        claim = about(counter, Verb.APPROVE, named, accept_loss="3600")
        answer = counter.typed(counter.sts.keys(user(name)), claim)
        assert (answer.done, answer.evacuation) == (True, named), answer.message
    [request] = counter.store.read(lambda tx: members_of(tx, evacuations.get(tx, named)))
    assert request.state is RequestState.APPROVED
    assert {ack.kind for ack in request.acks} == {"terminal"}
    assert [counter.unproven(request, ack) for ack in request.acks] == [None, None]


def test_an_approval_of_other_plans_than_those_that_stand_is_refused(counter: Counter) -> None:
    named = asked(counter)
    seen = Seen(request=named, round=1, digest="0" * 64)
    claim = Claim(nonce=new_nonce(), verb=Verb.APPROVE, seen=seen, accept_loss="3600")
    assert "another plan" in counter.typed(counter.sts.keys(user("ada")), claim).message
    seen = Seen(request=named, round=2, digest=about(counter, Verb.APPROVE, named).of_request.digest)
    claim = Claim(nonce=new_nonce(), verb=Verb.APPROVE, seen=seen, accept_loss="3600")
    assert "round 1 is the present one" in counter.typed(counter.sts.keys(user("ada")), claim).message


def test_it_is_denied_and_the_trail_names_who_did(counter: Counter) -> None:
    named = asked(counter)
    answer = counter.typed(counter.sts.keys(user("ada")), about(counter, Verb.DENY, named, reason="it is back"))
    assert (answer.done, answer.evacuation) == (True, named)
    [event] = counter.events("evacuation.denied")
    assert event.actor["display"] == "Ada"
    assert event.data["applications"] == ["shop"]
