"""Who is who: people by their entry, accounts by themselves, and membership as Slack tells it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.delivery import Delivery
from bot.identity import actor, meet, read_roster, refresh
from bot.slack import Membership, Person
from dr_core.clock import ManualClock
from dr_core.errors import UnreachableError
from dr_core.services import Services
from dr_core.store import roster
from dr_core.topology.model import Topology


@dataclass
class Directory:
    """A workspace of four; Linus turned out to be a guest."""

    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)
    people: tuple[str, ...] = ("U0ADA", "U0GRACE", "U0LINUS", "U0REQUESTER")

    async def team(self) -> str:
        return "T1"

    async def channel(self, channel: str) -> Membership:
        if self.down:
            raise UnreachableError("Slack did not answer (conversations.members).")
        return Membership(frozenset(self.people), shared=channel != "C0INCIDENT")

    async def usergroup(self, group: str) -> frozenset[str]:
        return self.groups[group]

    async def person(self, user: str) -> Person:
        self.asked.append(user)
        return Person(name=f"Name\u202eof {user}", team="T1", guest=user == "U0LINUS", bot=False, deleted=False)


def pressed(user: str) -> Delivery:
    return Delivery(kind="action", id="slack:1", user=user, name="robin", team="T1", channel="C0INCIDENT")


def test_somebody_named_under_people_is_that_person(shop: Topology) -> None:
    found = actor(shop, pressed("U0ADA"))
    assert (found.person, found.display, found.slack_user) == ("person:Ada", "Ada", "U0ADA")


def test_somebody_else_is_a_person_of_their_own(shop: Topology) -> None:
    found = actor(shop, pressed("U0REQUESTER"))
    assert (found.person, found.display) == ("slack:U0REQUESTER", "@robin")
    named = replace(pressed("U0REQUESTER"), full_name="Robin Vale")
    assert actor(shop, named).display == "Robin Vale (@robin)"


async def test_the_roster_is_what_slack_says(services: Services) -> None:
    read = await read_roster(services, Directory())
    assert read.team == "T1"
    assert read.approvers == {"U0ADA", "U0GRACE", "U0LINUS"}
    assert read.users["U0LINUS"].guest
    assert read.requesters is None
    assert "\u202e" not in read.users["U0ADA"].name


async def test_membership_carries_the_database_s_clock(services: Services) -> None:
    """A bot whose own is ahead does not outdate what others read after it."""
    fast = ManualClock(services.clock.now() + timedelta(hours=2))
    await refresh(replace(services, clock=fast), Directory())
    known = services.store.read(roster.load)
    assert known is not None
    assert known.at == services.clock.now()


async def test_a_roster_that_cannot_be_read_whole_leaves_the_old_one(services: Services) -> None:
    before = services.store.read(roster.load)
    with pytest.raises(UnreachableError):
        await refresh(services, Directory(down=True))
    assert services.store.read(roster.load) == before


async def test_a_large_channel_is_looked_up_in_parts_with_approvers_first(services: Services) -> None:
    crowd = Directory(people=tuple(f"U{number:04}" for number in range(200)))
    read = await read_roster(services, crowd)
    assert len(crowd.asked) == 40
    assert len(read.incident_members) == 200


async def test_everybody_who_decides_is_looked_up_in_the_first_pass(services: Services) -> None:
    team = frozenset(f"U0APPROVER{number:02}" for number in range(60))
    approval = services.topology.approval
    group = approval.approvers.model_copy(update={"usergroup": "S0TEAM"})
    policy = approval.model_copy(update={"approvers": group})
    topology = services.topology.model_copy(update={"approval": policy})
    crowd = Directory(people=tuple(f"U{number:04}" for number in range(200)), groups={"S0TEAM": team})
    read = await read_roster(replace(services, topology=topology), crowd)
    assert team <= read.users.keys()
    assert not set(crowd.asked) & set(crowd.people)


async def test_somebody_who_pressed_is_looked_up_at_once(services: Services) -> None:
    place = Directory()
    await meet(services, place, "U0LATE")
    await meet(services, place, "U0LATE")
    await meet(services, place, "U0ADA")
    known = services.store.read(roster.load)
    assert known is not None
    assert place.asked == ["U0LATE"]
    assert known.users["U0LATE"].team == "T1"


async def test_a_slack_that_does_not_say_who_it_is_keeps_nobody_waiting(services: Services) -> None:
    class Silent(Directory):
        async def person(self, user: str) -> Person:
            raise UnreachableError("Slack did not answer (users.info).")

    before = services.store.read(roster.load)
    await meet(services, Silent(), "U0LATE")
    assert services.store.read(roster.load) == before
