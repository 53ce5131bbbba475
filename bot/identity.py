"""From Slack accounts to people: the actor behind a delivery, and the roster that is read from Slack every minute."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

from bot.delivery import Delivery
from bot.slack import Membership, Person
from bot.views.text import one_line
from dr_core.approvals.model import BOT, Actor, Face, Roster, RosterUser
from dr_core.approvals.people import person_key
from dr_core.errors import DrError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import roster as stored
from dr_core.topology.approval import Group
from dr_core.topology.model import Topology

ROSTER_EVERY_S = 60.0
_MOST_LOOKUPS = 40  # a pass; users.info allows about 100 a minute
_LONGEST_LOOK_S = 2.0  # somebody waits for an answer to what they pressed


class Directory(Protocol):
    """What of Slack tells who is who."""

    async def team(self) -> str: ...
    async def channel(self, channel: str) -> Membership: ...
    async def usergroup(self, group: str) -> frozenset[str]: ...
    async def person(self, user: str) -> Person: ...


def actor(topology: Topology, delivery: Delivery) -> Actor:
    """Who did it. Somebody whom `people` does not name goes by the Slack account: its name and handle."""
    key, display = person_key(topology, delivery.user)
    if display == delivery.user and delivery.name != delivery.user:
        handle = f"@{one_line(delivery.name, 60)}"
        # The handle is theirs alone, a name may be anybody's.
        display = f"{delivery.full_name} ({handle})" if delivery.full_name else handle
    return Actor(person=key, display=display, face=Face.SLACK, slack_user=delivery.user, team=delivery.team)


async def read_roster(services: Services, slack: Directory) -> Roster:
    """Membership as Slack tells it now; raises DrError when it cannot be read whole, so that the old one stays."""
    topology = services.topology
    # By the database's clock, which all share: one bot's fast clock must not outdate what the others read after it.
    known, began = await asyncio.to_thread(services.store.read, lambda tx: (stored.load(tx), tx.now()))
    team = await slack.team()
    incident = await slack.channel(topology.slack.incident_channel)
    policy = topology.approval
    approvers = await _members(slack, policy.approvers)
    requesters = None if policy.requesters.empty else await _members(slack, policy.requesters)
    break_glass = await _members(slack, policy.break_glass)
    deciding = [*sorted(approvers | break_glass), *sorted(requesters or ())]
    return Roster(
        at=began,
        team=team,
        incident_members=incident.members,
        approvers=approvers,
        requesters=requesters,
        break_glass=break_glass,
        users=await _people(slack, deciding, sorted(incident.members), known.users if known else {}),
        incident_channel_shared=incident.shared,
    )


async def refresh(services: Services, slack: Directory) -> None:
    """Read and keep the roster; changes stand in the trail."""
    read = await read_roster(services, slack)
    await asyncio.to_thread(services.store.write, lambda tx: stored.save(tx, read, BOT), Point.ROSTER_KEEP)


async def _members(slack: Directory, group: Group) -> frozenset[str]:
    listed = frozenset(group.users)
    return listed | await slack.usergroup(group.usergroup) if group.usergroup else listed


async def meet(services: Services, slack: Directory, user: str) -> str:
    """Their name. Somebody of whom only the id is known is looked up at once; empty where that takes too long."""
    with contextlib.suppress(DrError, TimeoutError):
        known = await asyncio.to_thread(services.store.read, stored.load)
        if known is None:
            return ""
        if user in known.users:
            return known.users[user].name
        found = await asyncio.wait_for(_person(slack, user), _LONGEST_LOOK_S)
        await asyncio.to_thread(services.store.write, lambda tx: stored.add(tx, user, found), Point.ROSTER_KEEP)
        return found.name
    return ""


async def _people(
    slack: Directory, deciding: Sequence[str], others: Sequence[str], known: dict[str, RosterUser]
) -> dict[str, RosterUser]:
    """All of those who decide and are not known yet; then newcomers, then those who were read longest ago."""
    order = list(dict.fromkeys([*deciding, *others]))
    new = [user for user in order if user not in known]
    old = sorted((user for user in order if user in known), key=list(known).index)
    least = len(set(deciding) - known.keys())  # they stand first in `new`
    asked = [*new, *old][: max(least, _MOST_LOOKUPS)]
    kept = {user: known[user] for user in old if user not in asked}
    for user in asked:
        kept[user] = await _person(slack, user)
    return kept


async def _person(slack: Directory, user: str) -> RosterUser:
    found = await slack.person(user)
    return RosterUser(
        name=one_line(found.name, 80), team=found.team, guest=found.guest, bot=found.bot, deleted=found.deleted
    )
