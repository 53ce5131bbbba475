"""A reading of the roster and the look-up of one account do not undo each other."""

from datetime import timedelta

import pytest

from bot.views import thread
from dr_core.approvals.model import Actor, Face, Roster, RosterUser
from dr_core.audit import trail
from dr_core.audit.events import EventKind
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


def test_each_group_that_changed_is_an_event(store: Store, read: Roster, clock: ManualClock) -> None:
    """Who joins an empty group, and breaks the glass a minute later, stands in the trail and is told."""
    store.write(lambda tx: roster.save(tx, read, BOT))
    clock.advance(60)
    new = frozenset({"U0NEW"})
    later = read.model_copy(update={"at": clock.now(), "break_glass": new, "requesters": new})
    store.write(lambda tx: roster.save(tx, later, BOT))
    clock.advance(60)
    last = later.model_copy(update={"at": clock.now(), "approvers": new, "requesters": read.approvers})
    store.write(lambda tx: roster.save(tx, last, BOT))
    changes = [event for event in store.read(trail.listing) if event.kind == EventKind.ROSTER_CHANGED]
    first = [change for change in changes if change.data["first"]]
    told = [(change.data["group"], change.data["members"]) for change in first]
    assert told == [("approvers", 1), ("break_glass", 0)]
    assert {thread.roster(change.data) for change in first} == {None}
    assert [thread.roster(change.data) for change in changes[len(first) :]] == [
        "The group of those who may break the glass changed; joined: <@U0NEW>",
        "The group of approvers changed; joined: <@U0NEW>; left: <@U0ADA>",
        "The group of requesters changed; joined: <@U0ADA>; left: <@U0NEW>",
    ]


def test_a_stored_time_that_is_yet_to_come_holds_no_reading_up(store: Store, read: Roster, clock: ManualClock) -> None:
    """A bot of the version before, or a database's clock that was set back."""
    ahead = read.model_copy(update={"at": read.at + timedelta(hours=2)})
    store.write(lambda tx: roster.save(tx, ahead, BOT))
    clock.advance(60)
    store.write(lambda tx: roster.save(tx, read.model_copy(update={"at": clock.now()}), BOT))
    older = read.model_copy(update={"approvers": frozenset({"U0NEW"})})
    store.write(lambda tx: roster.save(tx, older, BOT))
    known = store.read(roster.load)
    assert known is not None
    assert (known.at, known.approvers) == (clock.now(), read.approvers), "one that began earlier is dropped"


def test_before_the_first_reading_nobody_is_added(store: Store) -> None:
    store.write(lambda tx: roster.add(tx, "U0NEW", NEW))
    assert store.read(roster.load) is None
