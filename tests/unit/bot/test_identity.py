"""Who is who: people by their entry, accounts by themselves, and membership as Slack tells it."""

from dataclasses import dataclass, field

import pytest

from bot.delivery import Delivery
from bot.identity import actor, read_roster, refresh
from bot.slack import Membership, Person
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


async def test_the_roster_is_what_slack_says(services: Services) -> None:
    read = await read_roster(services, Directory())
    assert read.team == "T1"
    assert read.approvers == {"U0ADA", "U0GRACE", "U0LINUS"}
    assert read.users["U0LINUS"].guest
    assert read.requesters is None
    assert "\u202e" not in read.users["U0ADA"].name


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
