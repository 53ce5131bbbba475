"""Opens an evacuation: a request for each application that can go, and what ties them, in one transaction."""

from pydantic import JsonValue

from dr_core.approvals.model import Actor, Request
from dr_core.approvals.names import new_evacuation_id, new_token
from dr_core.approvals.open import BlockedError, open_for
from dr_core.approvals.refusals import not_opened
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError
from dr_core.evacuation.model import Evacuation, Left, Member
from dr_core.evacuation.survey import Asked, Going, Survey, survey
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import evacuations, events
from dr_core.store.engine import Tx

ACTIONS = ("approve", "deny", "cancel", "renew", "details")


def open_evacuation(
    services: Services, wanted: Asked, *, actor: Actor, reason: str, channel: str | None = None, cmd_id: str
) -> Evacuation:
    """Ask for it, or answer what this `cmd_id` asked for before.

    What cannot go is listed with its reason, and keeps nobody. Where nothing can: BlockedError, where findings are
    in the way that may be overridden, else ConflictError or RefusedError; that stands in the trail.
    """

    def work(tx: Tx) -> Evacuation:
        before = events.done(tx, cmd_id, EventKind.EVACUATION_OPENED)
        if before is not None:
            return evacuations.get(tx, str(before.data["evacuation"]))
        found = survey(tx, services, wanted)
        new = _create(tx, services, found, actor, reason, channel, cmd_id)
        append_ops(tx, EventKind.EVACUATION_OPENED, actor, _told(new, wanted), cmd_id=cmd_id)
        return new

    try:
        return services.store.write(work, Point.EVACUATION_OPEN)
    except (RefusedError, ConflictError) as error:
        about = {"application": "all", "target": wanted.target, "mode": wanted.mode.value}
        not_opened(services, error, actor, about, cmd_id)
        raise


def _create(
    tx: Tx, services: Services, found: Survey, actor: Actor, reason: str, channel: str | None, cmd_id: str
) -> Evacuation:
    members: list[Member] = []
    left = list(found.left)
    asked: set[str] = set()
    for going in found.going:
        try:
            request = _open(tx, services, going, actor, reason, channel, cmd_id)
        except ConflictError as error:  # raised before anything was written: somebody asks for the same already
            left.append(Left(application=going.application, reason=error.message, way_out=error.hint or "", here=True))
            asked.add(going.application)
            continue
        members.append(Member(application=going.application, request=request.id, wave=going.wave, after=going.after))
    if not members:
        raise _nothing_goes(found, left)
    names = asked | {member.application for member in members}  # those who are asked for already are waited for, too
    new = Evacuation(
        id=new_evacuation_id(),
        source=found.source,
        target=found.target,
        mode=found.mode,
        requester=actor,
        reason=reason,
        channel=channel,
        opened_at=tx.now(),
        members=tuple(
            one.model_copy(update={"after": tuple(name for name in one.after if name in names)}) for one in members
        ),
        left=tuple(left),
    )
    evacuations.add(tx, new, {action: new_token() for action in ACTIONS})
    return evacuations.get(tx, new.id)


def _open(
    tx: Tx, services: Services, going: Going, actor: Actor, reason: str, channel: str | None, cmd_id: str
) -> Request:
    own = f"{cmd_id}:for:{going.application}"  # an application may be named like what else follows an id
    return open_for(tx, services, going.proposal, actor, reason, channel, own)


def _nothing_goes(found: Survey, left: list[Left]) -> DrError:
    """What keeps every application where it is."""
    here = [one for one in left if one.here]
    if not here:
        return RefusedError(f"No application is in {found.source}.", hint="`status` tells where each of them is.")
    if found.blocking and all(one in found.left for one in here):
        return BlockedError(found.blocking)
    told = "; ".join(f"{one.application}: {one.reason}" for one in here)
    return ConflictError(f"No application can leave {found.source} now. {told}", hint=here[0].way_out or None)


def _told(new: Evacuation, wanted: Asked) -> dict[str, JsonValue]:
    waves: dict[str, JsonValue] = {member.application: member.wave for member in new.members}
    return {
        "evacuation": new.id,
        "source": new.source,
        "target": new.target,
        "mode": new.mode.value,
        "reason": new.reason,
        "overrides": list(wanted.overrides),
        "waves": waves,
        "requests": {member.application: member.request for member in new.members},
        "left": {one.application: one.reason for one in new.left if one.here},
    }
