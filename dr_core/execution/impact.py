"""What is down while a run stops in its middle: shown before anybody stops one there."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from dr_core.errors import DrError
from dr_core.execution.model import Run, StepState
from dr_core.execution.recovery import has_taken, left_over
from dr_core.observation.model import Observation


class Impact(BaseModel):
    """One run that has taken something away already. `facts` are sentences, each with the age of what it tells.

    `over`: it is finished, and only tries on to reach a region.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    application: str
    at: datetime
    facts: tuple[str, ...]
    over: bool = False


class ConfirmationError(DrError):
    """Stopping now leaves something down; it is done when the same is asked again with `--confirm`. A question."""

    code, exit_code = "needs-confirmation", 2

    def __init__(self, verb: str, impacts: tuple[Impact, ...], *, hint: str) -> None:
        told = " ".join(f"{impact.run}: {' '.join(impact.facts)}" for impact in impacts)
        over = all(impact.over for impact in impacts) and bool(impacts)
        what = "ends what a finished run still tries" if over else "stops in the middle"
        super().__init__(f"`{verb}` {what}. {told}", hint=hint)
        self.verb = verb
        self.impacts = impacts


def impact_of(run: Run, seen: Observation | None, now: datetime) -> Impact | None:
    """What stopping `run` now leaves behind; None before it has taken anything away: then it costs nothing. Pure."""
    over = run.state.finished
    if (over and not run.follow_up) or not has_taken(run):
        return None
    facts = (*(_left(run) if over else _steps(run)), *_seen(seen, now))
    return Impact(run=run.id, application=run.application, at=now, facts=facts, over=over)


def _left(run: Run) -> Iterator[str]:
    titles = "; ".join(run.plan.step(record.name).title for record in left_over(run))
    yield f"It has {run.state.value} already, and this would stay undone: {titles}."


def _steps(run: Run) -> Iterator[str]:
    titles = {
        state: [run.plan.step(record.name).title for record in run.steps if record.state is state]
        for state in (StepState.RUNNING, StepState.UNCERTAIN, StepState.WAITING)
    }
    settled = sum(record.state.settled for record in run.steps)
    yield f"{settled} of {len(run.steps)} steps are done."
    under_way = titles[StepState.RUNNING] + titles[StepState.UNCERTAIN]
    if under_way:
        yield f"Under way: {'; '.join(under_way)}."
    if titles[StepState.WAITING]:
        yield f"Would not be begun: {'; '.join(titles[StepState.WAITING])}."


def _seen(seen: Observation | None, now: datetime) -> Iterator[str]:
    if seen is None:
        yield "Nothing was observed of the application yet."
        return
    age = f"(seen {max(0.0, (now - seen.observed_at).total_seconds()):.0f} s ago)"
    if seen.writers is None:
        why = f": {seen.writers_reason}" if seen.writers_reason else ""
        yield f"Who writes is not known{why} {age}."
    elif seen.database is not None:
        yield f"{' and '.join(seen.writers) if seen.writers else 'Nobody'} can write {age}."
    for traffic in seen.traffic:
        answers = "is not known" if traffic.answers is None else f"leads to {', '.join(traffic.answers) or 'nowhere'}"
        yield f"{traffic.name} {answers} {age}."
    for verdict in seen.verdicts:
        yield f"{verdict.region} is {verdict.verdict.value} {age}."
