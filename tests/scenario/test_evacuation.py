"""A whole region is lost and left with everything in it: one decision, waves in order, no failure stops the others."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Message, Room, must_type, texts, title, wait_until

pytestmark = pytest.mark.process
LOST, TARGET = "eu-west-1", "eu-central-1"
STATELESS = """
  {name}:
    primary: eu-west-1
    standby: [eu-central-1]{needs}
    health:
      - http:
          eu-west-1: https://{name}.dublin.ledger.test/healthz
          eu-central-1: https://{name}.frankfurt.ledger.test/healthz
    traffic:
      - route53_records:
          hosted_zone: Z7LEDGER
          name: {name}.ledger.test
          type: CNAME
          set_identifiers: {{eu-west-1: {name}-dublin, eu-central-1: {name}-frankfurt}}
    capacity:
      - {capacity}
"""
MAIL = STATELESS.format(name="mail", needs="", capacity="autoscaling: {group: ledger-mail, active: 3, standby: 1}")
LETTERS = STATELESS.format(
    name="letters",
    needs="\n    depends_on: [mail]",
    capacity="ecs: {cluster: ledger, service: letters, active: 2, standby: 1}",
)


def test_a_lost_region_is_left_in_waves_and_what_fails_holds_only_those_that_need_it(start: Start) -> None:
    room = start("second.yaml", edits={"applications:\n": f"applications:{MAIL}{LETTERS}"})
    room.fault("region_down", region=LOST)
    for name in ("identity", "payments", "mail", "letters"):
        wait_until(lambda: room.status(name)["regions"][LOST], lambda seen: seen["verdict"] == "down", 20, "down")  # noqa: B023
    _only_looked_at(room)
    card = room.open(REQUESTER, f'/dr failover {TARGET} --all --forced --reason "Dublin is gone"')
    for word in ("2 approvals missing of 2", "Wave 1", "Wave 2, when wave 1 is over", "Dublin is gone"):
        assert word in card.words, card.words
    assert len(room.cards()) == 1, "one card for all of it"
    _approvals(room, card)
    _waves(room, card)
    shown = room.json("evacuation")
    assert {one["application"]: one["stage"] for one in shown["members"]} == {
        "identity": "arrived", "mail": "failed", "letters": "queued", "payments": "arrived",
    }  # fmt: skip
    for name, region in (("identity", TARGET), ("payments", TARGET)):
        assert room.world(name)["writers"] == [region]
    assert set(room.effects().values()) == {1}, room.effects()
    room.say(REQUESTER, f"/dr cancel {shown['id']}")
    last = wait_until(
        lambda: room.card(card.ts), lambda now: "failed" in title(now), 15, "the end", lambda one: one.words
    )
    assert "2 of 4 applications arrived" in last.words
    assert set(last.buttons) == {"details"}
    assert room.dr("audit", "verify").returncode == 0


def _only_looked_at(room: Room) -> None:
    told = room.ask(REQUESTER, f"/dr plan {TARGET} --all --forced", "4 applications would go")
    assert "payments, after identity" in told.words
    assert room.cards() == []
    plan = room.json("plan", TARGET, "--all", "--forced")
    assert [(one["application"], one["wave"]) for one in plan["members"]] == [
        ("mail", 1), ("identity", 1), ("letters", 2), ("payments", 2),
    ]  # fmt: skip


def _approvals(room: Room, card: Message) -> None:
    first, second = room.approvers[:2]
    view = room.opened(first, room.press(first, card, "approve"))
    told = "\n".join(texts(view["blocks"]))
    for name in ("identity", "payments", "mail", "letters"):
        assert f"{name}" in told
    wanted = must_type(view)
    assert wanted is not None
    assert room.submit(first, view, accept_loss="1") == {"accept_loss": f"Type exactly: {wanted}"}
    assert room.submit(first, view, accept_loss=wanted) is None
    again = room.answer(first, lambda: room.press(first, card, "approve"), "already approved")
    assert "You already approved" in again.words
    assert room.json("runs")["runs"] == [], "nothing runs before the quorum"
    room.fault("denied", region=TARGET, service="autoscaling", operation="UpdateAutoScalingGroup")
    assert "Under way: identity, mail" in room.approve(second, card).words


def _waves(room: Room, card: Message) -> None:
    """The second wave has no run before the first is over; then payments goes, and letters is held."""
    held = wait_until(
        lambda: room.card(card.ts), lambda now: "and held" in now.words, 60, "held", lambda one: one.words
    )
    assert "letters: approved, and held: it needs mail, which has not arrived" in held.words
    done = wait_until(
        lambda: room.card(card.ts),
        lambda now: "2 of 4 applications arrived" in now.words,
        60,
        "payments",
        lambda c: c.words,
    )
    assert "/dr" not in done.blocks[0]["text"]["text"]
    runs = {run["application"]: run for run in room.json("runs")["runs"]}
    assert set(runs) == {"identity", "mail", "payments"}
    assert runs["payments"]["created_at"] >= runs["identity"]["ended_at"]
    assert runs["payments"]["created_at"] >= runs["mail"]["ended_at"]
    for words in ("payments begins", "letters is held"):
        wait_until(lambda: room.thread(card), lambda found: any(words in one.words for one in found), 20, words)  # noqa: B023
