"""Which regions consume, by what was seen of each. Pure: exactly one may, and nobody's silence is taken for a no."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dr_core.observation.model import ConsumerState


class Verdict(StrEnum):
    OK = "ok"
    TWO = "two"
    NONE = "none"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Consumption:
    """One consumer over all regions. `consuming`: where it may take work; `unknown`: where nobody could say."""

    kind: str
    name: str
    states: tuple[ConsumerState, ...]

    @property
    def consuming(self) -> tuple[str, ...]:
        return tuple(state.region for state in self.states if state.consumes)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(state.region for state in self.states if state.consumes is None)

    def verdict(self, active: str | None) -> Verdict:
        """Two are known to be too many whatever the others do; one, none or elsewhere are only known of all regions."""
        if len(self.consuming) > 1:
            return Verdict.TWO
        if self.unknown:
            return Verdict.UNKNOWN
        if not self.consuming:
            return Verdict.NONE
        return Verdict.OK if active in (None, self.consuming[0]) else Verdict.ELSEWHERE

    def sentence(self, active: str | None) -> str:
        """What the verdict says, in words; of an unknown one, what is known and why not more."""
        match self.verdict(active):
            case Verdict.TWO:
                return f"{len(self.consuming)} regions consume {self.name}: {', '.join(self.consuming)}"
            case Verdict.NONE:
                return f"no region consumes {self.name}"
            case Verdict.ELSEWHERE:
                return f"{self.name} is consumed in {self.consuming[0]}, active is {active}"
            case Verdict.UNKNOWN:
                known = ", ".join(self.consuming) or "no region that answers"
                return f"{self.name} is consumed in {known}; not known of {', '.join(self.unknown)}"
        return f"{self.name} is consumed in {self.consuming[0]}"

    @property
    def evidence(self) -> str:
        """What was seen in each region."""
        return "; ".join(f"{state.region}: {state.detail or state.reason}" for state in self.states)


def consumptions(states: Iterable[ConsumerState]) -> tuple[Consumption, ...]:
    """One for each consumer, in the order in which they were first seen."""
    found: dict[tuple[str, str], list[ConsumerState]] = {}
    for state in states:
        found.setdefault((state.kind, state.name), []).append(state)
    return tuple(Consumption(kind, name, tuple(own)) for (kind, name), own in found.items())
