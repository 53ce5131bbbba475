"""A run: its steps as a plan block while it goes, its RTO by segment and its loss when it has ended."""

from bot.views import message as m
from bot.views.standstill import standstill, word
from bot.views.text import counted, escape, limit, marked
from commands.rendering import words
from commands.rendering.words import beside_gates, clock, how_long, move, took
from dr_core.execution.model import RunState, StepState
from dr_core.reports.model import LossView, RunView, SegmentView, StepView

_STATUS = {
    StepState.WAITING: "pending",
    StepState.RUNNING: "in_progress",
    StepState.DONE: "complete",
    StepState.SKIPPED: "complete",
    StepState.REACHED_LATE: "complete",
    StepState.NOT_REACHED: "error",
    StepState.FAILED: "error",
    StepState.UNCERTAIN: "error",
}
_MOST_STORES = 8
_MOST_STEPS_BACK, _MOST_LEFT = 12, 6
_SAID_BY_THE_MARK = (StepState.WAITING, StepState.RUNNING, StepState.DONE)


def run(view: RunView) -> m.Message:
    """`/dr run show`."""
    return m.message(
        sentence(view),
        m.header(_title(view)),
        *outcome(view),
        *standstill(view),
        *blocks(view),
        *way_back(view),
        m.context(f"Request `{escape(view.request)}`"),
    )


def confirmation(view: RunView) -> m.Message:
    """What somebody who steered a run is told: how it is now. The card tells the rest."""
    told = sentence(view)
    return m.message(told, m.lines([f"{told} Run {view.id}; its card in the incident channel tells the rest."]))


def outcome(view: RunView) -> list[m.Block]:
    """Why it ended badly, and what it took, once the run has ended: what people look for first."""
    if not RunState(view.state).finished:
        return []
    took = f"*RTO {how_long(view.rto_seconds)}*, {_met(view)} target {how_long(view.rto_target_seconds)}"
    # Given up is what the target did not have when promotion began; what was really written by then is not known.
    bound = "at most " if view.mode == "forced" and view.loss_seconds is not None else ""
    beside = escape(beside_gates(view.losses, view.loss_seconds))
    lost = f"*loss {bound}{how_long(view.loss_seconds)}*{beside}, accepted limit {limit(view.loss_limit_seconds)}"
    why = [m.quoted("Why", view.reason)] if view.reason else []
    return [*why, m.section(f"{took} \N{MIDDLE DOT} {lost}")]


def blocks(view: RunView) -> list[m.Block]:
    """What a card shows of its run."""
    shown = [steps(view)]
    if view.blocked and not RunState(view.state).finished:
        shown.append(m.context(f"{counted(view.blocked, 'other request')} turned away: one run at a time."))
    if RunState(view.state).finished:
        shown += result(view)
    return shown


def way_back(view: RunView) -> list[m.Block]:
    """What would take the run back, by what it has recorded so far, and what stays."""
    found = view.rollback
    if found is None:
        return []
    told = f"*{words.way_back(found)}*"
    if found.blocked:
        told += f" \N{MIDDLE DOT} not now: {escape(found.blocked)}"
    elif found.steps:
        told += f" \N{MIDDLE DOT} `/dr rollback {escape(view.id)}` asks for it"
    shown = [m.section(told)]
    steps = [f"\N{BULLET} {title}" for title in found.steps[:_MOST_STEPS_BACK]]
    if len(found.steps) > len(steps):
        steps.append(f"\N{HORIZONTAL ELLIPSIS} {len(found.steps) - len(steps)} more: `dr run show {view.id}`")
    stays = [f"\N{BULLET} stays: {left.title}. {left.why} {left.instead}" for left in found.irreversible[:_MOST_LEFT]]
    return [*shown, *([m.lines(lines)] if (lines := [*steps, *stays]) else [])]


def steps(view: RunView) -> m.Block:
    """The plan block."""
    states = [StepState(step.state) for step in view.steps]
    settled = sum(1 for state in states if state.settled)
    missed = states.count(StepState.NOT_REACHED)
    but = f", {missed} not reached" if missed else ""
    tasks = [m.Task(step.name, _task(step), _STATUS[StepState(step.state)], _details(step)) for step in view.steps]
    return m.plan(f"{view.id}: {word(view)}, {settled} of {counted(len(view.steps), 'step')}{but}", tasks)


def result(view: RunView) -> list[m.Block]:
    """RTO by segment and the loss, each measured, or the reason why not."""
    rows = [(segment.name, how_long(segment.seconds), _note(segment)) for segment in view.segments]
    total = how_long(view.rto_seconds) + (
        f" ({view.rto_reason})" if view.rto_reason and view.rto_seconds is None else ""
    )
    rows.append(("RTO", total, f"{_met(view)} target {how_long(view.rto_target_seconds)}"))
    lost = [f"\N{BULLET} {store_loss(_unsaid(lost, view))}" for lost in view.losses[:_MOST_STORES]]
    return [m.table(("Segment", "Measured", "Note"), rows, right=(1,)), m.lines([loss(view), *lost])]


def sentence(view: RunView) -> str:
    """One sentence on where the run stands."""
    what = f"{move(view)} run of {view.application} from {view.source} to {view.target}"
    rto = f" RTO {how_long(view.rto_seconds)}." if view.rto_seconds is not None else ""
    return f"{marked(word(view))}: {what}.{rto}"


def loss(view: RunView) -> str:
    """The loss with its reason and the limit that was accepted."""
    why = f" ({view.loss_reason})" if view.loss_reason else ""
    beside = beside_gates(view.losses, view.loss_seconds)
    return f"Loss: {how_long(view.loss_seconds)}{beside}{why}; accepted limit {limit(view.loss_limit_seconds)}"


def store_loss(lost: LossView) -> str:
    """What one store lost, against its limit."""
    measured = how_long(lost.seconds) if lost.seconds is not None else lost.verdict
    why = f": {lost.reason}" if lost.reason and (lost.seconds is None or lost.verdict != "ok") else ""
    return f"{lost.kind} {lost.name} {measured} (threshold {how_long(lost.threshold_seconds)}){why}"


def _unsaid(lost: LossView, view: RunView) -> LossView:
    """Without a reason that stands in the run's own line already."""
    return lost.model_copy(update={"reason": ""}) if lost.reason and lost.reason in view.loss_reason else lost


def _title(view: RunView) -> str:
    return f"{marked(word(view))}: run {view.id}"


def _met(view: RunView) -> str:
    if view.rto_seconds is None:
        return "not measured;"
    return "within" if view.rto_seconds <= view.rto_target_seconds else "over"


def _note(segment: SegmentView) -> str:
    if segment.reason:
        return segment.reason
    if segment.started_at and segment.ended_at:
        return f"{clock(segment.started_at, segment.ended_at)} to {clock(segment.ended_at, segment.started_at)}"
    return "not measured" if segment.seconds is None else "measured"


def _task(step: StepView) -> str:
    """The title, with the state in words where the mark that Slack draws does not say it all."""
    return step.title if step.state in _SAID_BY_THE_MARK else f"{step.title}: {step.state.replace('_', ' ')}"


def _details(step: StepView) -> str:
    lasted = f" ({took(step)})" if took(step) else ""
    tries = f", attempt {step.attempt}" if step.attempt > 1 else ""
    if step.state == StepState.WAITING:
        return ""
    told = step.detail or step.state.replace("_", " ")
    where = f"{step.region}: " if step.region and step.region not in told else ""
    return f"{where}{told}{lasted}{tries}"
