"""Which samples tell whether an application served, and what they add up to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.objectives.tally import Result, Tally
from dr_core.topology.model import Application

VERDICT = "verdict"
_SERVING = "serving"
METHOD_PROBES = "own HTTP probes of the active region"
METHOD_VERDICT = "verdicts of the active region (no HTTP health endpoint is configured)"
METHOD_PROBES_ALL = "own HTTP probes of the worst of the regions that serve"
METHOD_VERDICT_ALL = "verdicts of the worst of the regions that serve (no HTTP health endpoint is configured)"


@dataclass(frozen=True)
class Move:
    """A run that moved the application, when it had succeeded. `returning`: where every region serves, the way back."""

    at: datetime
    source: str
    target: str
    returning: bool = False


def active_at(at: datetime, moves: Sequence[Move], now_active: str) -> str:
    """Where users were sent at `at`: what the runs say, oldest first; without any run, where it is now.

    A region counts as active until the run away from it has succeeded: until then its users were not served elsewhere.
    """
    before = [move for move in moves if move.at <= at]
    if before:
        return before[-1].target
    return moves[0].source if moves else now_active


def endpoints(application: Application) -> tuple[Mapping[str, str], ...]:
    """The HTTP health endpoints by region, as the names of their stored samples, one mapping an entry of `health`."""
    return tuple(
        {region: f"signal/http/{url}" for region, url in entry.http.items()}
        for entry in application.health
        if entry.http
    )


def serves_at(region: str, at: datetime, moves: Sequence[Move]) -> bool:
    """Where every region serves: each does, from a return to it until users are shifted away. `moves` oldest first."""
    mine = [move for move in moves if region == (move.target if move.returning else move.source)]
    before = [move for move in mine if move.at <= at]
    if before:
        return before[-1].returning
    return not (mine and mine[0].returning)


def serving_key(number: int, region: str = "") -> str:
    """The series that tells whether users were served, by the endpoint entry with this number; of one region of all."""
    return f"{_SERVING}|{number}|{region}" if region else f"{_SERVING}|{number}"


def region_of(key: str) -> str:
    """The region of such a series; empty where it is that of the active one."""
    return "".join(key.split("|")[2:])


def told_by(
    number: int, samples: Mapping[str, Sequence[Result]], moves: Sequence[Move], now_active: str | None
) -> dict[str, Sequence[Result]]:
    """The series by key. `now_active` None: every region serves, each by itself, so that no other hides its outage."""
    if now_active is not None:
        return {serving_key(number): serving(samples, moves, now_active)}
    return {
        serving_key(number, region): [one for one in results if serves_at(region, one.at, moves)]
        for region, results in samples.items()
    }


def serving(samples: Mapping[str, Sequence[Result]], moves: Sequence[Move], now_active: str) -> tuple[Result, ...]:
    """Of the series by region, those results that were of the region which was active then; oldest first."""
    found = [
        result
        for region, results in samples.items()
        for result in results
        if active_at(result.at, moves, now_active) == region
    ]
    return tuple(sorted(found, key=lambda result: result.at))


def worst_serving(series: Mapping[str, Tally]) -> str | None:
    """The worst of the series that tell whether users were served; None when none of them knows anything."""
    known = {key: found.availability for key, found in series.items() if key.startswith(f"{_SERVING}|")}
    return min(
        (key for key, share in known.items() if share is not None), key=lambda key: known[key] or 0, default=None
    )
