"""What an unfinished run of an application has begun to stop, to start or to scale, for who looks at its regions."""

from dr_core.execution.model import Run, StepState
from dr_core.observation.model import Work
from dr_core.plan.kinds.scale_target import sized
from dr_core.plan.kinds.stop_consumers import turned
from dr_core.store import runs
from dr_core.store.engine import Store

_KINDS = {
    "fence-source": sized,
    "scale-target": sized,
    "scale-to-standby": sized,
    "stop-consumers": turned,
    "start-consumers": turned,
}
_NOTHING = (StepState.WAITING, StepState.SKIPPED)


def at_work(store: Store, application: str) -> tuple[Work, ...]:
    return tuple(work for run in store.read(lambda tx: runs.unfinished(tx, application)) for work in works_of(run))


def works_of(run: Run) -> tuple[Work, ...]:
    """Of every step that may have taken effect."""
    begun = [run.plan.step(record.name) for record in run.steps if record.state not in _NOTHING]
    named = [_KINDS[step.kind](step) for step in begun if step.kind in _KINDS]
    return tuple(Work(run=run.id, region=region, name=name) for name, region in named)
