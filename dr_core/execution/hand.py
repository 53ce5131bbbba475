"""What a worker remembers of a run that it has the lease of; all of it may be lost at any moment."""

from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from dr_core.execution.away import Sight
from dr_core.execution.lease import RunLease
from dr_core.execution.look import Look
from dr_core.plan.step import Plan


@dataclass
class Pursuit:
    """One attempt at a step. `barred`: what keeps a late one from acting, and since when that alone does."""

    attempt: int = 0
    future: Future[Look] | None = None
    acting: bool = False
    next_at: float = 0.0
    faults: int = 0
    since: float = 0.0
    acted_at: float | None = None
    maybe_done: bool = True
    looked: bool = False
    absent_since: float | None = None
    note: str = ""
    barred: Sight | None = None
    barred_since: float = 0.0


@dataclass
class Hand:
    """One owned run."""

    lease: RunLease
    proven: tuple[int, Plan] | None = None
    waits_for: str = ""
    stood: bool = False
    gated_at: float | None = None
    passes: int = 0
    gate_since: float | None = None
    next_gate: float = 0.0
    pursuits: dict[str, Pursuit] = field(default_factory=dict)

    def pursuit(self, name: str, attempt: int) -> Pursuit:
        """That of this attempt; a person who sent the run on began a new one."""
        found = self.pursuits.get(name)
        if found is None or (found.attempt != attempt and found.future is None):
            found = self.pursuits[name] = Pursuit(attempt)
        elif found.attempt != attempt:  # the look of the attempt before is still out; its time does not count
            found.attempt, found.since, found.looked, found.acted_at = attempt, 0.0, False, None
        return found

    def shut(self) -> None:
        """Nothing may start: what was asked at the gates does not count later."""
        self.stood, self.gated_at, self.gate_since = True, None, None

    def opened(self, now: float) -> None:
        """Something may start again: the time that the run stood still is no step's time."""
        if not self.stood:
            return
        self.stood = False
        for pursuit in self.pursuits.values():
            pursuit.since, pursuit.looked = now, False

    def quiet(self, within_s: float) -> bool:
        """Whether nothing that may act is under way any more, after `within_s` at the latest; what waits is dropped."""
        looks = [one.future for one in self.pursuits.values() if one.acting and one.future is not None]
        running = [look for look in looks if not look.cancel()]
        return not wait(running, timeout=within_s).not_done
