"""The tables of requests, runs and the trail, and of what every process needs; the others are in tables_beside_runs.py.

Instants are microseconds since 1970 UTC, so that both databases compare them alike.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """Aware UTC datetime <-> microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()
ID = String(64)

chain = Table(
    "chain",
    metadata,
    Column("name", ID, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("chain", ID, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("cmd_id", String(200), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("event_at", "at"),
)

outbox_cursor = Table(
    "outbox_cursor",
    metadata,
    Column("consumer", ID, primary_key=True),
    Column("chain", ID, primary_key=True),
    Column("seq", Integer, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("id", ID, primary_key=True),
    Column("application", ID, nullable=False),
    Column("plan", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("loss_limit_s", Integer),
    Column("state", String(16), nullable=False),
    Column("round", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("requester", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("channel", ID),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Text),
    Column("decision_reason", Text),
    Column("approvers_at_open", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("chain_hash", String(64), nullable=False),
    Column("supersedes", ID),
    Index("request_state", "state", "application"),
    Index("request_opened", "opened_at"),
)

ack = Table(
    "ack",
    metadata,
    Column("request", ID, ForeignKey("request.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("display", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("accepted_limit_s", Integer),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("proof", Text, nullable=False),
)

button = Table(
    "button",
    metadata,
    Column("token", ID, primary_key=True),
    Column("request", ID, ForeignKey("request.id"), nullable=False),
    Column("action", String(16), nullable=False),
    Column("round", Integer, nullable=False),
    UniqueConstraint("request", "round", "action"),
)

run = Table(
    "run",
    metadata,
    Column("id", ID, primary_key=True),
    Column("request", ID, ForeignKey("request.id"), nullable=False, unique=True),
    Column("application", ID, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", String(120)),
    Column("beat_at", Instant),
    Column("lease_until", Instant),
    Column("hold", Text),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("gated_at", Instant),
    Column("ended_at", Instant),
    Column("reason", Text, nullable=False),
    Column("follow_up", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("chain_hash", String(64), nullable=False),
    Column("holds", Text, nullable=False, server_default="[]"),
    Column("braked_since", Instant),
    Column("ending", Text),
    Index("run_state", "state", "application"),
    Index("run_created", "created_at"),
)

step = Table(
    "step",
    metadata,
    Column("run", ID, ForeignKey("run.id"), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("token", ID),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("deadline_at", Instant),
    Column("detail", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("step_kind", "kind", "state"),
)

scope_lock = Table(
    "scope_lock",
    metadata,
    Column("application", ID, primary_key=True),
    Column("run", ID, ForeignKey("run.id"), nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", ID, primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Instant, nullable=False),
)

observation = Table(
    "observation",
    metadata,
    Column("application", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

sample = Table(
    "sample",
    metadata,
    Column("application", ID, primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("region", ID, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("value", Float),
    Column("ok", Boolean),
    Index("sample_at", "at"),
)

roster = Table(
    "roster",
    metadata,
    Column("name", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

card = Table(
    "card",
    metadata,
    Column("request", ID, ForeignKey("request.id"), primary_key=True),
    Column("channel", ID, nullable=False),
    Column("ts", String(32)),
    Column("fingerprint", String(64), nullable=False),
)

report_slot = Table(
    "report_slot",
    metadata,
    Column("name", ID, primary_key=True),
    Column("slot", Instant, primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("taken_at", Instant, nullable=False),
    Column("posted_at", Instant),
)

replica = Table(
    "replica",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("version", String(40), nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
)

brake = Table(
    "brake",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("engaged", Boolean, nullable=False),
    Column("since", Instant),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

cooldown_clearance = Table(
    "cooldown_clearance",
    metadata,
    Column("application", ID, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    Column("nonce", ID, primary_key=True),
    Column("claim", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", Text, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Index("submission_state", "state", "submitted_at"),
)

review = Table(
    "review",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("request", ID, ForeignKey("request.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("note", Text, nullable=False),
)

anchor = Table(
    "anchor",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("signature", Text, nullable=False),
    Column("places", Text, nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("seen", Text, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)
