"""People stop runs and let them go on: pause, resume, abort, brake; what is down is shown before."""

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, Json, Message, Room, texts, title, wait_until

pytestmark = pytest.mark.process
SLOW, STILL = 6.0, 0.1
TARGET = "eu-west-1"


def approved(room: Room, command: str = f"/dr failover {TARGET}") -> Message:
    card = room.open(REQUESTER, command)
    room.approve(room.approvers[0], card)
    return card


def promoting(room: Room, most: int = 1) -> None:
    """Wait until AWS was asked to move that many writers: the middle of a run, which lasts until the room's next speed.

    The room has to be slow until then: a switchover takes two minutes of AWS.
    """
    wait_until(
        room.calls,
        lambda calls: sum(one["operation"] == "SwitchoverGlobalCluster" for one in calls) >= most,
        40,
        "the switchover",
        len,
    )
    room.speed(STILL)


def titled(room: Room, card: Message, word: str, timeout: float = 20) -> Message:
    """The card once its title says so."""
    return wait_until(
        lambda: room.card(card.ts), lambda now: f"{word}: " in title(now), timeout, word, lambda now: now.words
    )


def stop(room: Room, user: str, card: Message, action: str, reason: str) -> str:
    """Press Pause or Abort and send its modal; what the modal showed."""
    shown = wait_until(lambda: room.card(card.ts), lambda now: action in now.buttons, 15, f"a button {action}")
    view = room.opened(user, room.press(user, shown, action))
    assert room.submit(user, view, reason=reason) is None
    return "\n".join(texts(view["blocks"]))


def run_of(room: Room, card: Message) -> Json:
    """The newest run."""
    found: Json = room.json("runs")["runs"][0]
    return room.json("run", "show", found["id"])


def test_a_run_is_paused_before_it_began_and_in_its_middle_and_goes_on_where_it_was(start: Start) -> None:
    room = start(speed=SLOW)
    approver = room.approvers[0]
    dead = room.fault("worker_killed")
    card = approved(room)
    assert "Nothing was taken away" in stop(room, REQUESTER, card, "pause", "the batch job first")
    shown = titled(room, card, "paused")
    assert set(shown.buttons) == {"resume", "abort", "details"}
    assert "the batch job first" in shown.words
    room.mend(dead)
    room.until_ready()
    _a_second_request_is_blocked_and_recorded(room)
    assert not room.effects(), "a paused run does nothing"
    assert room.press(REQUESTER, shown, "resume") is None
    wait_until(lambda: room.heard(REQUESTER), lambda said: "approver" in said, 8, "a refusal")
    room.press(approver, shown, "resume")
    promoting(room)
    _paused_in_the_middle(room, card)
    room.say(approver, "/dr run resume")
    room.finished(card)
    assert set(room.effects().values()) == {1}, room.effects()
    kinds = room.trail(run_of(room, card)["request"])
    assert (kinds.count("run.paused"), kinds.count("run.resumed")) == (2, 2)
    assert room.dr("audit", "verify").returncode == 0


def _paused_in_the_middle(room: Room, card: Message) -> None:
    shown = stop(room, REQUESTER, card, "pause", "is the old region safe?")
    for words in ("steps are done", "can write", "s ago)", "this stays as it is"):
        assert words in shown, shown
    titled(room, card, "paused")
    room.speed(SPEED)
    settled = wait_until(
        lambda: run_of(room, card)["steps"],
        lambda steps: not any(step["state"] == "running" for step in steps),
        40,
        "steps under way to be watched to their end",
    )
    assert any(step["state"] == "waiting" for step in settled)
    assert run_of(room, card)["state"] == "held"
    assert "paused by" in room.ask(REQUESTER, "/dr status", "nothing new starts").words


def _a_second_request_is_blocked_and_recorded(room: Room) -> None:
    told = room.ask(room.approvers[1], f"/dr failover {TARGET}", "is not finished")
    assert "run show" in told.words
    blocked = [one for one in room.json("audit", "list", "--limit", "50")["events"] if one["kind"] == "request.blocked"]
    assert len(blocked) == 1


def test_a_run_is_aborted_before_it_began_and_in_its_middle(start: Start) -> None:
    room = start(speed=SLOW)
    approver = room.approvers[0]
    dead = room.fault("worker_killed")
    card = approved(room)
    stop(room, approver, card, "abort", "wrong region")
    assert set(titled(room, card, "aborting").buttons) == {"details"}
    room.mend(dead)
    early = room.finished(card, "aborted")
    assert "wrong region" in early.words
    assert early.buttons == {}
    assert not room.effects(), "nothing was done"
    second = approved(room)
    promoting(room)
    view = room.opened(approver, room.say(approver, '/dr run abort --reason "it takes too long"'))
    shown = "\n".join(texts(view["blocks"]))
    for words in ("It ends there, nothing is undone", "can write", "Would not be begun"):
        assert words in shown, shown
    assert room.submit(approver, view) is None
    titled(room, second, "aborting")
    room.speed(SPEED)
    late = room.finished(second, "aborted")
    assert "it takes too long" in late.words
    states = {step["state"] for step in run_of(room, second)["steps"]}
    assert "waiting" in states or "skipped" in states
    assert set(room.effects().values()) == {1}, room.effects()
    assert room.dr("run", "pause", "--reason", "late").returncode == 2, "no run is unfinished any more"


def test_the_brake_stops_every_run_until_an_approver_releases_it(start: Start) -> None:
    room = start("second.yaml", edits={"depends_on: [identity]": "depends_on: []"})
    approver = room.approvers[0]
    cards = [room.open(REQUESTER, f"/dr failover eu-central-1 {name}") for name in ("identity", "payments")]
    room.speed(STILL)
    for card in cards:
        room.approve(approver, card)
    room.speed(SLOW)
    promoting(room, 2)
    view = room.opened(REQUESTER, room.say(REQUESTER, '/dr brake on --reason "both at once was a mistake"'))
    shown = "\n".join(texts(view["blocks"]))
    assert "identity, run " in shown
    assert "payments, run " in shown
    assert room.submit(REQUESTER, view) is None
    for card in cards:
        braked = titled(room, card, "braked")
        assert "both at once was a mistake" in braked.words
        assert "/dr brake off" in braked.words
        assert "pause" not in braked.buttons
    room.speed(SPEED)
    wait_until(lambda: _states(room), lambda found: "running" not in found, 40, "steps under way to end")
    done = room.effects()
    status = room.json("status")
    assert status["brake"] is True
    assert status["braked"]["reason"] == "both at once was a mistake"
    wait_until(
        lambda: [one.words for one in room.messages() if one.to is None],
        lambda told: any("put the brake on" in words for words in told),
        20,
        "the brake in the channel",
    )
    room.ask(REQUESTER, "/dr brake off", "approver")
    assert room.effects() == done, "nothing new started"
    room.ask(approver, "/dr brake off", "the brake is off")
    for card in cards:
        room.finished(card)
    assert set(room.effects().values()) == {1}, room.effects()
    assert room.json("status")["brake"] is False


def _states(room: Room) -> set[str]:
    unfinished = [one["id"] for one in room.json("runs")["runs"] if one["ended_at"] is None]
    return {step["state"] for run in unfinished for step in room.json("run", "show", run)["steps"]}
