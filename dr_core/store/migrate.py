"""Bring the store to the newest schema, and say where it stands."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dr_core.errors import RefusedError
from dr_core.store import triggers
from dr_core.store.engine import Tx, contended, make_engine, translated

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
_PATIENCE_S = 120.0
"""So long another upgrade, or work on a table that is to be altered, is waited for."""
_PAUSE_S = 0.2


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction; two at once wait for each other.

    A store that a newer version has upgraded is left as it is: the version before must be able to come back.
    Nothing is upgraded when afterwards the trail would stand without its triggers.
    """
    _migrate(url, lambda config, connection: _upgraded(config, connection, revision))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` (`base`: no tables)."""
    _migrate(url, lambda config, _: command.downgrade(config, revision))


def check(url: str) -> None:
    """Raise alembic's error when the tables in code and the migrations differ."""
    _migrate(url, lambda config, _: command.check(config))


def current_revision(url: str) -> str | None:
    """What the store is at; None before the first upgrade."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    finally:
        engine.dispose()


def revision_of(connection: Connection) -> str | None:
    """The same of a store that is open already."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head_revision() -> str:
    """What this code expects; the files are read once, since readiness asks every few seconds."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations are shipped")
    return head


def serves(found: str | None) -> bool:
    """Whether this version can work with a store at that revision: its own, or one that a newer version made.

    Migrations only add, so what is unknown here is newer, and what this version uses still stands.
    """
    return found == head_revision() or _is_newer(found)


def _is_newer(found: str | None) -> bool:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return found is not None and found not in known


def _upgraded(config: Config, connection: Connection, revision: str) -> None:
    if not _is_newer(revision_of(connection)):
        command.upgrade(config, revision)
    gone = triggers.missing(Tx(connection, None))
    if gone:
        raise RefusedError(
            f"The audit trail has lost what guards it: {', '.join(sorted(gone))}.",
            hint="Find out who removed it, run `dr audit verify`, and put it back (docs/operations.md, The store).",
        )


def _migrate(url: str, action: Callable[[Config, Connection], None]) -> None:
    engine = make_engine(url)
    give_up_at = time.monotonic() + _PATIENCE_S
    try:
        while True:
            try:
                with engine.connect().execution_options(dr_write=True) as connection, connection.begin():
                    config = _config()
                    config.attributes["connection"] = connection
                    action(config, connection)
                return
            except DBAPIError as error:
                if not contended(error) or time.monotonic() > give_up_at:
                    raise translated(error) from error
            time.sleep(_PAUSE_S)
    finally:
        engine.dispose()
