"""The product as a role that `dr db upgrade --grant` made fit: a whole run works, and the trail cannot be changed."""

import io
import uuid
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from commands.cli import main
from dr_core.audit import trail
from dr_core.errors import DeniedError, RefusedError
from dr_core.store import grants
from dr_core.store.engine import Store, Tx
from tests.conftest import new_database
from tests.scenario.launching import logs, running
from tests.scenario.room import REQUESTER

pytestmark = pytest.mark.process
TOPOLOGY = Path(__file__).parents[1] / "topologies" / "shop.yaml"
REFUSED = (
    "UPDATE event SET kind = 'x'",
    "DELETE FROM event",
    "TRUNCATE event",
    "ALTER TABLE event DISABLE TRIGGER event_no_change",
    "ALTER TABLE event ADD COLUMN extra int",
    "DROP TRIGGER event_no_change ON event",
    "DROP TABLE event",
    "DROP FUNCTION event_refuse() CASCADE",
    "CREATE TABLE mine (id int)",
    "CREATE OR REPLACE FUNCTION event_refuse() RETURNS trigger LANGUAGE sql AS $$ SELECT NULL $$",
    "CREATE TRIGGER quiet BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION event_refuse()",
    "UPDATE ack SET person = 'person:Eve'",
    "DELETE FROM request",
    "UPDATE alembic_version SET version_num = '0'",
    "SET session_replication_role = 'replica'",
)
# What not every engine that speaks PostgreSQL has, or answers alike: docs/decisions/0010-multi-region-store.md.
NOT_SAID = (
    "SAVEPOINT",
    "FOR UPDATE",
    "FOR SHARE",
    "SKIP LOCKED",
    "PG_ADVISORY",
    "LOCK TABLE",
    "LISTEN",
    "NOTIFY",
    "CREATE TEMP",
)


@dataclass(frozen=True)
class Granted:
    """A database that its owner upgraded, and the role that the product is to run as."""

    owner_url: str
    role: str
    url: str

    def upgrade(self, *options: str) -> tuple[int, str]:
        """The exit code of the owner's `dr db upgrade`, and what it printed."""
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            patch.setenv("DATABASE_URL", self.owner_url)
            return main(["db", "upgrade", *options]), said.getvalue()


@pytest.fixture
def granted(postgres_url: str) -> Iterator[Granted]:
    owner_url, role = new_database(postgres_url), f"dr_{uuid.uuid4().hex[:12]}"
    admin = Store(postgres_url)
    admin.write(lambda tx: tx.conn.execute(text(f"CREATE ROLE {role} LOGIN")))
    made = Granted(owner_url, role, owner_url.replace("//postgres", f"//{role}"))
    code, said = made.upgrade("--grant", role)
    assert code == 0, said
    assert f"The role {role} may use it." in said
    yield made
    admin.dispose()


def test_the_role_may_read_and_append_the_trail_and_nothing_else(granted: Granted) -> None:
    store = Store(granted.url)
    for statement in REFUSED:
        with pytest.raises((DeniedError, ProgrammingError)) as refused:
            store.write(lambda tx, statement=statement: tx.conn.execute(text(statement)))
        assert "permission denied" in str(refused.value) or "must be owner" in str(refused.value), statement
    power = store.read(grants.power)
    assert power is not None
    assert (power.role, power.reasons) == (granted.role, ())
    store.dispose()


def test_a_role_that_could_change_the_trail_all_the_same_is_refused(granted: Granted) -> None:
    owner = Store(granted.owner_url)
    owner.write(lambda tx: tx.conn.execute(text(f"GRANT pg_write_all_data TO {granted.role}")))
    with pytest.raises(RefusedError, match="it may UPDATE, DELETE"):
        grants.grant(granted.owner_url, granted.role)
    owner.write(lambda tx: tx.conn.execute(text(f"REVOKE pg_write_all_data FROM {granted.role}")))
    power = owner.read(grants.power)
    assert power is not None
    assert power.reasons == ("it is a superuser",)
    owner.dispose()
    code, said = granted.upgrade("--grant", "nobody_of_that_name")
    assert (code, "no role 'nobody_of_that_name'" in said) == (2, True)


def test_a_whole_run_works_as_that_role_with_statements_that_every_engine_has(granted: Granted, tmp_path: Path) -> None:
    owner = Store(granted.owner_url)
    log = Path(owner.read(lambda tx: one(tx, "SHOW data_directory"))) / "log"
    owner.write(lambda tx: tx.conn.execute(text(f"ALTER ROLE {granted.role} SET log_statement = 'all'")))
    began = log.stat().st_size
    config = tmp_path / "dr.yaml"
    config.write_text(TOPOLOGY.read_text(encoding="utf-8"), encoding="utf-8")
    with running(config, tmp_path / "data", 400.0, "--store", granted.url) as room:
        card = room.open(REQUESTER, "/dr failover eu-west-1")
        room.approve(room.approvers[0], card)
        room.finished(card)
        assert owner.read(trail.verify).ok, logs(room.data)
        checks = {check["name"]: check for check in room.json("doctor")["checks"]}
        assert checks["trail role"]["state"] == "ok", checks["trail role"]
        assert checks["trail guard"]["state"] == "ok"
    owner.dispose()
    with log.open("rb") as content:
        content.seek(began)
        said = [line.upper() for line in content.read().decode(errors="replace").splitlines()]
    assert sum("INSERT INTO EVENT" in line for line in said) > 10, "the log has the statements"
    forbidden = [
        line for line in said if any(word in line for word in NOT_SAID) and "PG_ADVISORY_XACT_LOCK" not in line
    ]
    assert not forbidden
    locks = [line for line in said if "PG_ADVISORY" in line]
    assert len(locks) <= 1, "the upgrade at the start alone takes a lock"
    assert not [line for line in said if "ERROR:" in line and "PERMISSION DENIED" in line]


def one(tx: Tx, query: str) -> str:
    return str(tx.conn.execute(text(query)).scalar_one())
