"""What the product asks of routing controls: which regions are on, and switching them all at once."""

from collections.abc import Mapping
from typing import Protocol

from dr_core.claim import Claim
from dr_core.errors import RejectedError
from dr_core.topology.traffic import ArcRoutingControls

ARC_CONTROL_PLANE = "us-west-2"
"""Where routing controls and safety rules are configured, which no switch needs."""


class SafetyRuleError(RejectedError):
    """A safety rule of the cluster refused the states; `rules` are the ARNs that the refusal named."""

    code = "safety-rule"

    def __init__(self, message: str, rules: tuple[str, ...], *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.rules = rules


class RoutingControls(Protocol):
    """The controls of one entry of `dr.yaml`, by region, through whichever of its endpoints answers."""

    def states(self, spec: ArcRoutingControls) -> Mapping[str, bool]:
        """Whether each region's control is on, as one endpoint told it.

        UnreachableError when no endpoint answered, RejectedError for a control that does not exist, DeniedError.
        """
        ...

    def set_states(
        self, spec: ArcRoutingControls, states: Mapping[str, bool], claim: Claim, *, override: bool = False
    ) -> None:
        """Switch the named regions' controls in one call; the others stay as they are.

        RejectedError for a region without a control and when no named region would be on. SafetyRuleError when a rule
        refuses; with `override` the rules that refuse are set aside, but only those that the entry lists, if it lists
        any. UnreachableError when no endpoint took the call: it may have worked nevertheless.
        """
        ...


def refuse_states(spec: ArcRoutingControls, states: Mapping[str, bool]) -> None:
    """RejectedError for states that name an unknown region, or that would leave none of the named ones on."""
    unknown = [region for region in states if region not in spec.controls]
    if unknown:
        raise RejectedError(f"The topology names no routing control for {' and '.join(unknown)}.")
    if not any(states.values()):
        raise RejectedError(
            f"No region would be left on: {', '.join(states) or 'nothing'} would be off.", hint="Turn one of them on."
        )
