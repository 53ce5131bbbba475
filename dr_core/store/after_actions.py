"""Which after-action reports are owed: of runs and incidents that have ended, and whose report is not in Slack yet."""

from datetime import datetime

from sqlalchemy import bindparam, exists, literal, select, union_all

from dr_core.store.engine import Tx
from dr_core.store.tables import event, run
from dr_core.store.tables_beside_runs import incident

_DONE = "after-action:"


def key(subject: str) -> str:
    """The `cmd_id` of the event that says that a subject's report was posted by itself."""
    return _DONE + subject


_OWED = union_all(
    *(
        select(table.c.id.label("id"), ended.label("at")).where(
            ended.between(bindparam("since"), bindparam("until")),
            ~exists().where(event.c.cmd_id == literal(_DONE) + table.c.id),
        )
        for table, ended in ((run, run.c.ended_at), (incident, incident.c.closed_at))
    )
).subquery()


def owed(tx: Tx, since: datetime, until: datetime) -> tuple[str, ...]:
    """Ids of what ended in that time without its report, the one that ended first before the others."""
    query = select(_OWED.c.id).order_by(_OWED.c.at)
    return tuple(tx.conn.execute(query, {"since": since, "until": until}).scalars())
