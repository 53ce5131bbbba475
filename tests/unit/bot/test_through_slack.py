"""The bot as it is, on a real socket to the local Slack: commands, forms, decisions, and what each person is told."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from bot import buttons
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.tokens import tokens
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.observation.model import Verdict
from dr_core.services import Services
from dr_core.store import cards, observations, roster, runs
from dr_core.store.cards import Card
from dr_core.store.tables import roster as rosters
from tests.unit.bot.place import ADA, ANSWER_S, GRACE, INCIDENT, ROBIN, Place, closed, standing


def fault(place: Place, look: Callable[..., Any]) -> None:
    """The active region is down."""
    place.services.store.write(lambda tx: observations.save(tx, look(place.clock, source=Verdict.DOWN, lag_s=2.0)))


async def test_status_is_for_all_in_the_incident_channel_and_private_elsewhere(place: Place) -> None:
    _, (public,) = await place.types(ROBIN, "/dr status")
    assert public.ephemeral_to is None
    assert "shop: active in eu-central-1" in public.text
    _, (private,) = await place.types(ROBIN, "/dr status", channel="C0DIGEST")
    assert private.ephemeral_to == ROBIN


async def test_an_unknown_word_gets_the_nearest_command_privately(place: Place) -> None:
    _, (told,) = await place.types(ROBIN, "/dr statsu")
    assert told.ephemeral_to == ROBIN
    assert "/dr status" in told.text


async def test_what_is_missing_is_asked_for_in_a_form_filled_with_what_is_known(place: Place) -> None:
    form, _ = await place.types(ROBIN, '/dr failover shop --reason "two words"')
    fields = {b["block_id"]: b["element"] for b in form.as_json()["blocks"] if b["type"] == "input"}
    assert fields["application"]["initial_option"]["value"] == "shop"
    assert fields["reason"]["initial_value"] == "two words"
    sending = place.slack.people.submit(ROBIN, form.id, {"region": {"value": "eu-west-1"}})
    _, (told,) = await place.said(closed(sending))
    assert "is open" in told.text
    assert (place.request().plan.target, place.request().reason) == ("eu-west-1", "two words")


async def test_a_planned_failover_is_asked_for_and_approved_by_another_person(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    _, (refused,) = await place.presses(ROBIN, "approve")
    assert "somebody else must approve" in refused.text
    assert place.events(EventKind.COMMAND_REFUSED)
    view, _ = await place.presses(ADA, "approve")
    _, (told,) = await place.said(closed(place.slack.people.submit(ADA, view.id, {})))
    assert told.ephemeral_to == ADA
    assert "recorded" in told.text
    again = await place.presses_old(ADA, "approve")
    assert "You already approved" in again.text
    assert len(place.services.store.read(runs.recent)) == 1
    card = await place.card()
    (actions,) = [block for block in card.blocks if block["type"] == "actions"]
    assert {button["action_id"] for button in actions["elements"]} == {"pause", "abort", "details"}


async def test_a_forced_failover_takes_the_typed_limit_of_two_people(place: Place, look: Callable[..., Any]) -> None:
    fault(place, look)
    view, _ = await place.types(ROBIN, '/dr failover eu-west-1 --forced --reason "gone"')
    if view is not None:
        raise AssertionError(str(view.as_json()["blocks"]))
    limit = place.request().loss_limit_s
    for user, missing in ((ADA, 1), (GRACE, 0)):
        view, _ = await place.presses(user, "approve")
        (field,) = [block for block in view.as_json()["blocks"] if block["type"] == "input"]
        assert f'"{limit}"' in field["label"]["text"]
        wrong = await place.slack.people.submit(user, view.id, {"accept_loss": {"value": "yes"}})
        assert wrong.errors == {"accept_loss": f"Type exactly: {limit}"}
        right = place.slack.people.submit(user, view.id, {"accept_loss": {"value": str(limit)}})
        _, (told,) = await place.said(closed(right))
        assert ("1 more needed" in told.text) == bool(missing)
    assert len(place.services.store.read(runs.recent)) == 1


async def _at_once() -> None:
    """Nobody does anything; what was on its way arrives."""


async def test_findings_in_the_way_are_offered_as_overrides(place: Place, look: Callable[..., Any]) -> None:
    fault(place, look)
    view, _ = await place.types(ROBIN, '/dr failover eu-west-1 --reason "planned in an outage"')
    _, (told,) = await place.said(_at_once())
    assert "Use --forced" in told.text
    boxes = next(b for b in view.as_json()["blocks"] if b["type"] == "input" and b["element"]["type"] == "checkboxes")
    codes = [option["value"] for option in boxes["element"]["options"]]
    values = {boxes["block_id"]: {"value": codes}, "reason": {"value": "all the same"}}
    _, (told,) = await place.said(closed(place.slack.people.submit(ROBIN, view.id, values)))
    assert "is open" in told.text
    assert set(place.request().plan.overrides) == set(codes)
    assert place.request().reason == "all the same"


async def test_a_denial_needs_an_approver_and_a_reason(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    _, (refused,) = await place.presses(ROBIN, "deny")
    assert "Only an approver may deny" in refused.text
    view, _ = await place.presses(ADA, "deny")
    sending = place.slack.people.submit(ADA, view.id, {"reason": {"value": "not <now> & --reason=x"}})
    _, (told,) = await place.said(closed(sending))
    assert "denied" in told.text
    assert place.request().decision_reason == "not <now> & --reason=x"


async def test_cancel_and_details_by_button(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    view, _ = await place.presses(GRACE, "details")
    assert place.request().digest in str(view.as_json())
    _, (told,) = await place.presses(ROBIN, "cancel")
    assert "cancelled" in told.text


async def test_a_card_that_a_dead_bot_left_behind_counts_a_press_and_then_points_to_the_one_that_is_kept(
    place: Place,
) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    left, request = await place.card(), place.request()
    # As the store is when a bot was killed after Slack had answered, and before it had written the answer down.
    place.services.store.write(lambda tx: cards.put(tx, Card(request.id, INCIDENT, None, "")))
    await place.types(ROBIN, f"/dr renew {request.id}")
    kept = await place.card()
    assert kept.ts != left.ts
    token = place.services.store.read(lambda tx: tokens(tx, request.id, 2))["approve"]
    view, _ = await place.said(place.slack.people.press(ADA, INCIDENT, left.ts, "approve", token))
    assert request.id in str(view.as_json()), "the press counts"
    await place.bot.desk.drain(5)
    shown = place.slack.desk.workspace.message(INCIDENT, left.ts)
    assert "See the card below" in shown.text
    assert [block["type"] for block in shown.blocks] == ["section"], "no buttons"
    view, _ = await place.presses(GRACE, "approve")
    await place.bot.desk.drain(5)
    assert place.slack.desk.workspace.message(INCIDENT, kept.ts).blocks == kept.blocks, "the kept one stays"


async def test_a_forged_button_changes_nothing_and_leaves_an_event(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    body = {
        "type": "block_actions",
        "user": {"id": ADA, "username": "ada", "team_id": "T0SANDBOX"},
        "team": {"id": "T0SANDBOX"},
        "channel": {"id": INCIDENT},
        "trigger_id": "forged",
        "actions": [{"action_id": "approve", "value": "made-up", "action_ts": "1.0"}],
    }
    _, (told,) = await place.said(buttons.pressed(place.bot.desk, body))
    assert "not one of mine" in told.text
    assert place.events(EventKind.COMMAND_REFUSED)[-1].data["command"] == "approve (button)"
    assert place.request().acks == ()


async def test_a_button_of_an_old_round_says_so(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    await place.card()
    await place.types(ROBIN, f"/dr renew {place.request().id}")
    told = await place.presses_old(ADA, "approve")
    assert "round 1" in told.text
    assert "round 2" in told.text


async def test_what_nobody_foresaw_is_an_id_to_quote(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(place.bot.desk), "run", broken)
    _, (told,) = await place.types(ROBIN, "/dr status")
    assert "Quote the id E-" in told.text
    assert "secret detail" not in told.text


async def test_home_is_the_dashboard(place: Place) -> None:
    await place.slack.people.open_home(ROBIN)
    async with asyncio.timeout(ANSWER_S):
        while (view := place.slack.desk.views.home(ROBIN)) is None:
            await asyncio.sleep(0.02)
    assert "active in *eu-central-1*" in str(view.as_json()["blocks"])


async def test_signed_requests_are_answered_and_forged_ones_are_not(services: Services, clock: ManualClock) -> None:
    async with standing(services, clock, http=True) as place:
        _, (told,) = await place.types(ROBIN, "/dr status")
        assert "shop: active in eu-central-1" in told.text
        url = f"http://127.0.0.1:{place.services.settings.port}/slack/events"
        forged = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=00"}
        async with aiohttp.ClientSession() as session, session.post(url, data=b"command=/dr", headers=forged) as answer:
            assert answer.status == 401


async def test_a_modal_sent_after_somebody_else_decided_says_so_and_leaves_one_event(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    view, _ = await place.presses(ADA, "approve")
    await place.types(ROBIN, f"/dr cancel {place.request().id}")
    _, (told,) = await place.said(closed(place.slack.people.submit(ADA, view.id, {})))
    assert "was cancelled" in told.text
    assert len(place.events(EventKind.COMMAND_REFUSED)) == 1
    assert place.services.store.read(runs.recent) == ()


async def test_a_renewal_pressed_twice_opens_one_round(place: Place, look: Callable[..., Any]) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    place.clock.advance(901)
    expire_due(place.services)
    place.services.store.write(lambda tx: observations.save(tx, look(place.clock)))
    first = await place.presses_old(ROBIN, "renew")
    assert place.request().round == 2, first.text
    told = await place.presses_old(ROBIN, "renew")
    assert "Round 2" in told.text
    assert "open already" in told.text
    assert place.request().round == 2


async def test_somebody_whom_the_roster_does_not_know_yet_is_looked_up_before_they_are_heard(place: Place) -> None:
    """Right after the start most of a large channel was not looked up yet."""
    known = place.services.store.read(roster.load)
    assert known is not None
    few = {user: about for user, about in known.users.items() if user != ROBIN}
    body = known.model_copy(update={"users": few}).model_dump_json()
    place.services.store.write(lambda tx: tx.conn.execute(update(rosters).values(body=body)))
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    assert place.request().requester.slack_user == ROBIN
    known = place.services.store.read(roster.load)
    assert known is not None
    assert ROBIN in known.users


async def test_a_refused_press_keeps_its_delivery_free_for_the_decision(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    await place.presses(ROBIN, "approve")
    assert place.events(EventKind.COMMAND_REFUSED)[-1].cmd_id.endswith(":refused")
