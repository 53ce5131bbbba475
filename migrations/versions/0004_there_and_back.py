"""Incidents, drills, what is to be reconciled, and frozen applications. Only adds: version 0003 goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id(name: str, *, needed: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=not needed)


def _at(name: str, *, needed: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=not needed)


def _text(name: str, *, needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "incident",
        _id("id", needed=True),
        _id("application"),
        _text("title"),
        _at("opened_at", needed=True),
        _text("by"),
        _text("signals"),
        _id("request"),
        _at("closed_at"),
        _text("closed_by", needed=False),
        _id("channel"),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_opened", "incident", ["opened_at"])
    op.create_table(
        "drill",
        _id("id", needed=True),
        _id("application", needed=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _text("by"),
        _at("asked_at", needed=True),
        _at("started_at"),
        _at("ended_at"),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        _at("lease_until"),
        _id("request"),
        _text("body"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("drill_asked", "drill", ["application", "asked_at"])
    op.create_index("drill_state", "drill", ["state"])
    op.create_table(
        "reconciliation",
        _id("id", needed=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        _id("application", needed=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        _at("opened_at", needed=True),
        _id("run"),
        _text("body"),
        _at("signed_at"),
        _text("signed_by", needed=False),
        _text("note"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject"),
    )
    op.create_table(
        "freeze",
        _id("application", needed=True),
        _at("since", needed=True),
        _text("by"),
        _id("run"),
        _text("body"),
        _at("lifted_at"),
        _text("lifted_by", needed=False),
        _text("reason"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("application"),
    )


def downgrade() -> None:
    for name in ("freeze", "reconciliation", "drill", "incident"):
        op.drop_table(name)
