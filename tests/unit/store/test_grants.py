"""What the granted role may do beyond appending: what the product does, and no more."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from dr_core.approvals.model import Ack
from dr_core.approvals.proof import AckKind
from dr_core.errors import DeniedError
from dr_core.store import grants, requests
from dr_core.store.engine import Store
from tests.conftest import new_database
from tests.unit.execution.conftest import FakeWorld, Stage


@pytest.fixture
def begun(postgres_url: str, clock: object) -> Iterator[Stage]:
    """A request with its run, in a database whose owner has granted a role what the product needs."""
    owner_url, role = new_database(postgres_url, template="template_dr"), f"dr_{uuid.uuid4().hex[:12]}"
    owner = Store(owner_url, clock=clock)
    owner.write(lambda tx: tx.conn.execute(text(f"CREATE ROLE {role} LOGIN")))
    grants.grant(owner_url, role)
    store = Store(owner_url.replace("//postgres", f"//{role}"), clock=clock)
    made = Stage(store, clock, FakeWorld(clock))
    made.begin()
    yield made
    store.dispose()
    owner.dispose()


def test_a_holder_who_acknowledged_before_may_break_the_glass(begun: Stage) -> None:
    request = begun.store.read(lambda tx: requests.get(tx, begun.run.request))
    plain = Ack(
        person="person:Ada",
        display="Ada",
        round=request.round + 1,
        digest=request.digest,
        accepted_limit_s=None,
        at=request.opened_at,
        kind=AckKind.SLACK.value,
        proof="signed",
    )
    broken = plain.model_copy(update={"kind": AckKind.BREAK_GLASS.value})
    for ack in (plain, broken):
        begun.store.write(lambda tx, ack=ack: requests.replace_ack(tx, request.id, ack))
    kept = begun.store.read(lambda tx: requests.get(tx, request.id)).acks
    assert [ack for ack in kept if ack.round == broken.round] == [broken]


@pytest.mark.parametrize(
    "statement", ["UPDATE ack SET person = 'person:Eve'", "UPDATE ack SET round = 9", "DELETE FROM ack"]
)
def test_an_acknowledgement_stays_the_same_persons(begun: Stage, statement: str) -> None:
    with pytest.raises(DeniedError, match="permission denied"):
        begun.store.write(lambda tx: tx.conn.execute(text(statement)))


def test_with_a_password_the_role_is_made_and_only_a_hash_is_said(postgres_url: str, clock: object) -> None:
    """A deployment has nobody who could make it by hand; given again, the password is the new one."""
    owner_url, role = new_database(postgres_url, template="template_dr"), f"dr_{uuid.uuid4().hex[:12]}"
    owner = Store(owner_url, clock=clock)
    stored = text("SELECT rolcanlogin, rolsuper, rolcreaterole, rolpassword FROM pg_authid WHERE rolname = :role")
    hashes = []
    for password in ("it's the first", "the second"):
        grants.grant(owner_url, role, password)
        found = owner.read(lambda tx: tx.conn.execute(stored, {"role": role}).one())
        assert (found.rolcanlogin, found.rolsuper, found.rolcreaterole) == (True, False, False)
        hashes.append(found.rolpassword)
    assert all(one.startswith("SCRAM-SHA-256$") for one in hashes)
    assert hashes[0] != hashes[1]
    assert not [one for one in hashes if "first" in one or "second" in one]
    owner.dispose()
