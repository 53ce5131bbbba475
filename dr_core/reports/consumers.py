"""Which regions consume, as lines of reports: every consumer with what was seen in each region, and how old that is."""

from collections.abc import Iterator
from datetime import datetime

from dr_core.consumers.consumption import Consumption, Verdict, consumptions
from dr_core.observation.age import age_s
from dr_core.observation.model import ConsumerState
from dr_core.plan.step import Severity
from dr_core.reports.consumer_line import ConsumerLine, ConsumerRegion
from dr_core.reports.model import FindingView
from dr_core.standing.model import Standing

_CODES = {Verdict.TWO: "two-consume", Verdict.NONE: "none-consumes", Verdict.ELSEWHERE: "consumed-elsewhere"}
_WAYS_OUT = {
    Verdict.TWO: "Stop the wrong one now.",
    Verdict.NONE: "Start it in the active region; a run may be under way: look at `/dr runs`.",
    Verdict.ELSEWHERE: "A run may be under way; else move it to the active region.",
}


def consumer_lines(standing: Standing, now: datetime) -> tuple[ConsumerLine, ...]:
    """None where the application has none, or was never observed. What is too old says nothing: it is unknown."""
    return tuple(_line(one, standing, now) for one in _seen(standing))


def consuming_findings(standing: Standing) -> Iterator[FindingView]:
    """Two regions that consume, none, or the wrong one: told where it is known of every region that matters."""
    for one in _seen(standing):
        verdict = one.verdict(standing.active)
        if verdict in _CODES:
            worst = verdict in (Verdict.TWO, Verdict.NONE)
            yield FindingView(
                code=_CODES[verdict],
                severity=(Severity.BLOCKING if worst else Severity.WARNING).value,
                message=one.sentence(standing.active),
                evidence=one.evidence,
                way_out=_WAYS_OUT[verdict],
            )


def _seen(standing: Standing) -> tuple[Consumption, ...]:
    return consumptions(standing.observation.consumers) if standing.observation is not None else ()


def _line(one: Consumption, standing: Standing, now: datetime) -> ConsumerLine:
    verdict = one.verdict(standing.active) if standing.fresh else Verdict.UNKNOWN
    return ConsumerLine(
        kind=one.kind,
        name=one.name,
        consuming=one.consuming if standing.fresh and not one.unknown else None,
        verdict=verdict.value,
        reason=one.sentence(standing.active) if standing.fresh else "the last observation is too old",
        regions={state.region: _region(state, now) for state in one.states},
    )


def _region(state: ConsumerState, now: datetime) -> ConsumerRegion:
    return ConsumerRegion(
        flow=state.flow,
        detail=state.detail or state.reason,
        observed_at=state.observed_at,
        age_seconds=age_s(state.observed_at, now),
    )
