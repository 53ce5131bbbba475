"""Which triggers must stand after an upgrade: batch migrations drop them silently, and no schema check sees them."""

from sqlalchemy import text

from dr_core.store.engine import Tx

EXPECTED = {
    "sqlite": frozenset({"event_no_update", "event_no_delete", "event_in_order"}),
    "postgresql": frozenset({"event_no_change", "event_no_truncate"}),
}
_QUERY = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'",
    "postgresql": """
SELECT tgname FROM pg_trigger
WHERE tgrelid = 'event'::regclass AND NOT tgisinternal AND tgenabled <> 'D'
""",
}


def missing(tx: Tx) -> frozenset[str]:
    """Names of the triggers that should guard the trail and do not: dropped, or switched off."""
    dialect = tx.conn.dialect.name
    return EXPECTED[dialect] - set(tx.conn.execute(text(_QUERY[dialect])).scalars())
