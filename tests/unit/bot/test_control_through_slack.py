"""Runs are steered by the buttons of their card and by words; what is down is shown before anything is stopped."""

from typing import Any

from dr_core.audit.events import EventKind
from dr_core.plan.step import Segment
from dr_core.store import brake, runs
from dr_core.store.runs import Change, StepChange
from tests.unit.bot.place import ADA, GRACE, ROBIN, Place, closed


async def _approved(place: Place) -> None:
    """A planned run that nobody has taken yet."""
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    view, _ = await place.presses(ADA, "approve")
    await place.said(closed(place.slack.people.submit(ADA, view.id, {})))


def _run(place: Place) -> Any:
    return place.services.store.read(runs.recent)[0]


async def test_a_run_is_paused_and_resumed_by_its_cards_buttons(place: Place) -> None:
    await _approved(place)
    view, _ = await place.presses(ROBIN, "pause")
    assert "Nothing was taken away" in str(view.as_json()["blocks"])
    sending = place.slack.people.submit(ROBIN, view.id, {"reason": {"value": "the batch\nfirst"}})
    _, (told,) = await place.said(closed(sending))
    assert "paused" in told.text
    assert [hold.kind for hold in _run(place).holds] == ["paused"]
    _, (refused,) = await place.presses(ROBIN, "resume")
    assert "approver" in refused.text
    _, (told,) = await place.presses(GRACE, "resume")
    assert "run of shop" in told.text
    assert _run(place).holds == ()


async def test_abort_is_for_approvers_and_says_so_before_a_reason_is_typed(place: Place) -> None:
    await _approved(place)
    _, (refused,) = await place.presses(ROBIN, "abort")
    assert "approvers" in refused.text
    assert place.events(EventKind.COMMAND_REFUSED)[-1].data["command"] == "abort (button)"
    view, _ = await place.presses(GRACE, "abort")
    await place.said(closed(place.slack.people.submit(GRACE, view.id, {"reason": {"value": "wrong region"}})))
    assert _run(place).ending.reason == "wrong region"
    card = await place.card()
    assert "aborting: planned failover" in str(card.blocks[0])


async def test_what_is_down_is_shown_before_the_brake_is_put_on_and_asked_again(place: Place) -> None:
    await _approved(place)
    run = _run(place)
    step = next(step for step in run.plan.steps if step.segment is not Segment.PREPARE)

    def begin(tx: Any) -> None:
        started = (EventKind.RUN_STARTED, {"display": "w"}, {"run": run.id}, None)
        runs.command(tx, run.id, Change([started], {"state": "running", "started_at": tx.now()}))
        intent = (EventKind.STEP_INTENT, {"display": "w"}, {"step": step.name}, None)
        runs.command(
            tx, run.id, Change([intent], {}, StepChange(step.name, {"state": "running", "started_at": tx.now()}))
        )

    place.services.store.write(begin)
    view, _ = await place.types(ROBIN, '/dr brake on --reason "two changes"')
    shown = str(view.as_json()["blocks"])
    assert run.id in shown
    assert "can write (seen 0 s ago)" in shown
    assert not place.services.store.read(brake.get).engaged
    assert not place.events(EventKind.COMMAND_REFUSED), "a question is no refusal"
    await place.said(closed(place.slack.people.submit(ROBIN, view.id, {})))
    on = place.services.store.read(brake.get)
    assert (on.engaged, on.reason) == (True, "two changes")
    _, (told,) = await place.types(ROBIN, "/dr status")
    assert told.text.startswith("Brake on, by ")


async def test_a_word_without_its_reason_is_answered_with_what_is_down_and_asks_for_it(place: Place) -> None:
    _, (told,) = await place.types(ROBIN, "/dr run pause")
    assert "No run is under way" in told.text
    view, _ = await place.types(ROBIN, "/dr brake on")
    assert "No run is in its middle" in str(view.as_json()["blocks"])
    await _approved(place)
    view, _ = await place.types(ROBIN, "/dr run pause")
    _, (told,) = await place.said(closed(place.slack.people.submit(ROBIN, view.id, {"reason": {"value": "wait"}})))
    assert "paused" in told.text
    assert [hold.kind for hold in _run(place).holds] == ["paused"]


async def test_a_button_of_an_earlier_round_does_nothing_to_the_run(place: Place) -> None:
    await place.types(ROBIN, '/dr failover eu-west-1 --reason "maintenance"')
    await place.card()
    await place.types(ROBIN, f"/dr renew {place.request().id}")
    view, _ = await place.presses(ADA, "approve")
    await place.said(closed(place.slack.people.submit(ADA, view.id, {})))
    told = await place.presses_old(ADA, "abort")
    assert "round 1" in told.text
    assert _run(place).ending is None
