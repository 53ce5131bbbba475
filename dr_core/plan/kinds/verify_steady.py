"""Look once more, when everything is done, whether each state that the plan has reached still stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import VERIFY_S, Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.kinds import (
    fence_source,
    give_back,
    reprotect_aurora,
    scale_target,
    scale_to_standby,
    shift_weights,
    switch_controls,
    switch_records,
    take_over,
    verify_consumers,
    verify_health,
    verify_promoted,
    verify_writer,
)
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step

LOOK_S = 5.0
_READS = ("Describe", "Get", "List", "Test")
STATES: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        scale_target.KIND,
        fence_source.KIND,
        switch_controls.KIND,
        take_over.KIND,
        give_back.KIND,
        switch_records.KIND,
        shift_weights.KIND,
        verify_writer.KIND,
        verify_promoted.KIND,
        verify_health.KIND,
        verify_consumers.KIND,
        scale_to_standby.KIND,
        reprotect_aurora.KIND,
    )
}
"""Kinds whose observation tells of a state that lasts: who writes, what runs where, who consumes, where users go."""
_BY_CONDITION = frozenset(
    kind.name
    for kind in (
        scale_target.KIND,
        fence_source.KIND,
        switch_controls.KIND,
        take_over.KIND,
        give_back.KIND,
        verify_writer.KIND,
        verify_consumers.KIND,
        scale_to_standby.KIND,
    )
)
"""Those whose condition by hand stands alone, or behind a line that only looks."""
_LOOKS_FIRST = frozenset({verify_writer.KIND.name})


class Steady(Params):
    """The steps whose states are looked at, as they stand in the plan."""

    states: tuple[Step, ...]


def plan(move: Move, steps: Iterable[Step], after: tuple[str, ...]) -> Step:
    """`steps` may be any; those of other kinds are left out, and so is what was only tried."""
    return KIND.step(
        move,
        "Verify the steady state: one writer, who consumes, where users go, what runs in both regions",
        Steady(account=move.app.account, states=tuple(s for s in steps if s.kind in STATES and not s.best_effort)),
        after=after,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    found = (need for state in _states(step) for need in _needs(state, account))
    return tuple(dict.fromkeys(need for need in found if need.action.partition(":")[2].startswith(_READS)))


def _states(step: Step) -> tuple[Step, ...]:
    return Steady.model_validate(step.params).states


def _needs(state: Step, account: str) -> tuple[Need, ...]:
    found = STATES[state.kind].needs
    return found(state, account) if found is not None else ()


def commands(step: Step) -> Recipe:
    recipes = [(state, STATES[state.kind].by_hand(state)) for state in _states(step) if state.kind in _BY_CONDITION]
    looks = tuple(line for state, recipe in recipes if state.kind in _LOOKS_FIRST for line in recipe.act)
    return Recipe(
        act=looks,
        until=tuple(condition for _, recipe in recipes for condition in recipe.until),
        note="Everything that was verified on the way, once more at the end.",
        stuck="Nothing of it is to be repeated blindly: find out who changed it back.",
    )


@dataclass(frozen=True)
class VerifySteady(OnlyLooks):
    """Done when every state is there at once. What deviates is named, and nothing is changed."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        seen: dict[str, JsonValue] = {}
        deviating: list[str] = []
        for state, found in self._observed(step):
            seen[state.name] = found.detail
            if found.progress is not Progress.SATISFIED:
                deviating.append(f"{state.name}: {found.detail}")
        if deviating:
            return StepObservation(Progress.UNDER_WAY, "not steady: " + "; ".join(deviating), seen, eta_s=LOOK_S)
        return StepObservation(Progress.SATISFIED, f"all of {len(seen)} states stand", seen)

    def _observed(self, step: Step) -> Iterator[tuple[Step, StepObservation]]:
        for state in _states(step):
            try:
                yield state, STATES[state.kind].carry_out(self.ports).observe(state)
            except RejectedError as error:
                yield state, StepObservation(Progress.ABSENT, error.message)


KIND = Kind(
    "verify-steady",
    does="Looks, at the end, whether roles, traffic, consumers and the sizes of both regions all stand at once.",
    segment=Segment.SETTLE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=VERIFY_S,
    late=Late.NOTHING,
    actions=tuple(
        dict.fromkeys(
            action for kind in STATES.values() for action in kind.actions if action.partition(":")[2].startswith(_READS)
        )
    ),
    carry_out=VerifySteady,
    by_hand=commands,
    needs=needs,
)
