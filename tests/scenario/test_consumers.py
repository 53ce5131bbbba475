"""One region consumes: moved with the application, left behind by force, and stopped where it comes back."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Room, must_type, wait_until

pytestmark = pytest.mark.process
HOME, AWAY = "eu-north-1", "eu-west-3"
ALL = ["manifests", "arrivals", "tides", "cranes"]
KINDS = ("stop-consumers", "start-consumers", "verify-consumers")


def test_exactly_one_region_consumes_before_and_after_every_move(start: Start) -> None:
    room = start("consumers.yaml")
    assert consuming(room) == {HOME: ALL, AWAY: []}
    wait_until(lambda: told(room), lambda seen: seen == {HOME}, 15, "who consumes, in the status")
    _planned_there(room)
    _forced_back_with_the_old_side_gone(room)
    assert set(room.effects().values()) == {1}, room.effects()


def _planned_there(room: Room) -> None:
    card = room.open(REQUESTER, f"/dr failover {AWAY}")
    room.approve(room.approvers[0], card)
    room.finished(card)
    assert consuming(room) == {HOME: [], AWAY: ALL}
    [run] = room.json("runs")["runs"]
    steps = {step["name"]: step for step in room.json("run", "show", run["id"])["steps"]}
    ours = [step for step in steps.values() if step["kind"] in KINDS]
    assert [step["state"] for step in ours] == ["done"] * 3 * len(ALL)
    for name in ("manifests", "quay-arrivals", "quay-tides", "harbour-cranes"):
        stopped, started = steps[f"stop-consumers-{name}"], steps[f"start-consumers-{name}"]
        assert stopped["ended_at"] <= started["started_at"], "never two at once"
    wait_until(lambda: told(room), lambda seen: seen == {AWAY}, 15, "who consumes, in the status")
    assert "4 consumers in eu-west-3 alone" in room.ask(REQUESTER, "/dr status", "active in").words


def _forced_back_with_the_old_side_gone(room: Room) -> None:
    room.fault("region_down", region=AWAY)
    wait_until(lambda: room.status("harbour")["regions"][AWAY], lambda r: r["verdict"] == "down", 20, "down")
    card = room.open(REQUESTER, f'/dr failover {HOME} --forced --reason "{AWAY} is gone"')
    assert "even while eu-west-3 is unfenced" in room.card(card.ts).words
    for person in room.approvers[:2]:
        view = room.opened(person, room.press(person, card, "approve"))
        wanted = must_type(view)
        assert room.submit(person, view, **({} if wanted is None else {"accept_loss": wanted})) is None
    room.finished(room.card(card.ts))
    assert consuming(room)[HOME] == ALL
    assert consuming(room)[AWAY] == ALL, "as it was when it went dark"
    room.mend()
    wait_until(lambda: consuming(room), lambda now: now == {HOME: ALL, AWAY: []}, 30, "the late stop")
    wait_until(lambda: told(room), lambda seen: seen == {HOME}, 15, "who consumes, in the status")
    wait_until(lambda: room.status("harbour")["regions"][AWAY], lambda r: r["role"] == "fenced", 20, "its role")


def consuming(room: Room) -> Json:
    """The truth of the world."""
    found: Json = room.world("harbour")["consuming"]
    return found


def told(room: Room) -> set[str]:
    """The regions that the status says consume; `?` where it says that something is amiss or not known."""
    lines = room.status("harbour")["consumers"]
    return {region for line in lines for region in line["consuming"] or ["?"]} if lines else {"?"}
