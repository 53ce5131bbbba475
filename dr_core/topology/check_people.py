"""Can the people who are named reach the quorums that are asked for? (Groups: `doctor` asks Slack.)"""

from collections.abc import Collection, Iterable, Iterator

from dr_core.topology.approval import Group, Quorum
from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Topology
from dr_core.topology.principals import is_center_role, is_chosen_session, is_person, is_root, principal


def check_people(topology: Topology) -> Iterator[TopologyFinding]:
    """Identities, approvers against the quorums, break-glass holders."""
    yield from _identities(topology)
    persons = _Persons(topology)
    yield from _quorum(topology, persons, "planned", topology.approval.planned)
    yield from _quorum(topology, persons, "forced", topology.approval.forced)
    yield from _break_glass(topology, persons)
    for where in ("approvers", "break_glass", "requesters"):
        group: Group = getattr(topology.approval, where)
        for index, user in enumerate(group.users):
            if user in group.users[:index]:
                yield warning(f"approval.{where}.users[{index}]", f"{user} is listed twice and counts once")


class _Persons:
    """Which identities are one human being. An identity that no entry names is a person of its own (domain.md, Who)."""

    def __init__(self, topology: Topology) -> None:
        self._entry = {person.slack: index for index, person in enumerate(topology.people) if person.slack}

    def of(self, users: Iterable[str]) -> frozenset[str | int]:
        return frozenset(self._entry.get(user, user) for user in users)


def _identities(topology: Topology) -> Iterator[TopologyFinding]:
    first: dict[str, int] = {}
    machines = {principal(app.account.role_arn) for app in topology.applications.values() if app.account}
    for index, person in enumerate(topology.people):
        path = f"people[{index}]"
        places = [(f"{path}.aws[{at}]", arn) for at, arn in enumerate(person.aws)]
        places += [(f"{path}.slack", person.slack)] if person.slack else []
        for place, identity in places:
            if first.setdefault(principal(identity), index) != index:
                other = topology.people[first[principal(identity)]].name
                yield fatal(
                    place, f"{identity} belongs to {other} already", "One person is one entry with all identities"
                )
        for place, arn in places:
            yield from _principal(place, arn, machines) if ".aws[" in place else ()
        if not places:
            yield warning(path, f"{person.name} has no identity and can do nothing", "Give slack, aws or both")
        if person.name in {other.name for other in topology.people[:index]}:
            yield fatal(
                f"{path}.name", f"{person.name} is named twice", "Approvals are counted by name: tell them apart"
            )


def _principal(path: str, arn: str, machines: Collection[str]) -> Iterator[TopologyFinding]:
    one_person = "Name an IAM user, an Identity Center user or a role that one person uses"
    if is_root(arn):
        yield fatal(path, "the root user of an account is no person", one_person)
    elif is_chosen_session(arn):
        yield fatal(path, f"{arn}: whoever assumes a role chooses the session's name, so it proves nothing", one_person)
    elif is_center_role(arn):
        hint = "Name the user: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_.../ada@example.com"
        yield fatal(path, f"{arn} is shared by everybody who has that permission set", hint)
    elif not is_person(arn):
        example = "arn:aws:iam::111122223333:user/ada"
        yield fatal(path, f"expected the ARN of an IAM user or role such as {example}, got {arn!r}")
    elif principal(arn) in machines:
        yield fatal(path, f"{arn} is an application's account.role_arn: the bot itself, and no person", one_person)


def _quorum(topology: Topology, persons: _Persons, mode: str, quorum: Quorum) -> Iterator[TopologyFinding]:
    approval = topology.approval
    if approval.approvers.usergroup is not None:
        return
    path, named = f"approval.{mode}.required", persons.of(approval.approvers.users)
    needs = f"{mode} needs {quorum.required} {'approver' if quorum.required == 1 else 'approvers'}"
    hint = "Name more people under approval.approvers, or a usergroup"
    if len(named) < quorum.required:
        yield fatal(path, f"{needs}, and only {_people(len(named))} named", hint, stops=False)
        return
    if len(named) > quorum.required:
        return
    # Just enough: whoever requests cannot approve, so an approver who requests leaves one too few.
    requesters = approval.requesters
    outsiders = requesters.empty or requesters.usergroup is not None or persons.of(requesters.users) - named
    if not outsiders:
        told = f"{needs}; everybody who may request is an approver and cannot approve their own request"
        yield fatal(path, told, hint, stops=False)
    elif requesters.empty or requesters.usergroup is not None or persons.of(requesters.users) & named:
        yield warning(
            path, f"{needs} and exactly {_people(len(named))} named: an approver who requests is one too few", hint
        )


def _break_glass(topology: Topology, persons: _Persons) -> Iterator[TopologyFinding]:
    holders = topology.approval.break_glass
    if holders.empty or holders.usergroup is not None:
        return
    if len(persons.of(holders.users)) < 2:
        yield fatal("approval.break_glass", "break-glass needs at least two holders, and only one person is named",
                    "Name a second one, or remove break_glass", stops=False)  # fmt: skip


def _people(count: int) -> str:
    return "1 person is" if count == 1 else f"{count} people are"
