"""Releases carried out: every region moved or none, and what stops them is told."""

import pytest

from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import listing
from dr_core.errors import ConflictError, DeniedError, RefusedError, UnreachableError, UsageError
from dr_core.execution import brake
from dr_core.observation.active import Serving
from dr_core.releases import asking
from dr_core.releases.model import Pointer, Release, ReleaseState, Verb
from tests.unit.approvals.conftest import CENTRAL, WEST
from tests.unit.releases.conftest import ADA, BUCKETS, POINTER, Regions, url

BOTH_BLUE, BOTH_GREEN = dict.fromkeys(BUCKETS, "blue"), dict.fromkeys(BUCKETS, "green")


def told(regions: Regions, *kinds: EventKind) -> list[Event]:
    found = regions.services.store.read(lambda tx: listing(tx, limit=200))
    return [event for event in found if event.kind in kinds]


def promoted(regions: Regions, **more: object) -> Release:
    return regions.live_through(regions.ask(colour="green", **more).id)


def test_every_region_is_moved_and_the_colour_watched_until_the_hold_is_over(regions: Regions) -> None:
    ended = promoted(regions)
    assert (ended.state, regions.live, ended.came_from) == (ReleaseState.DONE, BOTH_GREEN, "blue")
    assert ended.ended_at is not None
    assert ended.moved_at is not None
    assert 60 <= (ended.ended_at - ended.moved_at).total_seconds() < 70
    assert [len(told(regions, kind)) for kind in (EventKind.RELEASE_INTENT, EventKind.RELEASE_POINTER)] == [1, 2]
    found = told(regions, EventKind.RELEASE_INTENT)[0].data["regions"]
    assert found == {region: {"value": "blue", "version": 1} for region in BUCKETS}


def test_what_was_confirmed_long_ago_is_refused_and_nothing_moves(regions: Regions) -> None:
    asked = regions.ask(colour="green")
    regions.services.clock.advance(3 * 86400)  # type: ignore[attr-defined]
    ended = regions.live_through(asked.id)
    assert (ended.state, regions.pointers.puts) == (ReleaseState.REFUSED, [])
    assert "confirmed 4320 minutes ago" in ended.reason


def test_good_answers_to_a_worker_that_is_gone_count_for_nothing(regions: Regions) -> None:
    first, asked = regions.worker(), regions.ask(colour="green")
    for _ in range(8):
        first.round()
        regions.services.clock.advance(1)  # type: ignore[attr-defined]
    assert len(regions.colours.probed) == 4
    regions.colours.bad.update(url("green", region) for region in BUCKETS)
    regions.services.clock.advance(21)  # type: ignore[attr-defined]
    ended = regions.live_through(asked.id)
    assert (ended.state, regions.pointers.puts) == (ReleaseState.REFUSED, [])
    assert "not healthy in eu-central-1 and eu-west-1" in ended.reason


