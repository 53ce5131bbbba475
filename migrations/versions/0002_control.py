"""Holds, the brake, superseding requests, terminal submissions, reviews, anchors. Only adds: version 0001 goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("holds", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("run", sa.Column("braked_since", sa.BigInteger(), nullable=True))
    op.add_column("run", sa.Column("ending", sa.Text(), nullable=True))
    op.add_column("request", sa.Column("supersedes", sa.String(length=64), nullable=True))
    op.create_table(
        "brake",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("engaged", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO brake (id, engaged, since, by, reason, version) VALUES (1, false, NULL, '{}', '', 1)")
    op.create_table(
        "cooldown_clearance",
        sa.Column("application", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("application"),
    )
    op.create_table(
        "submission",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_index("submission_state", "submission", ["state", "submitted_at"])
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["request.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "anchor",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "watermark",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    for name in ("watermark", "anchor", "review"):
        op.drop_table(name)
    op.drop_index("submission_state", "submission")
    for name in ("submission", "cooldown_clearance", "brake"):
        op.drop_table(name)
    op.drop_column("request", "supersedes")
    for name in ("ending", "braked_since", "holds"):
        op.drop_column("run", name)
