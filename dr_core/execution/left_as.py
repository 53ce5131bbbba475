"""What a run left of sizes, weights and routing controls, by its records: what a rollback expects to find. Pure."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue

from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.execution.outcomes import has_acted
from dr_core.observation.traffic import controls_name
from dr_core.plan.kinds.scale_target import sized
from dr_core.plan.kinds.switch_controls import Turn
from dr_core.plan.kinds.switch_records import stood
from dr_core.plan.step import AsLeft, Step
from dr_core.topology.traffic import Route53Records

_SIZES = frozenset({"scale-target", "fence-source", "scale-to-standby"})
_WEIGHTS = {"switch-records": "records", "shift-weights": "weights"}
_Subject = tuple[str, str, str]


def left_as(run: Run, later: Iterable[Run]) -> tuple[AsLeft, ...]:
    """Each thing as the last step that had to do with it saw it; none where that was not seen, or where a later run
    has acted: an earlier rollback of the same run has changed it rightly."""
    if any(has_acted(other) for other in later):
        return ()
    found: dict[_Subject, AsLeft | None] = {}
    for record in sorted((r for r in run.steps if r.started_at), key=_begun):
        step = run.plan.step(record.name)
        subject = _subject(step)
        if subject is not None:
            found[subject] = _seen(subject, step, record)
    return tuple(left for left in found.values() if left is not None)


def _begun(record: StepRecord) -> datetime:
    assert record.started_at is not None
    return record.started_at


def _subject(step: Step) -> _Subject | None:
    if step.kind in _SIZES:
        return "capacity", *sized(step)
    if step.kind in _WEIGHTS:
        return "weights", Route53Records.model_validate(step.params["records"]).name, ""
    if step.kind == "switch-controls":
        return "controls", controls_name(Turn.model_validate(step.params).controls), ""
    return None


def _seen(subject: _Subject, step: Step, record: StepRecord) -> AsLeft | None:
    if record.state is not StepState.DONE or record.ended_at is None or record.before is None:
        return None
    of, name, region = subject
    seen: dict[str, JsonValue] = {}
    if of == "capacity" and isinstance(record.evidence.get("desired"), int):
        seen = {key: record.evidence[key] for key in ("desired", "least", "most") if key in record.evidence}
    elif of == "weights":
        seen = {**stood(record.evidence.get(_WEIGHTS[step.kind]))}
    elif of == "controls":
        told = record.evidence.get("controls")
        seen = dict(told) if isinstance(told, dict) else {}
    return AsLeft(of=of, name=name, region=region, seen=seen, at=record.ended_at) if seen else None