def test_what_serves_by_its_records_is_not_left_out(regions: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = regions.services.topology.applications["shop"]
    regions.services.topology.applications["shop"] = entry.model_copy(update={"active_active": True})
    found = Serving((CENTRAL, WEST), "by the weights of the records")
    monkeypatch.setattr(asking, "serving", lambda entry, seen: found)
    with pytest.raises(RefusedError, match="at work in eu-west-1"):
        regions.ask(colour="green", without=(WEST,))


def test_a_rollback_brings_back_what_served_before_and_refuses_what_was_put_there_since(regions: Regions) -> None:
    promoted(regions)
    regions.artifacts.objects[BUCKETS[CENTRAL]]["blue/app.js"] = b"new"
    regions.artifacts.objects[BUCKETS[WEST]]["blue/app.js"] = b"new"
    refused = regions.live_through(regions.ask(Verb.ROLLBACK).id)
    assert (refused.state, regions.live) == (ReleaseState.REFUSED, BOTH_GREEN)
    assert "is not what served there before" in refused.reason
    for bucket in BUCKETS.values():
        regions.artifacts.objects[bucket]["blue/app.js"] = b"blue"
    back = regions.live_through(regions.ask(Verb.ROLLBACK).id)
    assert (back.state, back.colour, regions.live) == (ReleaseState.DONE, "blue", BOTH_BLUE)


def test_a_rollback_that_was_confirmed_for_one_colour_goes_to_no_other(regions: Regions) -> None:
    promoted(regions)
    with pytest.raises(ConflictError, match="goes to blue by now, not to green"):
        regions.ask(Verb.ROLLBACK, colour="green")
    assert regions.live_through(regions.ask(Verb.ROLLBACK, colour="blue").id).state is ReleaseState.DONE


def test_nothing_to_go_back_to_is_said(regions: Regions) -> None:
    with pytest.raises(ConflictError, match="nothing to go back to"):
        regions.ask(Verb.ROLLBACK)


def test_without_a_first_look_the_colour_has_to_be_named(regions: Regions) -> None:
    with pytest.raises(UsageError, match="not read yet"):
        regions.ask()


@pytest.mark.parametrize(
    ("spoil", "reason", "code"),
    [
        pytest.param(
            lambda r: r.colours.bad.add(url("green", WEST)), "green is not healthy in eu-west-1", "colour-unhealthy",
            id="unwell in one region",
        ),
        pytest.param(
            lambda r: r.artifacts.objects[BUCKETS[WEST]].pop("green/app.js"), "Nothing stands below", "",
            id="empty in one region",
        ),
        pytest.param(
            lambda r: r.artifacts.objects[BUCKETS[WEST]].update({"green/more.js": b""}), "eu-central-1 lacks more.js",
            "artifact-differs", id="another object in one region",
        ),
        pytest.param(
            lambda r: r.artifacts.objects[BUCKETS[WEST]].update({"green/app.js": b"GREEN"}), "other content",
            "artifact-differs", id="other content in one region",
        ),
        pytest.param(
            lambda r: r.fails.update({("list", WEST): DeniedError("no permission")}), "no permission",
            "artifact-unknown", id="not allowed to list",
        ),
        pytest.param(
            lambda r: r.pointers.pointers.update({(POINTER, WEST): Pointer(value="purple", version=1)}),
            "no colour of shop", "pointer-strange", id="another word in one region",
        ),
        pytest.param(
            lambda r: r.pointers.pointers.pop((POINTER, WEST)), "There is no parameter /shop/release in eu-west-1", "",
            id="no pointer in one region",
        ),
    ],
)  # fmt: skip
def test_a_gate_refuses_before_anything_is_changed_and_says_what_overrides_it(
    regions: Regions, spoil, reason: str, code: str
) -> None:
    spoil(regions)
    refused = promoted(regions)
    assert refused.state is ReleaseState.REFUSED
    assert reason in refused.reason
    assert regions.pointers.puts == []
    assert told(regions, EventKind.RELEASE_REFUSED)[0].data["codes"] == [code]
    regions.services.clock.advance(1)  # type: ignore[attr-defined]
    again = promoted(regions, overrides=(code,) if code else ())
    assert again.state.moved is bool(code)


def test_a_colour_that_serves_everywhere_already_is_not_moved_to(regions: Regions) -> None:
    refused = regions.live_through(regions.ask(colour="blue").id)
    assert (refused.state, refused.reason) == (ReleaseState.REFUSED, "blue serves in every region already.")


@pytest.mark.parametrize("region", [CENTRAL, WEST])
def test_a_region_that_refuses_its_pointer_takes_the_others_back(regions: Regions, region: str) -> None:
    regions.fails["put", region] = DeniedError("permission is missing for ssm:PutParameter")
    ended = promoted(regions)
    assert (ended.state, regions.live) == (ReleaseState.UNDONE, BOTH_BLUE)
    assert "ssm:PutParameter" in ended.reason
    assert len(told(regions, EventKind.RELEASE_UNDOING)) == len(told(regions, EventKind.RELEASE_UNDONE)) == 1
    assert told(regions, EventKind.RELEASE_MOVED) == []


def test_a_region_that_falls_silent_in_the_middle_takes_the_others_back_within_a_minute(regions: Regions) -> None:
    asked = regions.ask(colour="green")
    regions.fails["put", WEST] = UnreachableError("SSM in eu-west-1 did not answer.")
    ended = regions.live_through(asked.id)
    assert (ended.state, regions.live) == (ReleaseState.UNDONE, BOTH_BLUE)
    assert ended.began_at is not None
    assert ended.ended_at is not None
    assert 60 < (ended.ended_at - ended.began_at).total_seconds() < 70


def test_a_call_that_worked_and_said_otherwise_is_observed_and_not_made_again(regions: Regions) -> None:
    def lost(operation: str, region: str) -> None:
        if region == WEST:
            raise UnreachableError("the answer was lost")

    regions.pointers.after = lost
    ended = promoted(regions)
    assert (ended.state, regions.live) == (ReleaseState.DONE, BOTH_GREEN)
    assert regions.pointers.puts == [(CENTRAL, "green"), (WEST, "green")]


def test_somebody_else_who_moves_a_pointer_meanwhile_is_not_overwritten(regions: Regions) -> None:
    def meddle(operation: str, region: str) -> None:
        if region == CENTRAL:
            regions.pointers.pointers[POINTER, WEST] = Pointer(value="purple", version=2)

    regions.pointers.after = meddle
    ended = promoted(regions)
    assert (ended.state, regions.live) == (ReleaseState.UNDONE, {CENTRAL: "blue", WEST: "purple"})
    assert "somebody else" in ended.reason


def test_what_cannot_be_taken_back_is_told_and_tried_on_until_it_is(regions: Regions) -> None:
    asked = regions.ask(colour="green")
    regions.fails["put", WEST] = DeniedError("no")
    regions.pointers.after = lambda operation, region: regions.fails.update(
        {("put", CENTRAL): UnreachableError("SSM in eu-central-1 did not answer.")}
    )
    stuck = regions.live_through(asked.id, most_s=300)
    assert (stuck.state, regions.live) == (ReleaseState.UNDOING, {CENTRAL: "green", WEST: "blue"})
    assert len(told(regions, EventKind.RELEASE_STUCK)) == 1
    with pytest.raises(ConflictError, match="undoing already"):
        regions.ask(colour="green")
    regions.fails.clear()
    assert (regions.live_through(asked.id).state, regions.live) == (ReleaseState.UNDONE, BOTH_BLUE)


def test_a_region_that_is_gone_is_left_out_only_where_that_is_said_and_it_does_not_answer(regions: Regions) -> None:
    with pytest.raises(RefusedError, match="at work in eu-central-1"):
        regions.ask(colour="green", without=(CENTRAL,))
    answers = regions.live_through(regions.ask(colour="green", without=(WEST,)).id)
    assert (answers.state, "eu-west-1 answers" in answers.reason) == (ReleaseState.REFUSED, True)
    regions.down(WEST, UnreachableError("SSM in eu-west-1 did not answer."))
    refused = promoted(regions)
    assert "--without eu-west-1" in refused.reason
    regions.colours.bad.add(url("green", WEST))
    assert all(word in promoted(regions).reason for word in ("not healthy in eu-west-1", "--without eu-west-1"))
    moved = promoted(regions, without=(WEST,))
    assert (moved.state, regions.live) == (ReleaseState.DONE, {CENTRAL: "green", WEST: "blue"})
    assert all(WEST not in address for address in regions.colours.probed[-1:])
    regions.fails.clear()
    regions.colours.bad.clear()
    caught_up = promoted(regions)
    assert (caught_up.state, regions.live) == (ReleaseState.DONE, BOTH_GREEN)
    assert regions.pointers.puts == [(CENTRAL, "green"), (WEST, "green")]


def test_an_ill_colour_is_told_and_stays_until_a_person_says(regions: Regions) -> None:
    worker, asked = regions.worker(), regions.ask(colour="green")
    while regions.get(asked.id).state is not ReleaseState.WATCHING:
        worker.round()
        regions.services.clock.advance(1)  # type: ignore[attr-defined]
    regions.colours.bad.add(url("green", WEST))
    ended = regions.live_through(asked.id, worker)
    assert (ended.state, regions.live) == (ReleaseState.UNHEALTHY, BOTH_GREEN)
    assert "eu-west-1: 3 bad, the last: HTTP 500" in told(regions, EventKind.RELEASE_UNHEALTHY)[0].data["reason"]  # type: ignore[operator]
    back = regions.live_through(regions.ask(Verb.ROLLBACK).id)
    assert (back.state, regions.live) == (ReleaseState.DONE, BOTH_BLUE)


def test_the_brake_stops_one_that_moves_and_it_goes_back(regions: Regions) -> None:
    asked = regions.ask(colour="green")

    def stop(operation: str, region: str) -> None:
        if region == CENTRAL and not regions.fails:
            regions.fails["never", "never"] = DeniedError("")
            brake.engage(regions.services, actor=ADA, reason="stop", cmd_id="brake")

    regions.pointers.after = stop
    ended = regions.live_through(asked.id)
    assert (ended.state, regions.live) == (ReleaseState.UNDONE, BOTH_BLUE)
    assert "the brake is on" in ended.reason
    with pytest.raises(RefusedError, match="the brake is on"):
        regions.ask(colour="green")


def test_only_an_approver_asks_and_twice_with_one_id_is_once(regions: Regions) -> None:
    first = regions.ask(colour="green", cmd_id="same")
    assert regions.ask(colour="green", cmd_id="same").id == first.id
    with pytest.raises(ConflictError, match="checking already"):
        regions.ask(colour="green")
    with pytest.raises(RefusedError, match="Only an approver"):
        regions.ask(colour="green", by="U0REQUESTER")
