"""The tables of what goes on beside runs: incidents, drills, releases, evacuations, and what is still to be done."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from dr_core.store.tables import ID, Instant, metadata

incident = Table(
    "incident",
    metadata,
    Column("id", ID, primary_key=True),
    Column("application", ID),
    Column("title", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("signals", Text, nullable=False),
    Column("request", ID),
    Column("closed_at", Instant),
    Column("closed_by", Text),
    Column("channel", ID),
    Column("ts", String(32)),
    Column("fingerprint", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Index("incident_opened", "opened_at"),
)

drill = Table(
    "drill",
    metadata,
    Column("id", ID, primary_key=True),
    Column("application", ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("owner", String(120)),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("request", ID),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("drill_asked", "application", "asked_at"),
    Index("drill_state", "state"),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("application", ID, nullable=False),
    Column("subject", String(200), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("run", ID),
    Column("body", Text, nullable=False),
    Column("signed_at", Instant),
    Column("signed_by", Text),
    Column("note", Text, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("kind", "subject"),
)

release = Table(
    "release",
    metadata,
    Column("id", ID, primary_key=True),
    Column("application", ID, nullable=False),
    Column("verb", String(16), nullable=False),
    Column("colour", ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("began_at", Instant),
    Column("moved_at", Instant),
    Column("ended_at", Instant),
    Column("owner", String(120)),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("release_asked", "application", "asked_at"),
    Index("release_state", "state"),
    # One of an application is checked, and one moves pointers: the database itself lets in no second.
    *(
        Index(name, "application", unique=True, sqlite_where=text(where), postgresql_where=text(where))
        for name, where in (
            ("release_checked", "state = 'checking'"),
            ("release_moved", "state IN ('moving', 'undoing')"),
        )
    ),
)

freeze = Table(
    "freeze",
    metadata,
    Column("application", ID, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("run", ID),
    Column("body", Text, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

evacuation = Table(
    "evacuation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("source", ID, nullable=False),
    Column("target", ID, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("requester", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_in", ID),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("left", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("channel", ID),
    Column("ts", String(32)),
    Column("fingerprint", String(64), nullable=False),
    Index("evacuation_opened", "opened_at"),
)

evacuation_member = Table(
    "evacuation_member",
    metadata,
    Column("evacuation", ID, ForeignKey("evacuation.id"), primary_key=True),
    Column("application", ID, primary_key=True),
    Column("request", ID, ForeignKey("request.id"), nullable=False, unique=True),
    Column("wave", Integer, nullable=False),
    Column("after", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("held_at", Instant),
)

evacuation_button = Table(
    "evacuation_button",
    metadata,
    Column("token", ID, primary_key=True),
    Column("evacuation", ID, ForeignKey("evacuation.id"), nullable=False),
    Column("action", String(16), nullable=False),
    UniqueConstraint("evacuation", "action"),
)

whole = metadata
"""The metadata of the store: whoever has it from here has every table in it."""
