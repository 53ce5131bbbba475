"""Runs migrations on the connection that `dr_core.store.migrate` hands over, one upgrade at a time."""

from alembic import context
from sqlalchemy import Connection, text

from dr_core.store.tables_beside_runs import whole as metadata

_LOCK_KEY = 7_013_225_001


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SET LOCAL statement_timeout = '300s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # the transaction is ours: it also holds the lock
        compare_server_default=True,
    )
    context.run_migrations()


_run(context.config.attributes["connection"])
