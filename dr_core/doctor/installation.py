"""What the store says of the installation itself: who can approve, what guards the trail, which processes live."""

from datetime import datetime, timedelta

from dr_core.approvals.authority import ROSTER_LIFE, approvers
from dr_core.approvals.model import Roster
from dr_core.approvals.people import person_key
from dr_core.doctor.processes import process_checks, processes
from dr_core.doctor.result import Check, CheckState
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import grants, roster, triggers
from dr_core.store.engine import Tx
from dr_core.store.grants import Power
from dr_core.topology.model import Topology

ROSTER_OLD = timedelta(hours=1)


def checks_of(tx: Tx, services: Services, now: datetime) -> tuple[Check, ...]:
    """Quorum, roster, what guards the trail, and processes, each with its way out."""
    known = roster.load(tx)
    return (
        roster_check(known, now),
        *(quorum_check(services.topology, known, mode) for mode in Mode),
        guard_check(triggers.missing(tx)),
        role_check(grants.power(tx)),
        *process_checks(processes(tx)),
    )


def roster_check(known: Roster | None, now: datetime) -> Check:
    """Membership is a snapshot: it serves for a day, and says so when it is old."""
    way_out = "The bot reads it from Slack: is it running, and does it have its scopes?"
    if known is None:
        detail = "Slack's membership was never read: nobody can request or approve"
        return Check(name="roster", state=CheckState.FAILED, detail=detail, way_out=way_out)
    age, read = now - known.at, f"read at {known.at:%Y-%m-%d %H:%M:%S}Z"
    if age > ROSTER_LIFE:
        detail = f"{read}, older than 24 hours: nobody can request or approve"
        return Check(name="roster", state=CheckState.FAILED, detail=detail, way_out=way_out)
    if age > ROSTER_OLD:
        return Check(name="roster", state=CheckState.WARNING, detail=f"{read}, older than an hour", way_out=way_out)
    members = len(known.incident_members)
    return Check(name="roster", state=CheckState.OK, detail=f"{read}, {members} in the incident channel")


def quorum_check(topology: Topology, known: Roster | None, mode: Mode) -> Check:
    """Whether enough different people can approve; the one who asks never counts."""
    policy = topology.approval.forced if mode is Mode.FORCED else topology.approval.planned
    name = f"quorum {mode.value}"
    if known is None and topology.approval.approvers.usergroup is not None:
        detail = "the approvers' user group was never read"
        return Check(name=name, state=CheckState.UNKNOWN, detail=detail, way_out="Start the bot; it reads the group.")
    people = {person_key(topology, user)[0] for user in approvers(topology, known)}
    detail = f"{len(people)} can approve, {policy.required} must"
    way_out = "Add people to approval.approvers in dr.yaml, or to its user group."
    if len(people) < policy.required:
        return Check(name=name, state=CheckState.FAILED, detail=f"{detail}: it cannot be reached", way_out=way_out)
    if len(people) == policy.required:
        detail += ": it cannot be reached when one of them asks or is away"
        return Check(name=name, state=CheckState.WARNING, detail=detail, way_out=way_out)
    return Check(name=name, state=CheckState.OK, detail=detail)


def guard_check(missing: frozenset[str]) -> Check:
    """The triggers that refuse changes of the trail."""
    if not missing:
        return Check(name="trail guard", state=CheckState.OK, detail="the trail's triggers stand")
    detail = f"the trail has lost {', '.join(sorted(missing))}: what it says may have been changed"
    way_out = "Find out who removed it, run `dr audit verify`, and put it back (docs/operations.md, The store)."
    return Check(name="trail guard", state=CheckState.FAILED, detail=detail, way_out=way_out)


def role_check(power: Power | None) -> Check:
    """Whether the role that this process connects as could change the trail."""
    if power is None:
        detail = "SQLite has no roles: who may write the file could change the trail; anchors show it"
        return Check(name="trail role", state=CheckState.OK, detail=detail)
    if not power.reasons:
        return Check(name="trail role", state=CheckState.OK, detail=f"{power.role} may read and append, no more")
    detail = f"{power.role} could change the trail: {'; '.join(power.reasons)}"
    way_out = "Run bot and worker as a role of their own: `dr db upgrade --grant ROLE` gives it what they need."
    return Check(name="trail role", state=CheckState.WARNING, detail=detail, way_out=way_out)
