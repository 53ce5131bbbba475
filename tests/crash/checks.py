"""What must hold at the end of every story, however many processes died in it."""

from collections import Counter

from dr_core.audit.events import EventKind
from dr_core.audit.trail import verify
from dr_core.execution.model import RunState, StepState
from dr_core.store import events, requests, runs, scope
from tests.crash.lives import REQUEST, RUN, Stage

FINAL = frozenset({StepState.DONE, StepState.REACHED_LATE, StepState.SKIPPED})
_ENDS = frozenset({EventKind.STEP_DONE, EventKind.STEP_NOT_REACHED, EventKind.STEP_FAILED, EventKind.STEP_UNCERTAIN})
_ONCE = frozenset({EventKind.RUN_STARTED, EventKind.RUN_SUCCEEDED, EventKind.RUN_CREATED})

REPEATED_HARMLESSLY = frozenset(
    {
        "grow",
        "fence",
        "stand_by",
        "set_active",
        "take_over",
        "give_back",
        "copy",
        "turn_on",
        "turn_off",
        "send",
        "prepare_backfill",
    }
)
"""Calls of which a second one asks for what is asked for already; docs/fencing.md says why for each."""


def faults_of(stage: Stage, *, late: bool = False) -> list[str]:
    """Everything that is wrong, as sentences. `late`: a paused process may have repeated what is harmless to repeat."""
    run, request, verdict, trail, lock = stage.database.store.read(
        lambda tx: (
            runs.get(tx, RUN),
            requests.get(tx, REQUEST),
            verify(tx),
            list(events.of_chain(tx, REQUEST)),
            scope.holder(tx, [stage.sample.application]),
        )
    )
    found = _effects(stage, late=late)
    if run.state is not RunState.SUCCEEDED:
        found.append(f"the run is {run.state.value}: {run.reason}")
    found += [f"{record.name} is {record.state.value}" for record in run.steps if record.state not in FINAL]
    found += [f"the application is locked by {lock}"] if lock is not None else []
    found += [f"the trail is broken: {verdict.first_bad}"] if not verdict.ok else []
    unproven = stage.judge.unproven(request)
    found += [f"not acknowledged: {unproven}"] if unproven else []
    kinds = Counter(event.kind for event in trail)
    found += [f"{kinds[kind]} events {kind.value}" for kind in _ONCE if kinds[kind] != 1]
    ends = Counter(event.data.get("step") for event in trail if event.kind in _ENDS)
    intents = Counter(event.data.get("step") for event in trail if event.kind == EventKind.STEP_INTENT)
    for record in run.steps:
        found += [f"{record.name} has {ends[record.name]} ends in the trail"] if ends[record.name] != 1 else []
        found += [f"{record.name} has no intent in the trail"] if not intents[record.name] else []
    return found


def _effects(stage: Stage, *, late: bool) -> list[str]:
    effects = stage.world.effects
    found = [f"{effect.call} of {effect.step} had no intent before it" for effect in effects if not effect.intended]
    calls = Counter((effect.step, effect.call) for effect in effects)
    changes = Counter((effect.step, effect.call) for effect in effects if effect.changed)
    tokens = {effect.step: {other.token for other in effects if other.step == effect.step} for effect in effects}
    found += [f"{call} of {step} took effect {n} times" for (step, call), n in changes.items() if n > 1]
    found += [
        f"{call} of {step} was called {n} times"
        for (step, call), n in calls.items()
        if n > 1 and not (late and call.split(" ")[0] in REPEATED_HARMLESSLY)
    ]
    found += [f"{step} acted under several tokens" for step, used in tokens.items() if len(used) > 1]
    return found
