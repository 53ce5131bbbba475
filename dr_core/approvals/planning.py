"""Makes the plan that is asked for, and makes it again: for a new round, and to see whether it still fits."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dr_core.approvals.whereabouts import application_of
from dr_core.drills.raised import without_copy
from dr_core.errors import ConflictError, RefusedError
from dr_core.execution.left_as import left_as
from dr_core.execution.model import Run, RunState
from dr_core.execution.outcomes import errands_undone, in_the_way, outcomes, taken_back_by
from dr_core.plan import rollback
from dr_core.plan.failover import build
from dr_core.plan.kinds import scale_target
from dr_core.plan.step import Mode, Plan, Purpose
from dr_core.plan.undo import Outcome, count_in
from dr_core.store import drills, preparations, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def asked(
    topology: Topology,
    application: str,
    *,
    source: str,
    target: str,
    mode: Mode,
    overrides: tuple[str, ...] = (),
    returning: bool = False,
    drill: bool = False,
) -> Plan:
    """The plan of a move. RefusedError where nothing could override what speaks against it; NotFoundError."""
    application_of(topology, application)
    refuse_target(topology, application, source, target)
    return build(
        topology,
        application,
        source=source,
        target=target,
        mode=mode,
        overrides=overrides,
        returning=returning,
        drill=drill,
    )


def again(tx: Tx, topology: Topology, plan: Plan) -> Plan:
    """The answer to the same question by the present configuration and records. DrError when it could not be asked."""
    if plan.purpose is Purpose.ROLLBACK and plan.undoes is not None:
        return taken_back(tx, topology, plan.undoes, plan.overrides)
    return asked(
        topology,
        plan.application,
        source=plan.source,
        target=plan.target,
        mode=plan.mode,
        overrides=plan.overrides,
        returning=plan.returning,
        drill=plan.purpose is Purpose.DRILL,
    )


_LATER = 20
"""How many runs of an application are looked through for later ones; beyond them nobody knows what was done since."""


def taken_back(tx: Tx, topology: Topology, run_id: str, overrides: tuple[str, ...] = ()) -> Plan:
    """The plan that takes back what a run really did, by its records as they are now.

    ConflictError while the run is not finished, or where later runs have changed what it would go back from;
    RefusedError where nothing of it can be taken back; NotFoundError.
    """
    run = runs.get(tx, run_id)
    if not run.state.finished:
        raise ConflictError(f"Run {run.id} is not finished.", hint=f"`run abort {run.id}` ends it where it is.")
    later = _later(run, runs.recent(tx, _LATER, run.application))
    _refuse_overtaken(run, later)
    application_of(topology, run.application)
    refuse_target(topology, run.application, run.plan.target, run.plan.source)
    plan = rollback.build(topology, run.plan, _outcomes(tx, run), run.id, overrides, errands_undone(run, later))
    if plan.steps:
        return plan.model_copy(update={"as_left": left_as(run, later)})
    if plan.left:
        first = plan.left[0]
        raise RefusedError(f"Nothing of run {run.id} can be taken back. {first.title}: {first.why}", hint=first.instead)
    raise RefusedError(f"Run {run.id} has changed nothing that stands: there is nothing to take back.")


def _outcomes(tx: Tx, run: Run) -> Mapping[str, Outcome]:
    """With the size before it was prepared, where a run that succeeded found its target prepared already. A run that
    ended otherwise leaves that to the preparation, which takes it back by itself."""
    found = dict(outcomes(run))
    prepared = preparations.get(tx, run.request).items if run.state is RunState.SUCCEEDED else ()
    for item in prepared:
        outcome = found.get(item.step)
        if item.stands and outcome is not None and outcome.done and outcome.found is None:
            found[item.step] = replace(outcome, found={"desired": item.size})
    return found | dict(_without_drills(tx, run, found))


def _without_drills(tx: Tx, run: Run, found: Mapping[str, Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Where the copy of a drill was there as the run began: that one was left to the run."""
    held = drills.recent(tx, run.application)
    for step in run.plan.steps:
        outcome = found.get(step.name, Outcome())
        before = outcome.found if outcome.found is not None else outcome.seen
        desired = count_in(before, "desired")
        if step.kind != scale_target.KIND.name or desired is None:
            continue
        size = without_copy(held, *scale_target.sized(step), desired, run.created_at)
        if size != desired:
            yield step.name, replace(outcome, found={**before, "desired": size})


def _later(run: Run, newest_first: tuple[Run, ...]) -> tuple[Run, ...]:
    known = [other.id for other in newest_first]
    if run.id not in known:
        raise ConflictError(
            f"{run.application} had {len(known)} runs since {run.id}: what it found is long gone.",
            hint="`failover` and a region moves it by a plan of its own.",
        )
    return newest_first[: known.index(run.id)]


def _refuse_overtaken(run: Run, later: tuple[Run, ...]) -> None:
    done = taken_back_by(run, later)
    if done is not None:
        raise ConflictError(
            f"Run {run.id} was taken back by {done.id} already.", hint=f"`run show {done.id}` tells how."
        )
    other = in_the_way(run, later)
    if other is not None:
        raise ConflictError(
            f"Run {other.id} has changed {run.application} since: what {run.id} found is not what it would go back to.",
            hint=f"`rollback {other.id}` takes that one back first.",
        )


def possible_places(plan: Plan) -> tuple[str, ...]:
    """Where the application may be seen for a plan to fit; a rollback also fits where it never left."""
    return (plan.source, plan.target) if plan.purpose is Purpose.ROLLBACK else (plan.source,)


def refuse_target(topology: Topology, application: str, source: str, target: str) -> None:
    """The refusals that nothing overrides: residency, an unknown region, the region that is left already."""
    entry = topology.applications[application]
    others = ", ".join(region for region in entry.regions if region != source)
    if target not in topology.residency.allowed_regions:
        allowed = ", ".join(topology.residency.allowed_regions)
        raise RefusedError(f"{target} is outside the allowed regions ({allowed}).", hint=f"Choose {others}.")
    if target not in entry.regions:
        raise RefusedError(f"{application} does not run in {target}.", hint=f"Choose {others}.")
    if source not in entry.regions:
        raise RefusedError(f"{application} does not run in {source}.", hint=f"Choose {', '.join(entry.regions)}.")
    if target == source:
        raise RefusedError(f"{application} is active in {target} already.", hint=f"Choose {others}.")
