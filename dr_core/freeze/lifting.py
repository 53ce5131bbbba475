"""`unfreeze`: a person says that the code agrees with where the application runs now."""

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.whereabouts import application_of
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, UsageError
from dr_core.failpoints import Point
from dr_core.freeze.intents import about
from dr_core.freeze.model import Freeze
from dr_core.services import Services
from dr_core.store import events, freezes
from dr_core.store.engine import Tx


def lift(services: Services, application: str, *, actor: Actor, reason: str, cmd_id: str | None = None) -> Freeze:
    """An approver lifts the freeze until the next move; a worker then takes the markers away. Once a `cmd_id`.

    ConflictError where nothing is frozen, UsageError without a reason.
    """
    entry = application_of(services.topology, application)
    if not reason.strip():
        raise UsageError("Lifting a freeze needs a reason: what was done so that the code agrees.")

    def work(tx: Tx) -> Freeze | DrError:
        permit(tx, services, actor, Role.APPROVER)
        known = freezes.get(tx, application)
        if known is not None and events.done(tx, cmd_id, EventKind.FREEZE_LIFTED) is not None:
            return known
        if known is None or not known.stands:
            return ConflictError(f"{application} is not frozen.", hint="`status` shows where it runs.")
        data = about(known, entry.regions) | {"reason": reason}
        append_ops(tx, EventKind.FREEZE_LIFTED, actor, data, cmd_id=events.own_id(tx, cmd_id))
        lifted = {"lifted_at": tx.now(), "lifted_by": actor.display, "reason": reason}
        return freezes.put(tx, known, known.model_copy(update=lifted))

    return recorded(services, actor, "unfreeze", {"application": application}, work, Point.FREEZE_LIFT)
