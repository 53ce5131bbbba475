"""What an after-action report says of runs that went well, badly, or not at all; drawn on every face."""

import json
import re
from typing import Any

import pytest

from bot.views.after_action import after_action as in_slack
from bot.views.after_action import comment
from bot.views.result import draw
from commands.rendering.after_action import Form, in_form
from commands.rendering.after_action_pages import document
from commands.rendering.text import render
from dr_core.approvals import ack
from dr_core.approvals.break_glass import Typed, break_glass
from dr_core.approvals.escalation import escalate
from dr_core.approvals.model import Actor, Face
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise, Result, Stage
from dr_core.errors import NotFoundError
from dr_core.execution import brake, control
from dr_core.execution.model import RunState, StepState
from dr_core.incidents import book, closing, notes
from dr_core.plan.step import Mode
from dr_core.reports.after_action import AfterAction, Reached
from dr_core.reports.after_action_account import Aims, Story, account
from dr_core.reports.after_action_open import Loose, open_items
from dr_core.reports.after_action_reading import after_action
from dr_core.reports.open_matters import open_matters
from dr_core.reports.reconciliations import reconciliation_list
from dr_core.reports.status import status
from dr_core.store import drills
from dr_core.store.brake import Brake
from tests.unit.approvals.conftest import approve, ask
from tests.unit.bot.lint import message_problems
from tests.unit.control.conftest import Room, room, services

__all__ = ["room", "services"]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is told is the same on either database."""
    return sqlite_url


@pytest.fixture(autouse=True)
def quick(room: Room) -> None:
    """Every step is done before anything is given up."""
    room.world.takes_s = 1.0


def told(room: Room, named: str) -> AfterAction:
    """The report, which must draw without a fault on every face."""
    report = after_action(room.services, named)
    assert all(len(line) <= 100 for line in render(report).splitlines())
    assert message_problems(in_slack(report)) == ()
    assert len(comment(report)) < 4000
    for form in Form:
        assert report.id in in_form(report, form)
    assert json.loads(in_form(report, Form.JSON))["schema"] == "dr.after-action/1"
    return report


def over(run: Any) -> bool:
    return bool(run.state.finished)


def rto(report: AfterAction) -> Reached:
    return next(one for one in report.accounts[-1].objectives if one.name == "rto")


def rpo(report: AfterAction, subject: str = "") -> Reached:
    return next(one for one in report.accounts[-1].objectives if one.name == "rpo" and one.subject == subject)


def deviations(report: AfterAction) -> list[str]:
    return [one.what for one in report.accounts[-1].deviations]


def open_kinds(report: AfterAction) -> list[str]:
    return [one.kind for one in report.open_items]


def test_a_run_that_succeeded(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time by segment, both objectives with where they come from, who did what, and every step with its evidence."""
    run_id = room.approved()
    room.until(room.worker(), run_id, over)
    report = told(room, run_id)
    [account] = report.accounts
    assert report.headline == ("Failover of shop from eu-central-1 to eu-west-1 succeeded.",)
    assert account.run is not None
    assert [one.name for one in account.run.segments] == [
        "detect", "decide", "prepare", "fence", "promote", "switch", "verify",
    ]  # fmt: skip
    assert all(one.seconds is not None for one in account.run.segments)
    assert (rto(report).met, rto(report).seconds) == (True, account.run.rto_seconds)
    assert (rpo(report).met, rpo(report, "aurora shop").gate) == (True, True)
    assert "last fresh lag" in rpo(report, "aurora shop").reason
    assert [act.who for act in account.acts] == ["U0REQUESTER", "Ada", "Grace"]
    assert account.acts[1].what == "acknowledged round 1, accepting a loss of up to 3600 s; 1 more needed"
    assert all(step.evidence for step in account.run.steps)
    assert (account.deviations, report.trail.ok) == ((), True)
    [lost] = report.open_items
    assert f"Run {run_id} gave up writes of shop-eu-central-1" in lost.what
    assert "was not found yet" in lost.what
    # Runs that came since hide nothing that the way home waits for.
    monkeypatch.setattr("dr_core.reports.status.LOOKED_AT", 0)
    status_now, listed = status(room.services).applications[0], reconciliation_list(room.services)
    assert status_now.lost_unknown == listed.unknown
    for shown in (listed, status(room.services)):
        assert "gave up writes" in " ".join(render(shown).split())
        assert "gave up writes" in json.dumps(draw(shown).blocks)
    assert told(room, account.request).id == run_id, "a request names its run"
    assert [one.what for one in report.timeline][-1] == "the run succeeded"


