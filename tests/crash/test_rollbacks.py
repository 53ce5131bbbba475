"""Every sample plan is stopped at every point and rolled back: the world is as it was before, but for what is named."""

import pytest

from dr_core.approvals.lapse import BOT, end
from dr_core.execution.model import Run, RunState
from dr_core.execution.outcomes import has_acted, outcomes
from dr_core.failpoints import Point, When
from dr_core.plan import rollback
from dr_core.plan.step import Plan
from dr_core.plan.steps import KINDS
from dr_core.store import runs
from tests.crash.conftest import NewStage
from tests.crash.lives import LEASE_OVER_S, RUN, Picture, Stage, approved
from tests.crash.plans import NIGHTLY, Sample, samples, shapes

BACK, BACK_REQUEST = "run-back2222", "r-back2222"
STOPS = frozenset({(Point.STEP_RESULT, When.AFTER), (Point.STEP_ACT, When.BEFORE), (Point.STEP_ACT, When.AFTER)})
"""Where a run is stopped: behind each step, and right before and after each call."""
LEAVES = {"sync-parameters": "parameters", "prepare-backfill": "buckets", "promote-secrets": "secrets"}
"""What a kind that stays has changed for good."""


def played() -> tuple[Sample, ...]:
    """By day one of each shape, and the plans that have everything; by night all."""
    if NIGHTLY:
        return samples()
    everything = (sample for sample in samples() if sample.topology in ("full", "replicas", "active"))
    return tuple(dict.fromkeys((*shapes(), *everything)))


@pytest.mark.parametrize("sample", played(), ids=lambda sample: sample.name)
def test_a_run_that_is_stopped_anywhere_is_taken_back(new_stage: NewStage, sample: Sample) -> None:
    stage = new_stage("sqlite", sample)
    before, stops = standing(stage), list[Picture]()
    stage.world.intended = lambda step, token: _intended(stage, step, token)

    def hook(point: Point, when: When) -> None:
        if (point, when) in STOPS:
            stops.append(stage.picture())

    stage.live(hook)
    faults = list[str]()
    for number, stop in enumerate(stops):
        stage.back_to(stop)
        faults += [f"stop {number}: {fault}" for fault in _rolled_back(stage, before)]
    assert faults == []
    assert len(stops) > 2 * sum(not rollback.looks_only(KINDS[step.kind]) for step in sample.plan.steps)


def _intended(stage: Stage, step: str, token: str) -> bool:
    attempt, known = stage.database.intent_of(BACK if token.startswith(BACK) else RUN, step)
    return attempt >= 1 and known == token


def _rolled_back(stage: Stage, before: dict[str, object]) -> list[str]:
    """Ended where it is, rolled back by a run of its own, and compared."""
    stage.clock.advance(LEASE_OVER_S)
    stage.database.store.write(lambda tx: end(tx, RUN, BOT, "stopped"))
    stage.world.wakes_at = stage.clock.monotonic()
    stage.live()
    run = stage.database.store.read(lambda tx: runs.get(tx, RUN))
    plan = rollback.build(stage.sample.loaded, run.plan, outcomes(run), RUN)
    left = {stage.sample.plan.step(one.step).kind for one in plan.left}
    # A standby stays in step, also where the application goes back and takes its parameters along.
    left |= {step.kind for step in plan.steps if step.kind == "sync-parameters"}
    if not plan.steps:
        return _nothing(stage, run, plan, before)
    effects = len(stage.world.effects)
    stage.database.store.write(lambda tx: approved(tx, plan, stage.signer, request=BACK_REQUEST, run=BACK))
    stage.live()
    back = stage.database.store.read(lambda tx: runs.get(tx, BACK))
    faults = [] if back.state is RunState.SUCCEEDED else [f"the rollback is {back.state.value}: {back.reason}"]
    faults += [f"{one.name} is {one.state.value}" for one in back.steps if not one.state.settled]
    now, spared = standing(stage), {LEAVES[kind] for kind in left if kind in LEAVES}
    faults += [
        f"{name} was {before[name]}, is {now[name]}"
        for name in before
        if now[name] != before[name] and name not in spared
    ]
    return faults if len(stage.world.effects) >= effects else ["effects were lost"]


def _nothing(stage: Stage, run: Run, plan: Plan, before: dict[str, object]) -> list[str]:
    """Nothing is taken back where nothing was done, and where the application has moved for good."""
    acted = {record.name for record in run.steps if record.before is not None}
    named = {one.step for one in plan.left}
    if acted - named - {step.name for step in run.plan.steps if step.kind.startswith("canary")}:
        return [f"nobody takes {sorted(acted - named)} back"]
    gone = any(KINDS[step.kind].irreversible and step.promotes and step.name in named for step in run.plan.steps)
    same = standing(stage) == before
    return [] if gone or same or not has_acted(run) or named else ["something has changed"]


def standing(stage: Stage) -> dict[str, object]:
    """What users and the two regions have, without times and books."""
    fakes, plan = stage.world.named, stage.sample.plan
    found: dict[str, object] = {
        "takeover": set(fakes["takeover"].present),
        "parameters": _copy(fakes["parameters"].values),
    }
    capacity = fakes["capacity"]
    found["capacity"] = {key: count for key, (count, _) in capacity._desired.items()}
    found["scaling"] = {key: (bounds.least, bounds.scaling) for key, bounds in capacity.scaled.items()}
    found["consumers"] = {
        key: flow.value.replace("starting", "on").replace("stopping", "off")
        for key, (flow, _) in fakes["consumers"]._flows.items()
    }
    found["cache"] = _primary(fakes["caches"])
    found["secrets"] = _copy(fakes["secrets"].primaries)
    found["buckets"] = _copy(fakes["buckets"].jobs)
    for name, what in (("database", "writer"), ("controls", "on")):
        found[name] = None if fakes[name] is None else _copy({name: getattr(fakes[name], what)})
    if fakes["replicas"] is not None:
        found["replicas"] = (dict(fakes["replicas"].copies), set(fakes["replicas"].stopped))
    if fakes["records"] is not None:
        found["records"] = [(record.region, record.weight, record.role) for record in fakes["records"]._records]
    return found | {"way": (plan.source, plan.target)}


def _primary(cache: object) -> object:
    now = getattr(cache, "_next", None)
    return now[0] if now else getattr(cache, "_primary", None)


def _copy(values: object) -> object:
    if isinstance(values, dict):
        return {key: _copy(value) for key, value in values.items()}
    return set(values) if isinstance(values, set) else values
