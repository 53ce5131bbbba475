"""Attacks on the proof: each is refused, starts nothing, and leaves a trace."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from dr_core.approvals import ack
from dr_core.approvals.model import RequestState
from dr_core.approvals.proof import WORKER_KEY, AckSigner, AckVerifier
from dr_core.aws.caller import Endpoint
from dr_core.errors import ConflictError
from dr_core.plan.step import Mode
from dr_core.store import submissions
from dr_core.store.submissions import SubmissionState
from dr_core.store.tables import ack as acks
from dr_core.store.tables import submission
from dr_core.terminal.claim import Claim, Seen, Verb, new_nonce
from dr_core.terminal.identity import proven_actor
from dr_core.terminal.proof import Proof, sign, sts_of
from tests.unit.terminal.conftest import (
    ACCOUNT,
    WORKER,
    Counter,
    about,
    approval,
    user,
    with_header,
)


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", "no person"),
        (WORKER, "own identity"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/dr-worker/ada", "own identity"),
        (f"arn:aws:iam::{ACCOUNT}:user/mallory", "nobody in the workers' dr.yaml"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/ada", "nobody"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/user@ada", "nobody"),
        (f"arn:aws:iam::{'9' * 12}:user/ada", "nobody"),
        (f"arn:aws:iam::{ACCOUNT}:user/x/ada", "nobody"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ada", "nobody"),
    ],
)  # fmt: skip
def test_who_is_no_person_of_the_policy_only_looks(counter: Counter, arn: str, words: str) -> None:
    request = counter.ask()
    answer = counter.typed(counter.sts.keys(arn), approval(request))
    assert (answer.done, answer.exit_code) == (False, 3)
    assert words in answer.message
    [event] = counter.events("terminal.refused")
    assert event.data["arn"] == arn
    assert counter.request(request.id).acks == ()


def test_the_bots_own_role_is_refused_even_where_people_name_it(counter: Counter) -> None:
    counter.clerk._own = lambda: user("ada")
    assert "own identity" in counter.typed(counter.sts.keys(user("ada")), approval(counter.ask())).message


def test_a_proof_for_a_liars_sts_is_never_sent_anywhere(counter: Counter, elsewhere: tuple[Endpoint, ...]) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    answer = counter.typed(ada, claim, sign(ada, elsewhere, claim.canonical()))  # type: ignore[arg-type]
    assert "not signed for sts." in answer.message
    assert counter.sts.asked == []
    assert counter.request(request.id).acks == ()


def test_a_liars_header_is_refused_before_anything_is_sent(counter: Counter) -> None:
    ada = counter.sts.keys(user("ada"))
    for header in (
        {"x_forwarded_host": "sts.example.com"},
        {"accept": "application/json"},
        {"x_amz_date": "a\r\nb: c"},
    ):
        claim = approval(counter.ask(Mode.FORCED)) if not counter.events("request.opened") else _again(counter)
        signed = with_header(sign(ada, sts_of(counter.services), claim.canonical()), **header)  # type: ignore[arg-type]
        assert not counter.typed(ada, claim, signed).done
    assert counter.sts.asked == []


def _again(counter: Counter) -> Claim:
    [opened] = counter.events("request.opened")
    return approval(counter.request(opened.chain))


def test_a_claim_header_that_is_not_signed_proves_nothing(counter: Counter) -> None:
    """Ada signed a plain GetCallerIdentity for somebody; the claim was put beside it."""
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    headers = sign(ada, sts_of(counter.services), claim.canonical()).requests[0].headers  # type: ignore[arg-type]
    plain = [ada.sign(endpoint, {}) for endpoint in sts_of(counter.services)]
    proof = Proof.model_validate(
        {"requests": [{"headers": one | {"X-DR-Claim": headers["X-DR-Claim"]}} for one in plain]}
    )
    assert "must be signed" in counter.typed(ada, claim, proof).message
    assert counter.sts.asked == []


def test_a_proof_lifted_onto_another_claim_proves_nothing(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    good = about(Verb.DENY, request, reason="no")
    proof = sign(ada, sts_of(counter.services), good.canonical())  # type: ignore[arg-type]
    seen = Seen(request="r-elsewher", round=1, digest=request.digest)
    changed = (
        good.model_copy(update={"nonce": new_nonce()}),
        good.model_copy(update={"verb": Verb.APPROVE}),
        good.model_copy(update={"seen": seen}),
        good.model_copy(update={"seen": seen.model_copy(update={"request": request.id, "round": 2})}),
        good.model_copy(update={"seen": seen.model_copy(update={"request": request.id, "digest": "0" * 64})}),
    )
    for claim in changed:
        unused = claim.model_copy(update={"nonce": new_nonce()})
        assert "for another claim" in counter.typed(ada, unused, proof).message
    assert counter.sts.asked == []
    assert counter.request(request.id).state is RequestState.OPEN


def test_a_signature_made_without_the_secret_is_refused_by_sts(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    forged = with_header(
        sign(counter.sts.keys(user("mallory")), sts_of(counter.services), claim.canonical())  # type: ignore[arg-type]
    )
    forged = Proof.model_validate_json(
        forged.model_dump_json().replace("AKIA0000000000000001", ada.credentials.access_key)
    )
    answer = counter.typed(ada, claim, forged)
    assert "SignatureDoesNotMatch" in answer.message
    assert answer.exit_code == 4
    assert counter.request(request.id).acks == ()


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_signature_of_another_time_is_refused(counter: Counter, minutes: int) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    proof = sign(ada, sts_of(counter.services), claim.canonical())  # type: ignore[arg-type]
    later = counter.clock.now() + timedelta(minutes=minutes)
    late = replace(counter.clerk._services, clock=type("Later", (), {"now": lambda _self: later})())
    counter.clerk._services = late
    assert "5 minutes" in counter.typed(ada, claim, proof).message
    assert counter.sts.asked == []


def test_a_nonce_is_used_once(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    assert counter.typed(ada, claim).done
    with pytest.raises(ConflictError, match="before"):
        counter.hand_in(ada, claim)


def test_a_submission_put_back_by_hand_has_no_second_effect(counter: Counter) -> None:
    """Whoever can write into the store may repeat what somebody did, within minutes; it stays one act."""
    ada = counter.sts.keys(user("ada"))
    counter.ask()
    claim = Claim(nonce=new_nonce(), verb=Verb.BRAKE_ON, reason="two changes at once")
    proof = sign(ada, sts_of(counter.services), claim.canonical()).model_dump_json()  # type: ignore[arg-type]
    assert counter.typed(ada, claim).done
    off = Claim(nonce=new_nonce(), verb=Verb.BRAKE_OFF)
    assert counter.typed(ada, off).done
    pending = {"state": "pending", "answer": "", "proof": proof}
    counter.store.write(
        lambda tx: tx.conn.execute(update(submission).where(submission.c.nonce == claim.nonce).values(**pending))
    )
    counter.clerk.once()
    assert len(counter.events("brake.engaged")) == 1


def test_a_copy_under_another_nonce_is_refused(counter: Counter) -> None:
    request, ada = counter.ask(), counter.sts.keys(user("ada"))
    claim = approval(request)
    proof = sign(ada, sts_of(counter.services), claim.canonical()).model_dump_json()  # type: ignore[arg-type]
    other = new_nonce()
    counter.store.write(lambda tx: submissions.put(tx, other, claim.canonical(), proof))
    counter.clerk.once()
    assert "another submission" in counter.answer(other).message
    assert counter.request(request.id).acks == ()


def test_a_submission_written_by_hand_starts_nothing_and_says_so(counter: Counter) -> None:
    request = counter.ask()
    text = approval(request).canonical()
    rows = {
        "a" * 32: ("not json", "{}"),
        "b" * 32: (text.replace(Claim.model_validate_json(text).nonce, "b" * 32), "{}"),
        "c" * 32: (text.replace(Claim.model_validate_json(text).nonce, "c" * 32), '{"requests": []}'),
        "d" * 32: (f" {text}", "{}"),
    }
    for nonce, (claim, proof) in rows.items():
        counter.store.write(lambda tx, n=nonce, c=claim, p=proof: submissions.put(tx, n, c, p))  # type: ignore[misc]
    counter.clerk.once()
    assert [counter.row(nonce).state for nonce in rows] == [SubmissionState.REFUSED] * 4
    assert len(counter.events("terminal.refused")) == 4
    assert counter.request(request.id).acks == ()


def test_an_acknowledgement_written_by_hand_is_not_proven(counter: Counter, tmp_path) -> None:
    """Neither with a key of one's own, nor with the bot's for a terminal, nor under another kind."""
    request = counter.ask()
    settings = counter.services.settings
    people = {person.name: proven_actor(person) for person in counter.topology.people}
    for name, key in (("Ada", tmp_path / "mine.pem"), ("Grace", settings.ack_key)):
        own = replace(counter.services, signer=AckSigner.load_or_create(key, WORKER_KEY))
        ack.approve(own, request.id, round=1, actor=people[name], typed_limit="3600", evidence={})
        [row] = counter.request(request.id).acks
        assert "no valid signature of a worker" in str(counter.unproven(request, row))
        counter.store.write(lambda tx: tx.conn.execute(delete(acks)))
    assert counter.typed(counter.sts.keys(user("linus")), approval(request)).done
    [row] = counter.request(request.id).acks
    assert counter.unproven(request, row) is None
    for kind in ("slack", "break_glass", "worker"):
        assert counter.unproven(request, row.model_copy(update={"kind": kind})) is not None
    assert "no key of workers" in str(AckVerifier(settings.ack_public_key).fault(request, row))


def test_only_who_verified_a_proof_makes_a_proven_actor() -> None:
    """Help makes one too, to look up roles for its list."""
    root = Path(__file__).parents[3]
    made = {
        path.relative_to(root).as_posix()
        for room in ("dr_core", "commands", "bot")
        for path in (root / room).rglob("*.py")
        if "proven_actor(" in path.read_text(encoding="utf-8")
    }
    assert made == {"dr_core/terminal/identity.py", "dr_core/terminal/clerk.py", "commands/credentials.py"}
