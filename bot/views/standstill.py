"""Why nothing new starts in a run, who says so, and the way out: what a card tells first while a run stands still."""

from bot.views import message as m
from bot.views.text import MARKS, counted, date, escape, one_line
from commands.rendering.words import age
from dr_core.execution.model import HoldKind, RunState, StepState
from dr_core.reports.model import BrakeView, HoldView, RunView, StepView


def word(view: RunView) -> str:
    """The run's state as people call it: also what its state alone does not say."""
    if RunState(view.state).finished:
        return view.state
    if view.ending is not None:
        return "aborting"
    if view.braked_since is not None:
        return "braked"
    kinds = {hold.kind for hold in view.holds}
    if kinds:
        return "paused" if kinds == {HoldKind.PAUSED} else "held"
    return "stalled" if view.silent_seconds is not None else view.state


def standstill(view: RunView) -> list[m.Block]:
    """Every reason with its way out; nothing while the run goes on."""
    if RunState(view.state).finished:
        return []
    blocks = _ending(view) if view.ending is not None else []
    if view.brake is not None:
        blocks += braked(view.brake, "This run then goes on where it was.")
    for hold in view.holds:
        blocks += _HOLDS[HoldKind(hold.kind)](view, hold)
    return blocks + (_silent(view) if view.silent_seconds is not None else _untaken(view))


def braked(on: BrakeView, then: str) -> list[m.Block]:
    """That the brake is on, who put it on and why, and who releases it."""
    since = f" {date(on.since)}" if on.since is not None else ""
    head = f"{MARKS['braked']} *The brake is on: nothing new starts in any run.* Put on by {_name(on.by)}{since}."
    return [
        m.section(head),
        m.quoted("Reason", on.reason),
        m.section(f"*Way out*: an approver types `/dr brake off`. {then}".strip()),
    ]


def _ending(view: RunView) -> list[m.Block]:
    assert view.ending is not None
    head = f"{MARKS['aborting']} *{_name(view.ending.by)} ended this run* {date(view.ending.at)}."
    after = "Nothing new starts. Steps under way are watched to their end; then the run is aborted. Nothing is undone."
    return [m.section(head), m.quoted("Reason", view.ending.reason), m.context(after)]


def _paused(view: RunView, hold: HoldView) -> list[m.Block]:
    head = f"{MARKS['paused']} *{_name(hold.by or 'Somebody')} paused this run* {date(hold.since)}."
    under_way = sum(step.state == StepState.RUNNING for step in view.steps)
    watched = f" {counted(under_way, 'step')} under way: watched to the end." if under_way else ""
    return [
        m.section(f"{head} Nothing new starts.{watched}"),
        m.quoted("Reason", hold.reason),
        m.section("*Way out*: an approver presses Resume and it goes on where it was, or Abort and it ends."),
    ]


def _uncertain(view: RunView, hold: HoldView) -> list[m.Block]:
    doubtful = [step for step in view.steps if step.state == StepState.UNCERTAIN]
    head = (
        f"{MARKS['uncertain']} *Nobody knows whether this was done*, since {date(hold.since)}."
        " Going on blindly could make two writers, so nothing new starts."
    )
    told = [f"{step.title}{_where(step)}: {step.detail or 'it could not be observed'}" for step in doubtful]
    return [
        m.section(head),
        m.lines(told[:6]) if told else m.quoted("What", hold.reason),
        m.section(
            "*Way out*: look at it in the AWS console. Then an approver presses Resume, and the bot looks again and"
            " goes on from what it finds; or Abort, and the run ends."
        ),
    ]


def _where(step: StepView) -> str:
    return f" in {step.region}" if step.region and step.region not in step.title else ""


def _round(_view: RunView, hold: HoldView) -> list[m.Block]:
    head = f"{MARKS['held']} *This run needs its approvals again*, since {date(hold.since)}."
    return [
        m.section(f"{head} Nothing was taken away from anybody yet."),
        m.quoted("Why", hold.reason),
        m.section("*Way out*: the approvers press Approve and it goes on; Deny ends the run with nothing fenced."),
    ]


def _silent(view: RunView) -> list[m.Block]:
    head = f"{MARKS['stalled']} *Its worker has not been heard of for {age(view.silent_seconds)}*"
    return [
        m.section(f"{head}; another takes it by itself."),
        m.section(
            f"*Way out*, should none do so within a minute: `/dr doctor` lists the workers; where one hangs, an"
            f" approver types `/dr run takeover {escape(view.id)}`."
        ),
    ]


def _untaken(view: RunView) -> list[m.Block]:
    if view.owner is not None or word(view) != RunState.PENDING:
        return []
    told = "Waits for a worker; the first free one takes it. Should none do so: `/dr doctor` lists the workers."
    return [m.context(told)]


def _name(person: str) -> str:
    return escape(one_line(person, 80))


_HOLDS = {HoldKind.PAUSED: _paused, HoldKind.UNCERTAIN: _uncertain, HoldKind.ROUND: _round}
