"""After a run, proposals by detection pause for a while; people are never kept from asking."""

from datetime import datetime, timedelta

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.whereabouts import application_of
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import cooldowns, events
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def until(tx: Tx, topology: Topology, application: str) -> datetime | None:
    """When detection may propose again; None when it may now."""
    ended = cooldowns.last_end(tx, application)
    return ends(ended, cooldowns.cleared_at(tx, application), topology.detection.cooldown, tx.now())


def ends(last_end: datetime | None, cleared_at: datetime | None, lasts: timedelta, now: datetime) -> datetime | None:
    """Pure: the end of the pause that `last_end` began, unless it is over or was cleared since."""
    if last_end is None or (cleared_at is not None and cleared_at >= last_end):
        return None
    end = last_end + lasts
    return end if end > now else None


def clear(services: Services, application: str, *, actor: Actor, cmd_id: str | None = None) -> None:
    """An approver lets detection propose at once; the same `cmd_id` twice does it once."""
    application_of(services.topology, application)

    def work(tx: Tx) -> None:
        if events.done(tx, cmd_id, EventKind.COOLDOWN_CLEARED) is not None:
            return
        permit(tx, services, actor, Role.APPROVER)
        cooldowns.clear(tx, application, actor.display)
        append_ops(tx, EventKind.COOLDOWN_CLEARED, actor, {"application": application}, cmd_id=cmd_id)

    recorded(services, actor, "cooldown clear", {"application": application}, work, Point.COOLDOWN_CLEAR)
