"""Routing controls in memory: states, safety rules and five endpoints, of which a test takes some away."""

from collections.abc import Callable, Mapping

from dr_core.claim import Claim
from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.traffic import ArcRoutingControls
from dr_core.traffic.controls import SafetyRuleError, refuse_states

Rule = Callable[[Mapping[str, bool]], bool]
"""Whether the states that would come out are allowed."""


class MemoryControls:
    """The controls of one entry; `down` are regions of endpoints that do not answer, `rules` go by their ARN.

    `paused` is called before the states change, where a process may sleep while another one acts.
    """

    def __init__(self, spec: ArcRoutingControls, *active: str) -> None:
        self._spec = spec
        self.on = {region: region in active for region in spec.controls}
        self.rules: dict[str, Rule] = {}
        self.down: set[str] = set()
        self.paused: Callable[[], None] = lambda: None

    def states(self, spec: ArcRoutingControls) -> dict[str, bool]:
        self._reach(spec)
        return dict(self.on)

    def set_states(
        self, spec: ArcRoutingControls, states: Mapping[str, bool], claim: Claim, *, override: bool = False
    ) -> None:
        refuse_states(spec, states)
        self._reach(spec)
        self.paused()
        wanted = {**self.on, **states}
        broken = tuple(arn for arn, allowed in self.rules.items() if not allowed(wanted))
        if broken and not override:
            raise SafetyRuleError(f"Safety rule {', '.join(broken)} refuses these routing control states.", broken)
        forbidden = [arn for arn in broken if spec.safety_rules and arn not in spec.safety_rules]
        if forbidden:
            raise RejectedError(f"Safety rule {', '.join(forbidden)} refuses, and may not be set aside.")
        self.on = wanted

    def _reach(self, spec: ArcRoutingControls) -> None:
        if spec.controls != self._spec.controls:
            raise RejectedError(f"There is no routing control {', '.join(spec.controls.values())}.")
        if all(endpoint.region in self.down for endpoint in spec.endpoints):
            raise UnreachableError("No ARC endpoint answered.")
