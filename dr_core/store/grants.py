"""What the role of bot and worker may do on PostgreSQL: no more than they need; the trail is read and appended to."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from dr_core.errors import ConfigError, RefusedError
from dr_core.store.engine import Tx, make_engine, translated
from dr_core.store.tables import ack, button, event, replica, sample, scope_lock
from dr_core.store.tables_beside_runs import whole as metadata

_APPEND = ("SELECT", "INSERT")
_CHANGE = (*_APPEND, "UPDATE")
_NEEDED = {
    event.name: _APPEND,
    ack.name: (*_APPEND, f"UPDATE ({', '.join(c.name for c in ack.columns if not c.primary_key)})"),
    button.name: _APPEND,
    scope_lock.name: (*_APPEND, "DELETE"),
    sample.name: (*_APPEND, "DELETE"),
    replica.name: (*_CHANGE, "DELETE"),
}
"""Of every other table rows are changed, and none is ever deleted. An acknowledgement stays the same person's."""

_REVISION = "alembic_version"
_HARMFUL = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")


@dataclass(frozen=True)
class Power:
    """What the connected role could do to the trail beyond appending; empty is as it should be."""

    role: str
    reasons: tuple[str, ...]


def _needed(table: str) -> tuple[str, ...]:
    """The privileges on one table that the product cannot do without."""
    return ("SELECT",) if table == _REVISION else _NEEDED.get(table, _CHANGE)


def grant(url: str, role: str, password: str | None = None) -> None:
    """Give `role` exactly what bot and worker need, and take everything else in the schema away from it.

    With a `password` the role is made where it does not exist, and that becomes its password; only a hash of it reaches
    PostgreSQL and its log. ConfigError on SQLite and for a role that does not exist; RefusedError where it could change
    the trail all the same.
    """
    engine = make_engine(url)
    try:
        if engine.dialect.name != "postgresql":
            raise ConfigError("--grant: SQLite has no roles; who may write the file may do everything.")
        with engine.connect() as connection, connection.begin():
            if password is not None:
                _log_in(connection, role, password)
            _grant(connection, role)
    except DBAPIError as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def power(tx: Tx) -> Power | None:
    """What the role of this connection could do to the trail; None where the database knows no roles."""
    if tx.conn.dialect.name != "postgresql":
        return None
    role = str(tx.conn.execute(text("SELECT current_user")).scalar_one())
    return Power(role, _reasons(tx.conn, role))


def _log_in(connection: Connection, role: str, password: str) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None, "a connection that is open has a driver's"
    hashed = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    verb = "ALTER" if _exists(connection, role) else "CREATE"
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    # A statement about roles takes no parameters; a SCRAM hash holds no quotation mark.
    connection.exec_driver_sql(f"{verb} ROLE {name} LOGIN PASSWORD '{hashed}'")


def _exists(connection: Connection, role: str) -> bool:
    found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found.scalar() is not None


def _grant(connection: Connection, role: str) -> None:
    if not _exists(connection, role):
        raise ConfigError(f"--grant: there is no role {role!r} in this database.", hint="CREATE ROLE ... LOGIN first.")
    quote = connection.dialect.identifier_preparer.quote_identifier
    name, schema = quote(role), quote(str(connection.execute(text("SELECT current_schema()")).scalar_one()))
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"REVOKE ALL ON SCHEMA {schema} FROM {name}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        *(f"GRANT {', '.join(_needed(table))} ON {schema}.{quote(table)} TO {name}" for table in _tables()),
    ]
    for statement in statements:
        connection.execute(text(statement))
    left = _reasons(connection, role)
    if left:
        raise RefusedError(
            f"The role {role} could still change the trail: {'; '.join(left)}.",
            hint="Nothing was granted. Use a role of its own that owns nothing and is in no other role.",
        )


def _tables() -> Iterable[str]:
    return (*metadata.tables, _REVISION)


def _reasons(connection: Connection, role: str) -> tuple[str, ...]:
    """Every way in which the role could rewrite the trail or what guards it."""
    found = connection.execute(
        text("""
            SELECT r.rolsuper AS super,
                   pg_has_role(r.oid, c.relowner, 'MEMBER') AS owner,
                   has_schema_privilege(r.oid, c.relnamespace, 'CREATE') AS creates
            FROM pg_roles r, pg_class c WHERE r.rolname = :role AND c.oid = to_regclass('event')
        """),
        {"role": role},
    ).one_or_none()
    if found is None:
        return ()
    if found.super:
        return ("it is a superuser",)
    if found.owner:
        return ("it owns the table, or may become its owner",)
    held = text("SELECT has_table_privilege(CAST(:role AS text), 'event', CAST(:privilege AS text))")
    able = [one for one in _HARMFUL if connection.execute(held, {"role": role, "privilege": one}).scalar_one()]
    reasons = [f"it may {', '.join(able)}"] if able else []
    return (*reasons, *(["it may create objects in the schema"] if found.creates else []))
