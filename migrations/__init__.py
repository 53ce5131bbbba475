"""Alembic migrations of the store: expand, backfill, contract; the version before must be able to live with each."""
