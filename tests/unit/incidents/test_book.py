"""An application has one open incident, whoever opens it; detection joins, a person is told of the first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.errors import ConflictError, NotFoundError, RefusedError, UsageError
from dr_core.incidents import book, closing, notes
from dr_core.incidents.model import Incident
from dr_core.incidents.parts import parts_of
from dr_core.services import Services
from dr_core.store import events, incidents
from dr_core.store.engine import Store, Tx
from tests.unit.approvals.conftest import actor, approve, ask, enrol, see, services

__all__ = ["services"]
DETECTION = Actor(person="detection", display="detection", face=Face.DETECTION)


@pytest.fixture
def says(services: Services) -> Callable[..., Incident]:
    """Somebody says that something is wrong."""

    def declare(user: str = "U0REQUESTER", title: str = "checkout fails", **more: Any) -> Incident:
        given = {"application": "shop", "cmd_id": f"{user}:{title}"} | more
        return book.declare(services, title=title, actor=actor(services.topology, user), **given)

    return declare


def detected(store: Store, *signals: str, cmd_id: str = "d1", request: str | None = None) -> Incident:
    def work(tx: Tx) -> Incident:
        return book.open_incident(
            tx, application="shop", title="eu-central-1 is down", actor=DETECTION, signals=signals, request=request,
            cmd_id=cmd_id,
        )  # fmt: skip

    return store.write(work)


def kinds(store: Store) -> list[str]:
    found = store.read(lambda tx: list(events.of_chain(tx, "ops")))
    return [event.kind for event in found if event.kind.startswith(("incident.", "note."))]


def test_a_person_opens_one_and_the_second_is_told_of_the_first(says: Callable[..., Incident], store: Store) -> None:
    first = says()
    assert (first.open, first.by.display, first.application) == (True, "U0REQUESTER", "shop")
    with pytest.raises(ConflictError, match=f"Incident {first.id} about shop is open already") as caught:
        says("U0ADA", "again")
    assert "note TEXT" in str(caught.value.hint)
    assert kinds(store) == ["incident.opened"]
    assert says("U0ADA", "all of them", application=None).application is None, "that is another matter"


def test_a_run_that_is_held_for_weeks_belongs_to_what_is_opened_then(
    says: Callable[..., Incident], services: Services, store: Store, clock: ManualClock
) -> None:
    enrol(services, approvers=("U0ADA", "U0GRACE"))
    see(services)
    request = ask(services)
    approve(services, request, "U0ADA")
    approve(services, request, "U0GRACE")
    clock.advance(timedelta(days=20).total_seconds())
    enrol(services)
    opened = says()
    parts = store.read(lambda tx: parts_of(tx, opened))
    assert [(one.id, run is not None) for one, run in parts] == [(request.id, True)]


def test_the_same_command_twice_opens_one(says: Callable[..., Incident], store: Store) -> None:
    assert says().id == says().id
    assert kinds(store) == ["incident.opened"]


def test_detection_joins_what_is_open_and_its_signals_are_added_once(
    says: Callable[..., Incident], store: Store
) -> None:
    first = says()
    detected(store, "http is bad", "route53 is bad", cmd_id="d1", request="r-1")
    detected(store, "http is bad", "route53 is bad", cmd_id="d1", request="r-1")
    joined = detected(store, "route53 is bad", "no writer", cmd_id="d2")
    assert joined.id == first.id
    assert joined.signals == ("http is bad", "route53 is bad", "no writer")
    assert joined.request == "r-1"
    assert kinds(store) == ["incident.opened", "incident.joined", "incident.joined"]


def test_after_the_close_the_next_one_is_a_new_one(services: Services, clock: ManualClock) -> None:
    first = detected(services.store, "http is bad")
    closing.close(services, None, reason="over", actor=actor(services.topology, "U0ADA"), cmd_id="c1")
    clock.advance(1)
    second = detected(services.store, "http is bad", cmd_id="d2")
    assert second.id != first.id
    assert [one.id for one in services.store.read(incidents.recent)] == [second.id, first.id]


@pytest.mark.parametrize(
    ("opener", "closer", "refused"),
    [
        ("U0REQUESTER", "U0REQUESTER", None),
        ("U0REQUESTER", "U0ADA", None),
        (None, "U0ADA", None),
        (None, "U0REQUESTER", "Only an approver or detection"),
        ("U0ADA", "U0REQUESTER", "Only an approver or Ada"),
        ("U0ADA", "U0STRANGER", "membership was not read"),
    ],
)
def test_an_approver_or_the_opener_closes(
    says: Callable[..., Incident], services: Services, opener: str | None, closer: str, refused: str | None
) -> None:
    opened = detected(services.store, "http is bad") if opener is None else says(opener)
    who = actor(services.topology, closer)
    if refused is None:
        closed = closing.close(services, opened.id, reason="over", actor=who, cmd_id="c1")
        assert (closed.open, closed.closed_by) == (False, who.display)
        assert closing.close(services, opened.id, reason="over", actor=who, cmd_id="c1") == closed
        with pytest.raises(ConflictError, match="was closed by"):
            closing.close(services, opened.id, reason="over", actor=who, cmd_id="c2")
    else:
        with pytest.raises(RefusedError, match=refused):
            closing.close(services, opened.id, reason="over", actor=who, cmd_id="c1")
        assert services.store.read(lambda tx: incidents.get(tx, opened.id)).open


def test_a_note_goes_to_the_only_open_incident_or_to_the_one_that_is_named(
    says: Callable[..., Incident], services: Services, clock: ManualClock
) -> None:
    ada, add = actor(services.topology, "U0ADA"), notes.add
    with pytest.raises(NotFoundError, match="No incident is open"):
        add(services, "hello", named=None, actor=ada, cmd_id="n0")
    one = says()
    clock.advance(5)
    add(services, "  called the provider ", named=None, actor=ada, cmd_id="n1")
    add(services, "called the provider", named=None, actor=ada, cmd_id="n1")
    every = says(application=None, title="everything")
    with pytest.raises(UsageError, match=f"Several incidents are open: .*{every.id}"):
        add(services, "which?", named=None, actor=ada, cmd_id="n2")
    add(services, "a second", named=one.id, actor=ada, cmd_id="n3")
    found = services.store.read(lambda tx: notes.notes_of(tx, one))
    assert [(note.by, note.text) for note in found] == [("Ada", "called the provider"), ("Ada", "a second")]
    assert services.store.read(lambda tx: notes.notes_of(tx, every)) == ()


def test_a_request_or_run_names_the_incident_it_belongs_to(says: Callable[..., Incident], services: Services) -> None:
    ada, request = actor(services.topology, "U0ADA"), ask(services)
    with pytest.raises(NotFoundError, match=f"No open incident has {request.id}"):
        notes.add(services, "hello", named=request.id, actor=ada, cmd_id="n1")
    one = says()
    assert notes.add(services, "hello", named=request.id, actor=ada, cmd_id="n2").id == one.id


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_note_is_neither_empty_nor_endless(services: Services, text: str) -> None:
    with pytest.raises(UsageError, match="1 to 2000"):
        notes.add(services, text, named=None, actor=actor(services.topology, "U0ADA"), cmd_id="n")


def test_who_may_not_ask_may_not_open_or_note(says: Callable[..., Incident], services: Services) -> None:
    with pytest.raises(RefusedError):
        says("U0STRANGER")
    says()
    with pytest.raises(RefusedError):
        notes.add(services, "x", named=None, actor=actor(services.topology, "U0STRANGER"), cmd_id="n")
    refused = services.store.read(lambda tx: list(events.of_chain(tx, "ops")))
    assert [event.data["command"] for event in refused if event.kind == EventKind.COMMAND_REFUSED] == [
        "incident", "note",
    ]  # fmt: skip


def test_of_several_who_open_at_the_same_moment_one_does(services: Services, store: Store) -> None:
    """Each in a transaction of its own, on either database."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: detected(store, f"s{number}", cmd_id=f"d{number}"), range(4)))
    assert len({one.id for one in found}) == 1
    assert sorted(kinds(store)) == ["incident.joined"] * 3 + ["incident.opened"]
    assert set(store.read(lambda tx: incidents.get(tx, found[0].id)).signals) == {"s0", "s1", "s2", "s3"}
