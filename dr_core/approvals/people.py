"""From an identity to a person: requester and uniqueness go by person, not by account."""

from dr_core.approvals.model import Actor
from dr_core.topology.model import Topology


def person_key(topology: Topology, slack_user: str) -> tuple[str, str]:
    """(key, display name). An identity that `people` does not name is a person of its own."""
    for person in topology.people:
        if person.slack == slack_user:
            return f"person:{person.name}", person.name
    return f"slack:{slack_user}", slack_user


def same_person(one: Actor, other: Actor) -> bool:
    """Whether both are one person, by any identity that is known of them."""
    return one.person == other.person or (one.slack_user is not None and one.slack_user == other.slack_user)
