"""From the caller that AWS names to a person of `dr.yaml`, or why to none. Pure.

Only what its owner cannot choose proves who somebody is (`topology/principals.py`): the session name of an assumed role
is the caller's own invention.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dr_core.approvals.model import Actor, Face
from dr_core.topology.approval import Person
from dr_core.topology.model import Topology
from dr_core.topology.principals import is_person, is_root, principal


@dataclass(frozen=True)
class Stranger:
    """Nobody who may do anything but look, and why; a sentence for the caller."""

    reason: str


def person_of(topology: Topology, arn: str, own: Iterable[str]) -> Person | Stranger:
    """The person whom `dr.yaml` names for a caller. `own`: principals of this product's processes, never a person's."""
    if is_root(arn):
        return Stranger("The root user of an account is no person.")
    roles = (entry.account.role_arn for entry in topology.applications.values() if entry.account)
    if principal(arn) in {principal(machine) for machine in (*own, *roles)}:
        return Stranger(f"{arn} is this bot's own identity, and no person.")
    found = [person for person in topology.people if any(_names(entry, arn) for entry in person.aws)]
    if len(found) != 1:
        known = "more than one person" if found else "nobody"
        return Stranger(f"{arn} is {known} in the workers' dr.yaml: this terminal is read-only.")
    if found[0].slack is None:
        return Stranger(f"{found[0].name} has no Slack account in the workers' dr.yaml: this terminal is read-only.")
    return found[0]


def proven_actor(person: Person) -> Actor:
    """Somebody of whom it is proven who it is. Made where a proof was verified, and for nothing else."""
    return Actor(person=f"person:{person.name}", display=person.name, face=Face.TERMINAL, slack_user=person.slack)


def _names(entry: str, arn: str) -> bool:
    return is_person(entry) and principal(entry) == principal(arn)