def test_a_run_that_failed_says_where_and_what_is_left(room: Room) -> None:
    room.world.done_at["verify-writer"] = float("inf")
    run_id = room.approved()
    room.until(room.worker(), run_id, over, limit_s=3000, every_s=5)
    report = told(room, run_id)
    assert report.headline[0].startswith("Failover of shop from eu-central-1 to eu-west-1 failed: Verify that")
    assert report.headline[0].endswith("Nothing was taken back.")
    assert (rto(report).seconds, rto(report).met) == (None, None)
    assert rto(report).reason == "verification did not succeed"
    assert any(one.startswith("step failed: Verify that eu-west-1 is the only writer") for one in deviations(report))
    assert "step" in open_kinds(report)
    html = in_form(report, Form.HTML)
    assert '<td class="bad short">failed</td>' in html
    assert "unknown" in html, "what nobody measured is not called 0"


def test_a_run_that_was_aborted_and_one_that_stands_still(room: Room) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    control.pause(room.services, run_id, actor=room.person("U0ADA"), reason="wait", confirmed=True)
    held = told(room, run_id)
    assert (held.until, held.accounts[0].state, open_kinds(held)) == (None, "held", ["run"])
    assert held.headline[0].endswith("stands still: paused by Ada: wait.")
    [matter] = room.services.store.read(open_matters)
    assert (matter.code, matter.evidence) == ("run-stands-still", "paused by Ada: wait")
    [account] = held.accounts
    so_far = in_form(held.model_copy(update={"accounts": (account.model_copy(update={"deviations": ()}),)}), Form.HTML)
    assert re.search(r"None so far: \d+ of \d+ steps are settled", so_far)
    control.abort(room.services, run_id, actor=room.person("U0GRACE"), reason="wrong region", confirmed=True)
    room.until(worker, run_id, over)
    report = told(room, run_id)
    assert "was ended where it was: aborted by Grace: wrong region. Nothing was taken back." in report.headline[0]
    assert deviations(report)[:2] == ["Ada paused the run: wait", "Grace asked for the end of the run: wrong region"]
    assert [act.who for act in report.accounts[0].acts] == ["U0REQUESTER", "Ada", "Grace", "Ada", "Grace"]


def test_what_an_aborted_run_left_off_and_the_incident_of_it_are_left_to_do(room: Room) -> None:
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    worker = room.worker()
    fence = next(one.name for one in room.run(run_id).plan.steps if one.kind == "fence-source")
    room.until(worker, run_id, lambda run: run.record(fence).state is StepState.DONE)
    control.abort(room.services, run_id, actor=room.person("U0GRACE"), reason="wrong", confirmed=True)
    room.until(worker, run_id, over)
    actor = room.person("U0ADA")
    opened = book.declare(room.services, application="shop", title="off", actor=actor, cmd_id="i")
    [rollback, incident] = told(room, run_id).open_items
    assert (rollback.kind, rollback.way_out) == ("rollback", f"/dr rollback {run_id}")
    assert re.search(r"stands: \d+ steps? would take it back", rollback.what)
    assert (incident.kind, incident.way_out) == ("incident", f"/dr incident close {opened.id}")


def test_a_forced_run_is_told_with_the_planned_one_whose_place_it_took(room: Room) -> None:
    room.down = False
    room.see()
    planned = room.approved(Mode.PLANNED)
    worker = room.worker()
    room.until(worker, planned, lambda run: run.record("promote").state is StepState.RUNNING)
    room.world.done_at["promote"] = float("inf")
    room.down = True
    room.see()
    given = {"actor": room.person("U0REQUESTER"), "reason": "it died", "cmd_id": "slack:e1"}
    request = escalate(room.services, planned, **given)
    waiting = told(room, planned)
    assert waiting.headline == ("Failover of shop from eu-central-1 to eu-west-1 is under way.",)
    approve(room.services, request, "U0ADA")
    forced = approve(room.services, request, "U0GRACE").run_id
    assert forced is not None
    report = told(room, forced)
    assert [one.mode for one in report.accounts] == ["planned", "forced"]
    assert report.headline[0].endswith(f"ended for request {request.id}, which took its place.")
    assert any("the run ended for another one" in one.what for one in report.accounts[0].deviations)
    assert told(room, planned).accounts[0].state == "aborted"


