"""Whether detection proposes a failover now, and if not, what people are told instead. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dr_core.detection.episode import Episode
from dr_core.health.verdict import clock_text
from dr_core.plan.step import Finding
from dr_core.plan.target import TargetLine


@dataclass(frozen=True)
class Facts:
    """About an application of which a serving region is down.

    `spent`: what a person asked for in the episode, instead of its proposal, came to nothing. `unread`: why nobody
    could approve a proposal now.
    `target`: the standby with the least exposure, as the status shows it. `others`: the regions that people may name.
    `blocking`: what preflight has against the plan; `refusal`: why there is no plan at all. `occupied_by`: an
    unfinished run; `waiting`: a forced request to leave the region, by whomever; `switched_off`: the ended run by which
    alone the region is down.
    """

    episode: Episode
    target: TargetLine
    others: tuple[str, ...]
    spent: bool = False
    unread: str = ""
    blocking: tuple[Finding, ...] = ()
    refusal: str = ""
    cooldown_until: datetime | None = None
    braked_by: str | None = None
    occupied_by: str | None = None
    waiting: str | None = None
    switched_off: str | None = None


@dataclass(frozen=True)
class Nothing:
    """`why` says which rule it was."""

    why: str


@dataclass(frozen=True)
class Join:
    """Somebody asked already: the incident is opened with that request."""

    request: str


@dataclass(frozen=True)
class Propose:
    target: str
    reason: str


@dataclass(frozen=True)
class Hold:
    """Nothing is proposed: (code, sentence) of each reason, and the command with which a person may ask."""

    reasons: tuple[tuple[str, str], ...]
    command: str

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, _ in self.reasons)


Decision = Nothing | Join | Propose | Hold


def decide(facts: Facts) -> Decision:
    """Once an episode, unless a person's request took that place and came to nothing; while a run is under way nobody
    is asked; overrides are chosen by people only."""
    episode = facts.episode
    if episode.well_since is not None:
        return Nothing(f"{episode.region} is no longer down")
    if episode.request is not None and not facts.spent:
        return Nothing(f"{episode.request} was proposed for it")
    if facts.occupied_by is not None:
        return Nothing(f"run {facts.occupied_by} is under way")
    if facts.waiting is not None:
        return Join(facts.waiting)
    reasons = tuple(_against(facts))
    target = facts.target.region
    if reasons or target is None:
        return Hold(reasons, _command(facts))
    return Propose(
        target,
        f"{episode.region} is bad since {clock_text(episode.since)}. Proposed is {target}: {facts.target.reason}.",
    )


def _against(facts: Facts) -> list[tuple[str, str]]:
    found = []
    if facts.switched_off is not None:
        run = facts.switched_off
        why = f"{run} was ended after it had switched {facts.episode.region} off, where nothing else is bad; "
        found.append(("switched-off", f"{why}`rollback {run}` switches it on again and loses nothing"))
    if facts.braked_by is not None:
        found.append(("brake-on", f"the brake is on, put on by {facts.braked_by}"))
    if facts.unread:
        found.append(("roster-unknown", facts.unread.rstrip(".")))
    if facts.cooldown_until is not None:
        until = f"{facts.cooldown_until:%H:%M:%S}Z"
        found.append(("cooldown", f"{facts.episode.application} was moved lately: proposals pause until {until}"))
    if facts.target.region is None:
        found.append(("no-target", facts.target.reason))
    if facts.refusal:
        found.append(("refused", facts.refusal.rstrip(".")))
    return found + [(finding.code, finding.message.rstrip(".")) for finding in facts.blocking]


def _command(facts: Facts) -> str:
    """What a person types who goes on all the same; the overrides are theirs to choose."""
    if facts.switched_off is not None:
        return f"rollback {facts.switched_off} --reason TEXT"
    target = facts.target.region or (facts.others[0] if len(facts.others) == 1 else "REGION")
    overrides = "".join(f" --override {code}" for code in dict.fromkeys(one.code for one in facts.blocking))
    return f"failover {target} {facts.episode.application} --forced{overrides} --reason TEXT"
