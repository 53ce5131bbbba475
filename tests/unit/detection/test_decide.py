"""When detection proposes: once for each episode, never against a finding, and a region that flaps ends no episode."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.detection.decide import Facts, Hold, Join, Nothing, Propose, decide
from dr_core.detection.episode import Episode, next_episode
from dr_core.observation.model import RegionVerdict, Verdict
from dr_core.plan.step import Finding, Severity
from dr_core.plan.target import TargetLine

T = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CENTRAL, WEST = "eu-central-1", "eu-west-1"
QUIET = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return T + timedelta(minutes=minutes)


def verdict(value: Verdict, since: datetime = T) -> RegionVerdict:
    bad = since - timedelta(seconds=30) if value is Verdict.DOWN else None
    return RegionVerdict(
        region=CENTRAL, verdict=value, reasons=("as seen",), since=since, bad_since=bad, observed_at=since
    )


def episode(**how: Any) -> Episode:
    return Episode(application="shop", region=CENTRAL, since=T, **how)


OVER = episode(well_since=at(10), request="r-1", incident="i-1")


@pytest.mark.parametrize(
    ("before", "now", "value", "serves", "after", "remark"),
    [
        (None, at(1), Verdict.HEALTHY, True, None, "nothing ever happened"),
        (None, at(1), Verdict.DEGRADED, True, None, "one signal alone is no outage"),
        (None, at(1), Verdict.UNKNOWN, True, None, "unknown begins nothing"),
        (None, at(1), Verdict.DOWN, False, None, "a standby that is down serves nobody"),
        (episode(request="r-1"), at(1), Verdict.DOWN, True, episode(request="r-1"), "it goes on"),
        (episode(request="r-1"), at(1), Verdict.UNKNOWN, True, episode(request="r-1"), "unknown ends nothing"),
        (episode(), at(1), Verdict.DEGRADED, True, episode(well_since=at(1)), "no longer down"),
        (episode(well_since=at(1)), at(9), Verdict.HEALTHY, True, episode(well_since=at(1)), "well since then"),
        (OVER, at(39.9), Verdict.DOWN, True, OVER.model_copy(update={"well_since": None}), "it flaps: the same one"),
        (OVER, at(39.9), Verdict.DOWN, False, OVER.model_copy(update={"well_since": None}), "also where it is left"),
    ],
)
def test_an_episode_lasts_until_the_region_was_well_for_the_cooldown(
    before: Episode | None, now: datetime, value: Verdict, serves: bool, after: Episode | None, remark: str
) -> None:
    assert next_episode(before, "shop", verdict(value), now, QUIET, serves=serves) == after, remark


def test_after_that_a_new_one_begins_with_the_first_bad_pass() -> None:
    down = verdict(Verdict.DOWN, at(40))
    new = next_episode(OVER, "shop", down, at(40), QUIET, serves=True)
    assert new == Episode(application="shop", region=CENTRAL, since=down.bad_since)
    assert new.id != OVER.id
    assert next_episode(OVER, "shop", down, at(40), QUIET, serves=False) == OVER
    assert next_episode(None, "shop", None, at(40), QUIET, serves=True) is None


def test_a_region_that_flaps_for_hours_is_one_episode() -> None:
    known = next_episode(None, "shop", verdict(Verdict.DOWN), T, QUIET, serves=True)
    first = known
    for minute in range(1, 240):
        value = Verdict.DOWN if minute % 25 == 0 else Verdict.HEALTHY
        known = next_episode(known, "shop", verdict(value, at(minute)), at(minute), QUIET, serves=True)
    assert known is not None
    assert first is not None
    assert known.id == first.id


BEST = TargetLine(region=WEST, exposure_seconds=0.4, reason="healthy, exposure 0.4 s; the only standby")
NOBODY = TargetLine(region=None, exposure_seconds=None, reason=f"no standby can be proposed: {WEST} is down")
SHORT = Finding(code="quota-short", severity=Severity.BLOCKING, message="The quota is too small.")
ALONE = "failover eu-west-1 shop --forced --reason TEXT"


def facts(**how: Any) -> Facts:
    return Facts(**({"episode": episode(), "target": BEST, "others": (WEST,)} | how))


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        (facts(), Propose, "eu-central-1 is bad since 09:00:00Z. Proposed is eu-west-1: healthy, exposure 0.4 s"),
        (facts(episode=episode(well_since=at(1))), Nothing, "no longer down"),
        (facts(episode=episode(request="r-1")), Nothing, "r-1 was proposed"),
        (facts(episode=episode(request="r-1"), spent=True), Propose, "Proposed is eu-west-1"),
        (facts(episode=episode(request="r-1"), spent=True, waiting="r-2"), Join, "r-2"),
        (facts(unread="Nothing was read from Slack."), Hold, "roster-unknown"),
        (facts(occupied_by="run-1", blocking=(SHORT,)), Nothing, "run-1 is under way"),
        (facts(waiting="r-2", cooldown_until=at(9)), Join, "r-2"),
        (facts(blocking=(SHORT,)), Hold, "The quota is too small"),
        (facts(blocking=(SHORT, SHORT)), Hold, "eu-west-1 shop --forced --override quota-short --reason TEXT"),
        (facts(refusal="No."), Hold, ALONE),
        (facts(cooldown_until=at(9)), Hold, "proposals pause until 09:09:00Z"),
        (facts(braked_by="Ada"), Hold, "put on by Ada"),
        (facts(switched_off="run-1"), Hold, "command='rollback run-1 --reason TEXT'"),
        (facts(target=NOBODY), Hold, "failover eu-west-1 shop --forced"),
        (facts(target=NOBODY, others=(WEST, "eu-north-1")), Hold, "failover REGION shop --forced"),
    ],
)
def test_what_detection_does(given: Facts, kind: type, words: str) -> None:
    decision = decide(given)
    assert isinstance(decision, kind)
    assert words in str(decision)