def test_a_loss_that_nobody_knows_is_unknown_and_not_zero(room: Room) -> None:
    room.lag_s = None
    room.see()
    request = ask(room.services, Mode.FORCED)
    approve(room.services, request, "U0ADA", "unknown")
    run_id = approve(room.services, request, "U0GRACE", "unknown").run_id
    assert run_id is not None
    room.until(room.worker(), run_id, over)
    report = told(room, run_id)
    assert (rpo(report).seconds, rpo(report).met) == (None, None)
    assert (report.accounts[0].loss_limit_seconds, rpo(report).reason != "") == (None, True)
    assert report.accounts[0].acts[1].what.startswith("acknowledged round 1, accepting an unknown loss")
    markdown = in_form(report, Form.MARKDOWN)
    assert "| RPO | unknown | 1 m | unknown |" in markdown


def test_the_brake_and_another_worker_are_deviations(room: Room) -> None:
    run_id = room.approved()
    room.until(room.worker(), run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    brake.engage(room.services, actor=room.person("U0LINUS"), reason="two changes", confirmed=True)
    room.rest(30)
    brake.release(room.services, actor=room.person("U0ADA"))
    run = room.until(room.worker(), run_id, over)
    assert run.state is RunState.SUCCEEDED
    said = deviations(told(room, run_id))
    assert "Linus put the brake on: two changes" in said
    assert "Ada released the brake" in said
    assert any(one.startswith("DR worker took the run up (epoch 2)") for one in said)


@pytest.mark.parametrize(
    ("state", "follow_up", "kind", "way_out"),
    [
        (StepState.NOT_REACHED, True, "step", "tried on until it answers"),
        (StepState.NOT_REACHED, False, "step", "do it by hand"),
        (StepState.UNCERTAIN, False, "step", "Look at it in AWS"),
        (StepState.REACHED_LATE, False, None, ""),
        (StepState.SKIPPED, False, None, ""),
    ],
)
def test_a_step_without_its_end_is_left_to_do_and_repeats_are_told(
    room: Room, state: StepState, follow_up: bool, kind: str | None, way_out: str
) -> None:
    run_id = room.approved()
    run, request = room.run(run_id), room.request(run_id)
    first = run.steps[0].model_copy(update={"state": state, "attempt": 3})
    done = tuple(one.model_copy(update={"state": StepState.DONE}) for one in run.steps[1:])
    changed = {"steps": (first, *done), "state": RunState.SUCCEEDED, "follow_up": follow_up}
    story = Story(request, run.model_copy(update=changed), ())
    [tried] = account(story, Aims(900, 60), room.clock.now()).deviations
    assert "took 3 attempts" in tried.what
    off = Brake(engaged=False, since=None, by="", reason="", version=1)
    found = open_items(None, [story], None, Loose(off, (), (), {}))
    assert [one.kind for one in found] == ([kind] if kind else [])
    assert all(way_out in one.way_out for one in found)


def test_what_may_write_beside_the_active_region_stands_first(room: Room) -> None:
    request = ask(room.services, Mode.FORCED)
    on = Brake(engaged=True, since=room.clock.now(), by="Ada", reason="wait", version=2)
    loose = Loose(on, (), (), {"shop": ("eu-central-1",)})
    found = open_items(None, [Story(request, None, ())], None, loose)
    assert [one.kind for one in found] == ["unfenced", "request", "brake"]


def test_broken_glass_names_those_who_were_skipped_until_somebody_reviewed_it(room: Room) -> None:
    request = ask(room.services, Mode.FORCED)
    room.rest(181)
    holder = replace_face(room.person("U0ADA"))
    typed = Typed("nobody answers", "shop", "3600")
    broken = break_glass(
        room.services, request.id, round=1, actor=holder, typed=typed, evidence={}, cmd_id="terminal:1"
    )
    assert broken.run_id is not None
    report = told(room, broken.run_id)
    assert report.accounts[0].broke_glass
    [glass] = [act.what for act in report.accounts[0].acts if "GLASS" in act.what]
    assert "without waiting for Grace, Linus" in glass
    assert {"run", "review"} <= set(open_kinds(report))
    assert "BREAK-GLASS" in in_form(report, Form.HTML)


def replace_face(actor: Actor) -> Actor:
    return actor.model_copy(update={"face": Face.TERMINAL})


def test_findings_of_then_stand_with_those_that_were_overridden(room: Room) -> None:
    run_id = room.approved()
    request = room.request(run_id)
    codes = [one.code for one in request.findings]
    assert codes
    report = told(room, run_id)
    assert [one.code for one in report.accounts[0].findings] == codes
    assert not any(one.overridden for one in report.accounts[0].findings)


def test_an_incident_is_told_with_its_requests_notes_and_what_became_of_them(room: Room) -> None:
    ada = room.person("U0ADA")
    opened = book.declare(room.services, application="shop", title="checkout fails", actor=ada, cmd_id="i")
    denied = ask(room.services, Mode.FORCED, cmd_id="the first one")
    ack.deny(room.services, denied.id, actor=ada, reason="not yet")
    notes.add(room.services, "called the <provider>", named=None, actor=room.person("U0GRACE"), cmd_id="n")
    room.clock.advance(5)
    run_id = room.approved()
    room.until(room.worker(), run_id, over)
    open_one = told(room, opened.id)
    assert open_kinds(open_one) == ["lost writes", "incident"]
    closing.close(room.services, opened.id, reason="moved", actor=ada, cmd_id="c")
    room.clock.advance(60)
    report = told(room, opened.id)
    assert [one.state for one in report.accounts] == ["denied", "succeeded"]
    assert report.accounts[0].outcome.endswith("was denied by Ada: not yet.")
    assert [act.what for act in report.accounts[0].acts][-1] == "denied the request: not yet"
    assert (report.until, open_kinds(report)) == (report.incident and report.incident.closed_at, ["lost writes"])
    said = [one.what for one in report.timeline]
    order = ["opened the incident: checkout fails", "noted: called the <provider>", "the run succeeded"]
    assert [one for one in said if one in order] == order
    assert said[-1] == "closed the incident: moved"
    assert "called the &lt;provider&gt;" in in_form(report, Form.HTML)
    of_run = told(room, run_id)
    assert of_run.incident is not None
    assert of_run.incident.id == opened.id, "a run's report names the incident it belonged to"


def test_the_figures_of_an_incident_are_those_of_the_run_that_ended_it(room: Room) -> None:
    opened = book.declare(
        room.services, application="shop", title="checkout fails", actor=room.person("U0ADA"), cmd_id="i"
    )
    run_id = room.approved()
    room.until(room.worker(), run_id, over)
    report = told(room, opened.id)
    [moved] = report.accounts
    later = moved.model_copy(
        update={"objectives": tuple(one.model_copy(update={"seconds": 4711.0}) for one in moved.objectives)}
    )
    [rto] = [
        one for one in document(report.model_copy(update={"accounts": (moved, later)})).figures if one.label == "RTO"
    ]
    [alone] = [one for one in document(report).figures if one.label == "RTO"]
    assert rto == alone
    assert "1 h 18 m" not in rto.value.text


@pytest.mark.parametrize("named", ["run-nothing1", "i-nothing1", "d-nothing1", "r-nothing1", "<b>"])
def test_what_does_not_exist_is_not_found(room: Room, named: str) -> None:
    with pytest.raises(NotFoundError):
        after_action(room.services, named)


def test_a_trail_that_was_changed_is_said_first(room: Room) -> None:
    run_id = room.approved()
    report = after_action(room.services, run_id)
    bad = report.model_copy(
        update={"trail": report.trail.model_copy(update={"ok": False, "first_bad": "ops/3: the body was changed"})}
    )
    for form in (Form.HTML, Form.MARKDOWN):
        assert "CHANGED" in in_form(bad, form)
    assert "CHANGED" in comment(bad)


def test_a_drill_is_told_by_what_it_tried_and_what_it_left(room: Room) -> None:
    now = room.clock.now()
    tried = (
        Exercise(name="a", kind="read", title="Read a <secret>", region="eu-west-1", stage=Stage.CLEAN,
                 result=Result.PASSED, detail="as expected"),
        Exercise(name="b", kind="scale", title="Scale by one and back", region="eu-west-1", stage=Stage.JUDGED,
                 result=Result.UNKNOWN, trouble="ecs: no answer."),
    )  # fmt: skip
    drill = Drill(
        id="d-7k2m9qpd", application="shop", kind=DrillKind.PROBE, state=DrillState.CLEANING, by=room.person("U0ADA"),
        source="eu-central-1", asked_at=now, started_at=now, exercises=tried,
    )  # fmt: skip
    room.services.store.write(lambda tx: drills.add(tx, drill))
    report = told(room, drill.id)
    assert (report.kind, report.title, report.until) == ("drill", "probe drill of shop", None)
    assert report.drill is not None
    assert [(one.result, one.clean) for one in report.drill.exercises] == [("passed", True), ("unknown", False)]
    assert [one.kind for one in report.open_items] == ["clean-up"]
    assert "Read a &lt;secret&gt;" in in_form(report, Form.HTML)
    assert "| Scale by one and back | eu-west-1 | unknown |" in in_form(report, Form.MARKDOWN)
