"""One look at a step: what it tells of owners that were overtaken, and where tests may stop it."""

from dr_core.claim import Claim
from dr_core.errors import LeaseLostError, RejectedError
from dr_core.execution.look import look_at
from dr_core.failpoints import Point, When, armed
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Plane, Segment, Step

CLAIM = Claim("token", "run-a", 3)
STEP = Step(
    name="switch", kind="fake", title="switch", segment=Segment.SWITCH, region=None, home_region=None,
    plane=Plane.DATA, deadline_s=60,
)  # fmt: skip


class Fake:
    """Absent until acted upon; `error` is what `act` raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.claims: list[Claim] = []

    def observe(self, step: Step) -> StepObservation:
        return StepObservation(Progress.SATISFIED if self.claims else Progress.ABSENT, "")

    def act(self, step: Step, claim: Claim) -> None:
        if self.error is not None:
            raise self.error
        self.claims.append(claim)


def live() -> None:
    """The lease is ours."""


def lost() -> None:
    raise LeaseLostError("somebody else owns the run")


def test_the_claim_reaches_the_step_and_an_observed_step_is_not_acted_upon_again():
    kind = Fake()
    assert look_at(kind, STEP, claim=CLAIM, may_act=True, guard=live).acted
    assert not look_at(kind, STEP, claim=CLAIM, may_act=True, guard=live).acted
    assert kind.claims == [CLAIM]


def test_without_a_live_lease_nothing_is_done_and_nothing_is_told():
    kind = Fake()
    look = look_at(kind, STEP, claim=CLAIM, may_act=True, guard=lost)
    assert (look.acted, look.error, kind.claims) == (False, None, [])


def test_a_resource_that_names_a_later_owner_while_the_lease_is_ours_is_told():
    """The store was put back to an older state: a person must see that, not a run that waits in silence."""
    look = look_at(Fake(LeaseLostError("epoch 9")), STEP, claim=CLAIM, may_act=True, guard=live)
    assert isinstance(look.error, LeaseLostError)


def test_each_look_can_be_stopped_around_observing_and_around_acting():
    seen = []
    with armed(lambda point, when: seen.append((point, when))):
        look_at(Fake(), STEP, claim=CLAIM, may_act=True, guard=live)
        look_at(Fake(RejectedError("no")), STEP, claim=CLAIM, may_act=True, guard=live)
    observe = [(Point.STEP_OBSERVE, When.BEFORE), (Point.STEP_OBSERVE, When.AFTER)]
    before, after = (Point.STEP_ACT, When.BEFORE), (Point.STEP_ACT, When.AFTER)
    assert seen == [*observe, before, after, *observe, before]
