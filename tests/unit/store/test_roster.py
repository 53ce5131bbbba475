"""A reading of the roster and the look-up of one account do not undo each other."""

from datetime import timedelta

import pytest

from dr_core.approvals.model import Actor, Face, Roster, RosterUser
from dr_core.clock import ManualClock
from dr_core.store import roster
from dr_core.store.engine import Store

BOT = Actor(person="bot", display="DR bot", face=Face.SCHEDULE)
NEW = RosterUser(name="New")


@pytest.fixture
def read(clock: ManualClock) -> Roster:
    """A channel of two, of whom one was looked up."""
    users = {"U0ADA": RosterUser(name="Ada")}
    members = frozenset({"U0ADA", "U0NEW"})
    return Roster(at=clock.now(), incident_members=members, approvers=frozenset({"U0ADA"}), users=users)


def test_an_account_that_was_looked_up_is_known_until_the_next_reading_and_after_it(store: Store, read: Roster) -> None:
    store.write(lambda tx: roster.save(tx, read, BOT))
    store.write(lambda tx: roster.add(tx, "U0NEW", NEW))
    known = store.read(roster.load)
    assert known is not None
    assert (known.users["U0NEW"], known.at) == (NEW, read.at)
    later = read.model_copy(update={"at": read.at + timedelta(minutes=1)})
    store.write(lambda tx: roster.save(tx, later, BOT))
    known = store.read(roster.load)
    assert known is not None
    assert known.users["U0NEW"] == NEW


def test_an_account_that_belongs_to_nothing_is_forgotten(store: Store, read: Roster) -> None:
    store.write(lambda tx: roster.save(tx, read, BOT))
    store.write(lambda tx: roster.add(tx, "U0PASSER", NEW))
    later = read.model_copy(update={"at": read.at + timedelta(minutes=1)})
    store.write(lambda tx: roster.save(tx, later, BOT))
    known = store.read(roster.load)
    assert known is not None
    assert set(known.users) == {"U0ADA"}


def test_before_the_first_reading_nobody_is_added(store: Store) -> None:
    store.write(lambda tx: roster.add(tx, "U0NEW", NEW))
    assert store.read(roster.load) is None
