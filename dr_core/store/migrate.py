"""Bring the store to the newest schema, and say where it stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dr_core.store.engine import make_engine

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade to `revision` in one transaction; two at once wait for each other."""
    _migrate(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` (`base`: no tables)."""
    _migrate(url, command.downgrade, revision)


def check(url: str) -> None:
    """Raise alembic's error when the tables in code and the migrations differ."""
    _migrate(url, lambda config, _: command.check(config), "")


def current_revision(url: str) -> str | None:
    """What the store is at; None before the first upgrade."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head_revision() -> str:
    """What this code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations are shipped")
    return head


def _migrate(url: str, action: object, revision: str) -> None:
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(dr_write=True) as connection, connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            action(config, revision)  # type: ignore[operator]  # alembic's commands share this shape
    finally:
        engine.dispose()
