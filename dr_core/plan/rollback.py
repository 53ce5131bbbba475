"""Builds the plan that takes back what a run really did, from its own plan and what became of each step. Pure.

Where the application may live in the target it goes back as by any planned request, through the same gates; where it
never left, each step is taken back by itself. Which is which, and why: docs/decisions/0016-rollback.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dr_core.errors import NotFoundError
from dr_core.plan.kind import Kind, OnlyLooks
from dr_core.plan.kinds import fence_source, give_back, scale_target, scale_to_standby, start_consumers, verify_steady
from dr_core.plan.layers import consumers, databases, serving, shift, traffic
from dr_core.plan.layers.layer import Layer, Names, Steps, distinct
from dr_core.plan.move import Move, Params
from dr_core.plan.step import Left, Mode, Plan, Policy, Purpose, Segment, Step
from dr_core.plan.steps import KINDS
from dr_core.plan.undo import Outcome, Stays, Taken
from dr_core.topology.model import Topology

Outcomes = Mapping[str, Outcome]

TRAFFIC = frozenset({"switch-controls", "take-over", "switch-records"})
"""Kinds that move the users of an application without a database, and with them the application."""
_NOTHING = Outcome()
_COUNTS = frozenset({scale_target.KIND.name, scale_to_standby.KIND.name, fence_source.KIND.name})


@dataclass(frozen=True)
class _Whereabouts:
    """Where the application may be by what its run did. `gone`: in the target for good. `unsure`: perhaps for good."""

    moved: bool
    gone: bool
    unsure: bool


def build(
    topology: Topology,
    plan: Plan,
    outcomes: Outcomes,
    run: str,
    overrides: tuple[str, ...] = (),
    undone_before: frozenset[str] = frozenset(),
) -> Plan:
    """The rollback of `run`, which carried out `plan`; without steps where there is nothing that could be taken back.

    `undone_before`: names of its steps that an earlier rollback of the run has done, and that are done only once.
    NotFoundError where the application is not configured any more.
    """
    app = topology.applications.get(plan.application)
    if app is None:
        raise NotFoundError(f"There is no application {plan.application} any more.")
    returning = app.active_active and not plan.returning
    back = Move(plan.application, app, plan.target, plan.source, Mode.PLANNED, overrides, returning, Purpose.ROLLBACK)
    undone = _Undone(plan, outcomes, back, undone_before)
    undone.all()
    quorum = topology.approval.planned
    return Plan(
        application=plan.application,
        mode=Mode.PLANNED,
        source=back.source,
        target=back.target,
        steps=_ordered(back, undone),
        overrides=overrides,
        returning=returning,
        purpose=Purpose.ROLLBACK,
        undoes=run,
        left=tuple(undone.left),
        policy=Policy(required=quorum.required, expires_after_s=quorum.expires_after.total_seconds()),
    )


@dataclass
class _Undone:
    """Collects, step by step of the run, what takes it back and what stays."""

    plan: Plan
    outcomes: Outcomes
    back: Move
    before: frozenset[str] = frozenset()
    steps: list[Step] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def where(self) -> _Whereabouts:
        moving = [step for step in self.plan.steps if step.promotes]
        gone = [step for step in moving if step.irreversible]
        if not moving and not self.back.app.active_active:
            moving = [step for step in self.plan.steps if step.kind in TRAFFIC and not step.best_effort]
        is_gone = any(self.of(step).done for step in gone)
        return _Whereabouts(
            moved=not gone and any(self._may_have_moved(step) for step in moving),
            gone=is_gone,
            unsure=not is_gone and any(self._may_have_moved(step) for step in gone),
        )

    def _may_have_moved(self, step: Step) -> bool:
        """A promotion takes place as a whole or not at all: one that failed did not, though it was called. Users that
        are sent elsewhere may be so in part."""
        outcome = self.of(step)
        return outcome.possible and not (step.promotes and outcome.failed)

    def of(self, step: Step) -> Outcome:
        return self.outcomes.get(step.name, _NOTHING)

    def all(self) -> None:
        where = self.where
        for step in self.plan.steps:
            outcome, kind = self.of(step), KINDS.get(step.kind)
            # What was found done already was so before; where the application goes back, it is turned round with it.
            if outcome.found is None and not (where.moved and outcome.possible):
                continue
            if kind is None:
                self._leave(step, Stays(f"This version knows no {step.kind} any more.", "Look at it by hand."))
            elif not (looks_only(kind) or (step.promotes and (where.unsure or outcome.failed))):
                self._take_back(step, outcome, kind, where)
        self.steps = list(_each_once(self.steps))

    def _take_back(self, step: Step, outcome: Outcome, kind: Kind, where: _Whereabouts) -> None:
        home = self.back.source
        if kind.irreversible:
            self._leave(step, Stays("It cannot be taken back.", kind.instead))
        elif where.gone:
            self._leave(step, Stays(f"The application lives in {home}, and needs it.", "It goes back by a failback."))
        elif kind.undo is None:
            self._leave(step, Stays("Nobody has written how it is taken back.", kind.back or "Look at it by hand."))
        else:
            found = kind.undo(Taken(step, outcome.found, outcome.seen, self.back, where.moved, self._make))
            if isinstance(found, Stays):
                self._leave(step, found)
            else:
                self.steps += (one for one in found if one.name not in self.before)

    def _leave(self, step: Step, stays: Stays) -> None:
        self.left.append(Left(step=step.name, title=step.title, why=stays.why, instead=stays.instead))

    def _make(
        self, kind: str, title: str, params: Params, *, of: str = "", name: str = "", tried: bool = False
    ) -> Step:
        return KINDS[kind].step(self.back, title, params, of=of, name=name, tried=tried)


def looks_only(kind: Kind) -> bool:
    """Whether a step of this kind changes nothing."""
    return isinstance(kind.carry_out, type) and issubclass(kind.carry_out, OnlyLooks)


def _each_once(steps: Iterable[Step]) -> Steps:
    """Several steps of a run may have changed one thing: it goes back to how it stood before the first of them."""
    first: dict[object, Step] = {}
    for step in steps:
        what = dict(step.params)
        if step.kind in _COUNTS:
            what.pop("count", None)
        first.setdefault((step.kind, repr(what)), step)
    return distinct(first.values())


def _ordered(back: Move, undone: _Undone) -> Steps:
    """By the law of any plan: what can be prepared first, then fence, promote, switch, verify; and the rest."""
    if not undone.steps:
        return ()
    guard = _guard(back) if undone.where.unsure else ()
    steps, after = guard, tuple(step.name for step in guard)
    for segment in Segment:
        own = tuple(step for step in undone.steps if step.segment is segment)
        for row in _rows(own, back, segment):
            layer = _behind(row, after, {step.name for step in steps})
            steps, after = (*steps, *layer.steps), layer.held or after
    waited_for = {name for step in steps for name in step.after}
    leaves = tuple(step.name for step in steps if step.name not in waited_for)
    steady = verify_steady.plan(back, _last(steps), leaves)
    return (*steps, steady) if steady.params.get("states") else steps


def _rows(own: Steps, back: Move, segment: Segment) -> tuple[Layer, ...]:
    """The steps of a segment, row behind row. An object goes last: in between nobody must fall to a third region."""
    if segment is Segment.VERIFY:
        return (Layer.of(own) + _verified(back),)
    objects = tuple(step for step in own if step.kind == give_back.KIND.name)
    others = tuple(step for step in own if step not in objects)
    return _waited_for(others), _waited_for(objects)


def _waited_for(steps: Steps) -> Layer:
    """Nothing waits for what is only tried, and users do not wait for consumers."""
    held = [step for step in steps if not step.best_effort and step.kind != start_consumers.KIND.name]
    return Layer.of(held, loose=[step for step in steps if step not in held])


def _behind(row: Layer, after: Names, known: set[str]) -> Layer:
    """Each step waits for what it names, as far as it is there; else for the row before."""
    steps = (
        step.model_copy(update={"after": tuple(n for n in step.after if n in known) or after}) for step in row.steps
    )
    return Layer(tuple(steps), row.held)


def _verified(back: Move) -> Layer:
    """That it is where it was: who writes, where users are sent, whether they are served, who consumes."""
    if back.app.active_active:
        return shift.verify(back, ()) + serving.verify(back, ())
    makers = (databases.verify, traffic.verify, serving.verify, consumers.verify)
    return sum((make(back, ()) for make in makers), Layer())


def _guard(back: Move) -> Steps:
    """Whether a promotion that cannot be taken back has taken place nobody has seen: that it has not is seen first."""
    found = databases.verify(back, ()).steps
    told = f"Verify first that the writer has not moved: it is in {back.target}"
    changed = {"title": told, "segment": Segment.PREPARE}
    return tuple(step.model_copy(update={"name": f"{step.name}-first", **changed}) for step in found)


def _last(steps: Steps) -> Steps:
    """Without a fence that became a standby."""
    resting = [step.params.get("entry") for step in steps if step.kind == scale_to_standby.KIND.name]
    fences = (step for step in steps if step.kind == fence_source.KIND.name)
    replaced = {step.name for step in fences if step.params.get("entry") in resting}
    return tuple(step for step in steps if step.name not in replaced)
