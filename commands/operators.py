"""Who is calling: the terminal's operator, and the one check of roles against the stored roster."""

import getpass

from commands.registry import Command, Needs
from dr_core.approvals import authority
from dr_core.approvals.model import Actor, Face, Roster
from dr_core.errors import RefusedError
from dr_core.services import Services
from dr_core.store import roster as rosters


def terminal_actor() -> Actor:
    """The login name as this machine knows it. It proves nothing: a worker asks AWS who typed an operation."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError):
        login = "unknown"
    return Actor(person=f"terminal:{login}", display=login, face=Face.TERMINAL)


def roles_of(services: Services, actor: Actor) -> frozenset[str]:
    """The actor's roles by name, from the roster as last read."""
    found = authority.roles(services.topology, _roster(services), actor, services.clock.now())
    return frozenset(role.value for role in found)


def authorize(services: Services, actor: Actor, command: Command) -> None:
    """RefusedError when this actor may not run this command; everybody may look."""
    if command.open_to(()) or (actor.face is Face.SCHEDULE and command.by_schedule):
        return
    roster, now = _roster(services), services.clock.now()
    if command.open_to({role.value for role in authority.roles(services.topology, roster, actor, now)}):
        return
    reason = authority.refusal(roster, actor, now)
    raise RefusedError(reason or _LACKING[command.needs], hint=_WAY_OUT[command.needs] if reason is None else None)


_LACKING = {
    Needs.REQUESTER: "You are not among those who may ask for this.",
    Needs.APPROVER: "You are not in the group of approvers.",
    Needs.HOLDER: "You are not among those who may break the glass.",
}
_WAY_OUT = {
    Needs.REQUESTER: "Join the incident channel, or ask somebody there.",
    Needs.APPROVER: "Ask an approver; dr.yaml names them under approval.approvers.",
    Needs.HOLDER: "Ask a holder; dr.yaml names them under approval.break_glass.",
}


def _roster(services: Services) -> Roster | None:
    return services.store.read(rosters.load)
