"""A kind of step as a value: what it leans on, what a repeated call does, what it may call, and who carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dr_core.claim import Claim
from dr_core.plan.catalogue import StepKind
from dr_core.plan.move import Move, Params, slug
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Undo

BEST_EFFORT_S = 20.0
"""For how long a step homed in the dead region is tried before it is given up (design, order of a run)."""

VERIFY_S = 300.0
"""A health check of 3 x 30 s, then caches of 60 s, must fit."""


class Side(StrEnum):
    """Which region of the move."""

    SOURCE = "source"
    TARGET = "target"

    def of(self, move: Move) -> str:
        return move.source if self is Side.SOURCE else move.target


class Late(StrEnum):
    """What a call of an owner that was overtaken does, when it arrives after its successor's (docs/fencing.md)."""

    REFUSED = "refused"
    SAME_AGAIN = "same again"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Published:
    """How long others saw it take, for as long as no step of the kind was recorded here."""

    seconds: float
    basis: str


@dataclass(frozen=True)
class Need:
    """An IAM action that a step calls: in which region (None: a global service), and on which resources. `context`:
    condition keys with what they hold in the call, where a policy can tell resources apart by them only.

    ARNs as the service's authorization reference names them, `*` where the action knows no resource:
    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """

    action: str
    region: str | None
    resources: tuple[str, ...] = ("*",)
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Kind:
    """One kind of step; `dr_core/plan/steps.py` lists them all, and `docs/steps.md` is printed from them.

    `does` is one sentence. `home` is where its control plane lives: a side of the move, one region for everybody, or
    None where no single region is leant on. `deadline_s` is when a person must look, and no estimate. `actions` are the
    IAM actions of `carry_out`, `needs` says on what a step calls them, given the account's id. A kind that changes
    something has an `undo` (`back` says it in words), or it is `irreversible` and says what to do `instead`.
    """

    name: str
    does: str
    segment: Segment
    region: Side
    home: Side | str | None
    plane: Plane
    deadline_s: float
    late: Late
    actions: tuple[str, ...]
    carry_out: Callable[[Ports], StepKind]
    by_hand: Callable[[Step], Recipe]
    needs: Callable[[Step, str], tuple[Need, ...]] | None = None
    back: str = ""
    undo: Undo | None = None
    published: Published | None = None
    irreversible: bool = False
    instead: str = ""

    def step(
        self,
        move: Move,
        title: str,
        params: Params,
        *,
        after: tuple[str, ...] = (),
        of: str = "",
        name: str = "",
        tried: bool = False,
        deadline_s: float | None = None,
        undo: str | None = None,
    ) -> Step:
        """A step of this kind. `of` tells it from others of its kind; one that is only `tried` holds nothing up."""
        return Step(
            name=name or (f"{self.name}-{slug(of)}" if of else self.name),
            kind=self.name,
            title=title,
            after=after,
            segment=self.segment,
            region=self.region.of(move),
            home_region=self.home.of(move) if isinstance(self.home, Side) else self.home,
            plane=self.plane,
            params=params.stored(),
            irreversible=self.irreversible,
            best_effort=tried,
            deadline_s=self.deadline_s if deadline_s is None else deadline_s,
            undo=undo,
        )


class OnlyLooks:
    """What a kind that changes nothing does: observing is all of it."""

    def act(self, step: Step, claim: Claim) -> None:
        """Nothing to start."""
