"""What the steps of every plan take, there and back, planned and forced, and what takes each of them back. Pure."""

from collections.abc import Iterator
from itertools import permutations, product

from dr_core.permissions.model import Ground
from dr_core.plan.failover import build
from dr_core.plan.kind import Need
from dr_core.plan.kinds import detach_aurora, promote_secrets
from dr_core.plan.move import Move, Params
from dr_core.plan.step import Mode, Plan, Purpose, Step
from dr_core.plan.steps import KINDS
from dr_core.plan.undo import Seen, Stays, Taken

_FOUND: tuple[Seen, ...] = ({"desired": 0}, {"desired": 1})
"""What may have stood before a step of a size: with nothing there, another kind takes it back."""


_OVERRIDES = ((), (detach_aurora.DETACH, promote_secrets.GIVE_UP))
"""What people may ask for besides, and that takes steps of other kinds."""


def needed(ground: Ground) -> Iterator[tuple[str, Need]]:
    """(kind, need) of each step of each plan between two regions, and of each way back; the same may come again."""
    for source, target in permutations(ground.app.regions, 2):
        ways = (False, True) if ground.app.active_active else (False,)
        for mode, returning, overrides in product(Mode, ways, _OVERRIDES):
            plan = build(
                ground.topology, ground.application, source=source, target=target, mode=mode, returning=returning,
                overrides=overrides,
            )  # fmt: skip
            for step in plan.steps:
                yield from _of(step, ground.account)
                for back in _undone(step, plan, ground):
                    yield from _of(back, ground.account)


def _of(step: Step, account: str) -> Iterator[tuple[str, Need]]:
    needs = KINDS[step.kind].needs
    yield from ((step.kind, need) for need in (needs(step, account) if needs else ()))


def _undone(step: Step, plan: Plan, ground: Ground) -> Iterator[Step]:
    back = Move(
        ground.application, ground.app, plan.target, plan.source, Mode.PLANNED, returning=plan.returning,
        purpose=Purpose.ROLLBACK,
    )  # fmt: skip
    undo = KINDS[step.kind].undo

    def make(kind: str, title: str, params: Params, *, of: str = "", name: str = "", tried: bool = False) -> Step:
        return KINDS[kind].step(back, title, params, of=of, name=name, tried=tried)

    for found, moved in product(_FOUND, (False, True)) if undo else ():
        steps = undo(Taken(step, found, found, back, moved, make)) if undo else ()
        yield from () if isinstance(steps, Stays) else steps
