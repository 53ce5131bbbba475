"""Breadth-first over every interleaving: the shortest way to a state that must not be, or to one without a way out."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.model import invariants, people, workers, world
from tests.model.people import Move
from tests.model.state import FINAL, Bounds, Rules, State


@dataclass(frozen=True)
class Counterexample:
    """Which rule is broken, and the moves that lead there."""

    rule: str
    moves: tuple[str, ...]

    def __str__(self) -> str:
        numbered = (f"  {number:2}. {move}" for number, move in enumerate(self.moves, 1))
        return "\n".join((f"{self.rule}:", *numbered))


@dataclass(frozen=True)
class Explored:
    """What was seen: how many states, how many moves between them, what is wrong if anything is, and in which words."""

    states: int
    moves: int
    wrong: Counterexample | None
    sights: frozenset[str] = frozenset()


def next_states(state: State, rules: Rules, bounds: Bounds) -> Iterator[Move]:
    """All that may happen next."""
    yield from workers.moves(state, rules, bounds)
    yield from world.moves(state, rules, bounds)
    yield from people.moves(state, rules, bounds)


def explore(bounds: Bounds, rules: Rules | None = None) -> Explored:
    """Visit every reachable state once; stop at the first that breaks a rule."""
    rules = rules or Rules()
    first = bounds.first()
    numbers, states = {first: 0}, [first]
    came_from: list[tuple[int, str]] = [(-1, "")]
    back: list[list[int]] = [[]]
    moves, at = 0, 0
    while at < len(states):
        for told, after in next_states(states[at], rules, bounds):
            moves += 1
            number = numbers.get(after)
            if number is None:
                number = numbers[after] = len(states)
                states.append(after)
                came_from.append((at, told))
                back.append([])
                if rule := invariants.in_state(after):
                    return Explored(len(states), moves, _trace(rule, came_from, number))
            back[number].append(at)
        at += 1
    stuck = _without_end(states, back)
    wrong = None if stuck is None else _trace(invariants.STUCK, came_from, stuck)
    return Explored(len(states), moves, wrong, frozenset(sight for state in states for sight in _sights(state)))


def _sights(state: State) -> Iterator[str]:
    """What a model that proves something must have come across."""
    yield f"run {state.run}" if state.run else f"request {state.request}"
    if state.hold:
        yield f"held: {state.hold}"
    if state.brake and state.effects:
        yield "an effect, and the brake"
    if state.excused:
        yield "a late call took effect"
    if state.effects and state.record < state.epoch:
        yield "an effect of an earlier owner"
    if any(call.epoch < state.epoch for call in state.calls):
        yield "a call of an earlier owner is out"


def ended(state: State) -> bool:
    """Whether nothing is left to be done: the run is over, or there will be none."""
    return state.run in FINAL or (not state.run and state.request in ("denied", "expired"))


def _without_end(states: list[State], back: list[list[int]]) -> int | None:
    """The first state, by distance, from which no end can be reached."""
    open_ = [number for number, state in enumerate(states) if ended(state)]
    reaches = [False] * len(states)
    for number in open_:
        reaches[number] = True
    while open_:
        for before in back[open_.pop()]:
            if not reaches[before]:
                reaches[before] = True
                open_.append(before)
    return next((number for number, ends in enumerate(reaches) if not ends), None)


def _trace(rule: str, came_from: list[tuple[int, str]], number: int) -> Counterexample:
    told: list[str] = []
    while number > 0:
        number, move = came_from[number]
        told.append(move)
    return Counterexample(rule, tuple(reversed(told)))
