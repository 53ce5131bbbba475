"""While a request waits the target is scaled, said before it is done, taken back when it comes to nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from dr_core.approvals import ack, renewal
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Request
from dr_core.approvals.open import open_request
from dr_core.audit.reconcile import AwsCall, why
from dr_core.audit.reconcile import preparations as intents_of
from dr_core.capacity.port import Bounds, Scaling
from dr_core.claim import Claim
from dr_core.detection.actor import DETECTION
from dr_core.drills.agenda import SCALE
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise, Stage
from dr_core.plan.step import Mode, Severity
from dr_core.preparation.decide import taken_back
from dr_core.preparation.model import Item, ItemState
from dr_core.preparation.situation import situation
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.reports.request import request_view
from dr_core.services import Services
from dr_core.store import brake, drills, events, observations, preparations, readiness
from dr_core.store.tables import request as request_table
from dr_core.store.tables import run, step
from dr_core.topology.capacity import Capacity as Entry
from tests.unit.approvals.conftest import CENTRAL, WEST, actor, approve, ask, observed, see, services

from .bench import ENTRY, NAME, STEP, Bench, bench, cancelled

__all__ = ["bench", "services"]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


def proposed(bench: Bench) -> Request:
    return open_request(
        bench.services, application="shop", target=WEST, mode=Mode.FORCED, actor=DETECTION, reason="down",
        source=CENTRAL, cmd_id="d-1",
    )  # fmt: skip


def test_a_member_s_request_is_prepared_for_and_says_so(bench: Bench) -> None:
    request = ask(bench.services)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]
    assert bench.told(request) == ["prepare.intent", "prepare.done"]
    assert request_view(bench.services, request.id).prepared == (f"Prepared: {NAME} in {WEST} at 4 (4 run)",)


def test_a_member_of_an_evacuation_is_prepared_for_while_it_waits_for_its_turn(bench: Bench) -> None:
    waits = ask(bench.services)
    bench.services.store.write(
        lambda tx: tx.conn.execute(update(request_table).where(request_table.c.id == waits.id).values(state="queued"))
    )
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]
    seen = bench.services.store.read(
        lambda tx: situation(tx, bench.services.topology, waits.model_copy(update={"id": "r-other"}))
    )
    assert seen.asked, "what was prepared for another request stays"


def test_detection_s_proposal_is_prepared_for_with_its_first_approval(bench: Bench) -> None:
    request = proposed(bench)
    bench.turns()
    assert bench.fleet.asked == []
    [said] = request_view(bench.services, request.id).prepared
    assert said == f"Prepared with the first approval: Scale {NAME} in {WEST} to at least 4"
    approve(bench.services, request, "U0ADA")
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]


def test_nothing_is_prepared_where_only_reads_are_allowed(bench: Bench, services: Services) -> None:
    ask(bench.services)
    bench.services = services
    bench.turns()
    assert bench.fleet.asked == []


def denied(bench: Bench, request: Request) -> None:
    ack.deny(bench.services, request.id, actor=actor(bench.services.topology, "U0ADA"), reason="no")


def expired(bench: Bench, request: Request) -> None:
    bench.clock.advance(3600)
    see(bench.services, down=True)
    assert expire_due(bench.services) == 1


ENDS = [denied, cancelled, expired]


@pytest.mark.parametrize("end", ENDS)
def test_it_is_taken_back_when_the_request_comes_to_nothing(bench: Bench, end) -> None:  # type: ignore[no-untyped-def]
    request = ask(bench.services)
    bench.turns()
    end(bench, request)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4", f"stand_by {WEST} 1"]
    assert bench.told(request)[-2:] == ["prepare.undoing", "prepare.undone"]
    assert bench.services.store.read(preparations.unfinished) == ()


@pytest.mark.parametrize("called", [True, False], ids=["which scaled it itself", "which only found it there"])
def test_it_waits_for_the_run_and_stays_only_if_that_scaled_it(bench: Bench, called: bool) -> None:
    request = ask(bench.services)
    bench.turns()
    approve(bench.services, request, "U0ADA")
    run_id = approve(bench.services, request, "U0GRACE").run_id
    found = {"before": {"desired": 1}} if called else {}
    where = (step.c.run == run_id, step.c.name == STEP)
    done = update(step).where(*where).values(state="done", evidence=json.dumps(found))
    bench.services.store.write(lambda tx: tx.conn.execute(done))
    bench.turns()
    assert bench.state(request) is ItemState.DONE
    bench.services.store.write(lambda tx: tx.conn.execute(update(run).where(run.c.id == run_id).values(state="failed")))
    bench.turns()
    assert bench.state(request) is (ItemState.KEPT if called else ItemState.UNDONE)
    assert bench.fleet.wanted() == (4 if called else 1)


def test_nothing_is_taken_from_a_region_that_may_serve(bench: Bench) -> None:
    """Nobody has looked for a while: it may have been moved there by hand."""
    request = ask(bench.services)
    bench.turns()
    bench.clock.advance(120)
    cancelled(bench, request)
    bench.turns(watched=False)
    assert bench.fleet.wanted() == 4
    unseen = observed(bench.clock.now()).model_copy(update={"writers": None, "database": None, "traffic": ()})
    bench.services.store.write(lambda tx: observations.save(tx, unseen))
    bench.turns(1, watched=False)
    assert bench.fleet.wanted() == 4, "as configured is not as seen"
    bench.turns()
    assert bench.fleet.wanted() == 1


def test_nothing_is_taken_away_during_a_drill(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask(bench.services)
    bench.turns()
    cancelled(bench, request)
    monkeypatch.setattr(drills, "unfinished", lambda tx, application: [SimpleNamespace(id="d-1")])
    bench.turns()
    assert bench.fleet.wanted() == 4


def test_what_aws_refuses_to_take_back_is_told_once_and_tried_again(bench: Bench) -> None:
    request = ask(bench.services)
    bench.turns()
    cancelled(bench, request)
    bench.fleet.denied = True
    bench.turns(30)
    [said] = request_view(bench.services, request.id).prepared
    assert said == f"Being taken back: {NAME} in {WEST} at 4 (permission is missing to stand_by)"
    assert bench.told(request).count("prepare.undoing") == 2, "that it begins, and why not"
    bench.fleet.denied = False
    bench.turns(15)
    assert bench.state(request) is ItemState.UNDONE


def test_what_another_request_needs_is_not_taken_back(bench: Bench) -> None:
    request = ask(bench.services)
    bench.turns()
    other = ask(bench.services, cmd_id="c-2", overrides=("capacity-short",), requester="U0LINUS")
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]
    ack.cancel(bench.services, other.id, actor=actor(bench.services.topology, "U0LINUS"))
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4", f"stand_by {WEST} 1"]


def test_what_somebody_changed_since_is_left_alone(bench: Bench) -> None:
    request = ask(bench.services)
    bench.turns()
    bench.fleet.grow(Entry.model_validate(ENTRY), WEST, 6, Claim("by-hand", "x", 1))
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.wanted() == 6
    assert bench.state(request) is ItemState.KEPT


@pytest.mark.parametrize(
    ("bounds", "why_not"),
    [
        (Bounds(least=0, most=8, scaling=Scaling.ON), "begins at 0"),
        (Bounds(least=1, most=3, scaling=Scaling.ON), "ends at 3"),
        (Bounds(least=1, most=8, scaling=Scaling.SUSPENDED), "which only a run changes"),
    ],
)
def test_what_could_not_be_taken_back_exactly_is_left_to_the_run(bench: Bench, bounds: Bounds, why_not: str) -> None:
    bench.fleet.scaled[NAME, WEST] = bounds
    request = ask(bench.services)
    bench.turns()
    assert bench.fleet.asked == []
    assert bench.told(request) == ["prepare.failed"]
    [sentence] = request_view(bench.services, request.id).prepared
    assert why_not in sentence


def test_automatic_scaling_is_given_its_least_back(bench: Bench) -> None:
    bench.fleet.scaled[NAME, WEST] = Bounds(least=1, most=8, scaling=Scaling.ON)
    request = ask(bench.services)
    bench.turns()
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.scaled[NAME, WEST] == Bounds(least=1, most=8, scaling=Scaling.ON)
    assert bench.state(request) is ItemState.UNDONE


def test_a_least_that_automatic_scaling_has_gone_above_is_given_back_alone(bench: Bench) -> None:
    raised, entry = Bounds(least=4, most=8, scaling=Scaling.ON), Entry.model_validate(ENTRY)
    item = Item(step=STEP, title="t", name=NAME, entry=entry, region=WEST, count=4, size=1, state=ItemState.DONE)
    seen = bench.fleet.state(entry, WEST)
    found = [taken_back(item, seen.model_copy(update={"desired": desired}), raised) for desired in (6, 4, 3)]
    assert found == [ItemState.UNDOING, None, ItemState.KEPT]
    bench.fleet.scaled[NAME, WEST] = raised.model_copy(update={"least": 1})
    request = ask(bench.services)
    bench.turns()
    bench.fleet.grow(entry, WEST, 6, Claim("a policy", "x", 1))
    bench.fleet.scaled[NAME, WEST] = raised
    cancelled(bench, request)
    bench.turns()
    assert (bench.fleet.asked[-1], bench.fleet.wanted()) == (f"give_back {WEST} 1", 6)
    assert bench.fleet.scaled[NAME, WEST].least == 1
    assert (bench.state(request), bench.told(request)[-2:]) == (ItemState.KEPT, ["prepare.undoing", "prepare.kept"])


def test_a_quota_without_room_prepares_nothing(bench: Bench) -> None:
    now = bench.clock.now()
    short = Check(
        code="quota-short", area="capacity", region=WEST, subject="Fargate vCPUs", state=CheckState.FINDING,
        severity=Severity.WARNING, message="The quota is too small.", source="t", checked_at=now,
    )  # fmt: skip
    sheet = Sheet(application="shop", at=now, duration_s=1, complete=True, checks=(short,))
    bench.services.store.write(lambda tx: readiness.put(tx, sheet))
    request = ask(bench.services)
    bench.turns()
    assert bench.fleet.asked == []
    told = f"The quota is too small, as the preflight at {now:%Y-%m-%d %H:%M}Z found"
    assert told in request_view(bench.services, request.id).prepared[0]
    enough = sheet.model_copy(update={"checks": ()})
    bench.services.store.write(lambda tx: readiness.put(tx, enough))
    bench.turns()
    assert bench.fleet.asked == [], "in the same round it was refused"
    expired(bench, request)
    renewal.renew(bench.services, request.id, actor=actor(bench.services.topology, "U0REQUESTER"))
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]


def test_the_brake_stops_it_both_ways(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    off = bench.services.store.read(brake.get)
    request = ask(bench.services)
    monkeypatch.setattr(brake, "get", lambda tx: replace(off, engaged=True))
    bench.turns()
    assert bench.fleet.asked == []
    monkeypatch.setattr(brake, "get", lambda tx: off)
    bench.turns()
    monkeypatch.setattr(brake, "get", lambda tx: replace(off, engaged=True))
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]


def test_a_region_that_was_fenced_is_left_to_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observations, "region_fences", lambda tx, application: {WEST: "fenced"})
    ask(bench.services)
    bench.turns()
    assert bench.fleet.asked == []


def test_without_the_lease_nothing_is_asked_for(bench: Bench) -> None:
    ask(bench.services)
    bench.lease.mine = False
    bench.turns()
    assert bench.fleet.asked == []


def test_what_is_denied_is_said_and_tried_no_more(bench: Bench) -> None:
    bench.fleet.denied = True
    request = ask(bench.services)
    bench.turns()
    assert bench.told(request) == ["prepare.intent", "prepare.failed"]
    cancelled(bench, request)
    bench.turns()
    assert bench.state(request) is ItemState.UNDONE, "nothing of it is there"


def test_what_was_denied_is_tried_again_in_a_new_round_and_goes_back_to_what_was_there_first(bench: Bench) -> None:
    request = ask(bench.services)
    bench.fleet.denied = True
    bench.turns()
    bench.fleet.denied = False
    bench.fleet.grow(Entry.model_validate(ENTRY), WEST, 4, Claim("the call worked all the same", "x", 1))
    expired(bench, request)
    renewal.renew(bench.services, request.id, actor=actor(bench.services.topology, "U0REQUESTER"))
    bench.turns()
    assert bench.state(request) is ItemState.DONE
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.wanted() == 1


def test_what_was_denied_is_not_grown_in_a_new_round_where_it_could_not_be_put_back(bench: Bench) -> None:
    bench.fleet.denied = True
    request = ask(bench.services)
    bench.turns()
    bench.fleet.denied = False
    bench.fleet.scaled[NAME, WEST] = Bounds(least=1, most=3, scaling=Scaling.ON)
    expired(bench, request)
    renewal.renew(bench.services, request.id, actor=actor(bench.services.topology, "U0REQUESTER"))
    bench.turns()
    assert (bench.fleet.asked, bench.state(request)) == ([], ItemState.FAILED)
    [sentence] = request_view(bench.services, request.id).prepared
    assert "ends at 3" in sentence


def test_the_copy_of_a_drill_is_no_part_of_what_was_there_before(bench: Bench) -> None:
    bench.fleet.grow(Entry.model_validate(ENTRY), WEST, 2, Claim("drill", "x", 1))
    copy = Exercise(
        name="scale", kind=SCALE, title="t", region=WEST, params={"entry": ENTRY}, stage=Stage.TRIED,
        kept={"desired": 1}, since=bench.clock.now(),
    )  # fmt: skip
    by = actor(bench.services.topology, "U0ADA")
    drill = Drill(
        id="d-1", application="shop", kind=DrillKind.PROBE, state=DrillState.RUNNING, by=by, source=CENTRAL,
        asked_at=bench.clock.now(), exercises=(copy,),
    )  # fmt: skip
    begun = bench.services.store.write(lambda tx: drills.add(tx, drill))
    request = ask(bench.services)
    bench.turns()
    clean = begun.with_(copy.model_copy(update={"stage": Stage.CLEAN})).model_copy(update={"state": DrillState.PASSED})
    bench.services.store.write(lambda tx: drills.save(tx, clean))
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.wanted() == 1


def call(bench: Bench, request: Request, step: str, operation: str, purpose: str = "prepare", **how: str) -> AwsCall:
    agent = f"boto dr-purpose/{purpose} dr-step/{request.id}.{step}"
    return AwsCall(
        id="1", at=bench.clock.now() - timedelta(seconds=40), region=how.get("region", WEST), service="ecs",
        operation=operation, principal="p", user_agent=agent,
    )  # fmt: skip


def test_cloudtrail_s_record_is_explained_by_what_was_intended(bench: Bench) -> None:
    request = ask(bench.services)
    bench.turns()
    found = bench.services.store.read(lambda tx: intents_of(events.of_chain(tx, request.id)))
    intents = {(request.id, name): intent for name, intent in found.items()}
    assert why(call(bench, request, STEP, "UpdateService"), intents) is None
    assert "does not call" in str(why(call(bench, request, STEP, "DeleteService"), intents))
    assert "does not call" in str(why(call(bench, request, STEP, "UpdateService", region=CENTRAL), intents))
    assert "no intent" in str(why(call(bench, request, f"{STEP}.back", "UpdateService"), intents))
    cancelled(bench, request)
    bench.turns()
    found = bench.services.store.read(lambda tx: intents_of(events.of_chain(tx, request.id)))
    intents = {(request.id, name): intent for name, intent in found.items()}
    assert why(call(bench, request, f"{STEP}.back", "UpdateService"), intents) is None


@pytest.mark.parametrize("turns", [0, 1, 8], ids=["nothing yet", "while it is taken back", "after it was"])
def test_a_new_round_is_prepared_for_again(bench: Bench, turns: int) -> None:
    request = ask(bench.services)
    bench.turns()
    expired(bench, request)
    bench.turns(turns)
    renewal.renew(bench.services, request.id, actor=actor(bench.services.topology, "U0REQUESTER"))
    bench.turns()
    assert bench.state(request) is ItemState.DONE
    assert bench.fleet.wanted() == 4
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.wanted() == 1
    assert bench.told(request)[-1] == "prepare.undone"
