"""Who and where exists in the local Slack: everything that `dr.yaml` names, and a requester who approves nothing."""

from collections.abc import Iterator

from bot.sandbox.slack.records import BOT_USER_ID, Channel, User, UserGroup
from bot.sandbox.slack.workspace import Population
from dr_core.topology.approval import Group
from dr_core.topology.model import Topology

REQUESTER = "U0REQUESTER"
_INVENTED = (
    "Grace Okafor", "Linus Berg", "Mara Silva", "Tomas Novak", "Ines Laurent", "Yuki Tanaka",
    "Omar Haddad", "Freya Lind", "Diego Ramos", "Priya Nair", "Noah Fischer", "Zofia Kowalska",
    "Emre Demir", "Clara Rossi", "Sam Whitfield", "Leila Amin", "Jonas Weber", "Aiko Mori",
    "Nadia Petrova", "Hugo Martin", "Rosa Delgado", "Kofi Mensah", "Elin Dahl", "Marco Conti",
)  # fmt: skip
_ROLES = (("approvers", "DR approvers"), ("break_glass", "DR break glass"), ("requesters", "DR requesters"))


def population_of(topology: Topology, bot_name: str = "DR bot") -> Population:
    """People, groups and channels of a workspace in which this topology can be tried."""
    groups = tuple(_groups(topology))
    ids = dict.fromkeys([*_named_users(topology), *(user for group in groups for user in group.users), REQUESTER])
    people = tuple(_people(topology, list(ids)))
    bot = User(BOT_USER_ID, bot_name.lower().replace(" ", "-"), bot_name, is_bot=True)
    slackbot = User("USLACKBOT", "slackbot", "Slackbot", is_bot=True)
    members = [*ids, BOT_USER_ID]
    return Population((*people, bot, slackbot), groups, tuple(_channels(topology, members)))


def _policy_groups(topology: Topology) -> Iterator[tuple[str, str, Group]]:
    for field, name in _ROLES:
        yield field, name, getattr(topology.approval, field)


def _named_users(topology: Topology) -> Iterator[str]:
    yield from (person.slack for person in topology.people if person.slack is not None)
    for _, _, group in _policy_groups(topology):
        yield from group.users


def _groups(topology: Topology) -> Iterator[UserGroup]:
    """Each user group once, with three members whose ids are made from its own."""
    seen: set[str] = set()
    for field, name, group in _policy_groups(topology):
        if group.usergroup is not None and group.usergroup not in seen:
            seen.add(group.usergroup)
            members = tuple(f"U{group.usergroup[1:]}{number}" for number in (1, 2, 3))
            yield UserGroup(group.usergroup, f"dr-{field.replace('_', '-')}", name, members)


def _people(topology: Topology, ids: list[str]) -> Iterator[User]:
    names = {person.slack: person.name for person in topology.people if person.slack is not None}
    free = _free_names({name.lower() for name in names.values()})
    taken: set[str] = set()
    for user_id in ids:
        name = names.get(user_id) or ("Robin Vale" if user_id == REQUESTER else next(free))
        handle = _handle(name, taken)
        taken.add(handle)
        yield User(user_id, handle, name)


def _free_names(used: set[str]) -> Iterator[str]:
    firsts = {name.split()[0] for name in used if name.split()}
    spare = [name for name in _INVENTED if name.split()[0].lower() not in firsts]
    yield from spare
    number = 2
    while True:
        yield from (f"{name} {number}" for name in spare)
        number += 1


def _handle(name: str, taken: set[str]) -> str:
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.lower().split()]
    short = words[0] if words and words[0] else "person"
    for candidate in (short, ".".join(words)):
        if candidate not in taken:
            return candidate
    return next(f"{short}{number}" for number in range(2, 10_000) if f"{short}{number}" not in taken)


def _channels(topology: Topology, members: list[str]) -> Iterator[Channel]:
    incident, digest = topology.slack.incident_channel, topology.slack.digest_channel
    yield Channel(incident, "dr-incident", list(members), topic="Disaster recovery: requests, approvals, runs")
    if digest != incident:
        yield Channel(digest, "dr-digest", list(members), topic="Daily health digest and reports")
