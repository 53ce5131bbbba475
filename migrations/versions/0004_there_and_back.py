"""Incidents, drills, what is to be reconciled, frozen applications, evacuations, releases. Only adds."""

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
    _evacuations()
    _releases()


def _evacuations() -> None:
    op.create_table(
        "evacuation",
        _id("id", needed=True),
        _id("source", needed=True),
        _id("target", needed=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        _text("requester"),
        _text("reason"),
        _id("asked_in"),
        _at("opened_at", needed=True),
        _at("ended_at"),
        _text("left"),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("channel"),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("evacuation_opened", "evacuation", ["opened_at"])
    op.create_table(
        "evacuation_member",
        _id("evacuation", needed=True),
        _id("application", needed=True),
        _id("request", needed=True),
        sa.Column("wave", sa.Integer(), nullable=False),
        _text("after"),
        _text("told"),
        _at("held_at"),
        sa.PrimaryKeyConstraint("evacuation", "application"),
        sa.ForeignKeyConstraint(["evacuation"], ["evacuation.id"]),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.UniqueConstraint("request"),
    )
    op.create_table(
        "evacuation_button",
        _id("token", needed=True),
        _id("evacuation", needed=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("token"),
        sa.ForeignKeyConstraint(["evacuation"], ["evacuation.id"]),
        sa.UniqueConstraint("evacuation", "action"),
    )


def _releases() -> None:
    op.create_table(
        "release",
        _id("id", needed=True),
        _id("application", needed=True),
        sa.Column("verb", sa.String(length=16), nullable=False),
        _id("colour", needed=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        _text("by"),
        _at("asked_at", needed=True),
        _at("began_at"),
        _at("moved_at"),
        _at("ended_at"),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        _at("lease_until"),
        _text("body"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("release_asked", "release", ["application", "asked_at"])
    op.create_index("release_state", "release", ["state"])
    for name, states in (
        ("release_checked", "state = 'checking'"),
        ("release_moved", "state IN ('moving', 'undoing')"),
    ):
        where = sa.text(states)
        op.create_index(name, "release", ["application"], unique=True, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    later = ("release", "evacuation_button", "evacuation_member", "evacuation")
    for name in (*later, "freeze", "reconciliation", "drill", "incident"):
        op.drop_table(name)
