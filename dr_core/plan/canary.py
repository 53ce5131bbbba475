"""Whether a share of the users can be sent ahead of the rest, and by what. Pure."""

from dataclasses import dataclass

from dr_core.plan.move import Move
from dr_core.plan.traffic_switch import traffic_switch
from dr_core.topology.traffic import Canary, Route53Records

Urls = dict[str, tuple[str, ...]]

LEAVE_OUT = "no-canary"
_OVERRIDES = frozenset({LEAVE_OUT, "canary-not-weighted"})
"""Whoever overrides one of these moves everybody at once: a canary that cannot be held would fail its run."""


@dataclass(frozen=True)
class CanaryPlan:
    """`probes`: the health URLs of source and target, by which it is judged."""

    canary: Canary
    records: tuple[Route53Records, ...]
    probes: Urls


def canary_plan(move: Move) -> CanaryPlan | str:
    """The canary of a planned move; why there is none, empty where nobody asked for one."""
    canary = move.app.canary
    if canary is None or move.forced or move.app.active_active:
        return ""
    if _OVERRIDES.intersection(move.overrides):
        return "an override leaves it out"
    records = traffic_switch(move).switched
    if not records:
        return "records are not what switches it, and nothing else can send a share"
    without = [entry.name for entry in records if move.source not in entry.set_identifiers]
    if without:
        return f"{', '.join(without)} has no record for {move.source}"
    probes = {region: _urls(move, region) for region in (move.source, move.target)}
    blind = [region for region, urls in probes.items() if not urls]
    if blind:
        return f"there is no health URL of {' and '.join(blind)} to judge it by"
    return CanaryPlan(canary, records, probes)


def _urls(move: Move, region: str) -> tuple[str, ...]:
    return tuple(check.http[region] for check in move.app.health if check.http and region in check.http)
