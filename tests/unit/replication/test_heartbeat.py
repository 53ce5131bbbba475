"""Heartbeats: what a look proves, when the next beat is due, and that nothing is proven before a first crossing."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.replication.heartbeat import Beat, Crossing, Track, arrival, crossing, key_of, next_beat
from dr_core.replication.port import BucketPair
from dr_core.replication.rules import Rule

NOW = datetime(2026, 1, 5, 10, 3, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def beat(seconds_ago: float, since_ago: float | None = None) -> Beat:
    return Beat(ago(seconds_ago), ago(seconds_ago if since_ago is None else since_ago))


def track(sent: Beat | None, *, arrived: bool = False, ever: bool = True, took_s: float | None = 4.0) -> Track:
    return Track(sent, arrived, ever, took_s, None if took_s is None else ago(70))


@pytest.mark.parametrize(
    ("remark", "known", "seconds", "measured_at", "words"),
    [
        ("nothing was written yet", Track(), None, None, "about to be timed"),
        ("a worker that has just begun", track(beat(30), arrived=True, took_s=None), None, None, "about to be timed"),
        ("the first beat ever is on its way", track(beat(300), ever=False, took_s=None), None, None,
         "no heartbeat has arrived yet; the first one was written 300 s ago"),
        ("begun with a beat on its way", track(beat(20), took_s=None), None, None, "is being timed"),
        ("begun with a late beat", track(beat(90), took_s=None), 90, NOW, "has not arrived"),
        ("it has crossed", track(beat(74), arrived=True), 4, ago(70), ""),
        ("the next one is on its way, not late", track(beat(3)), 4, ago(70), ""),
        ("the next one takes longer than the last", track(beat(20)), 20, NOW, "of 10:02:40Z has not arrived"),
        ("a lost one counts from its own time on", track(beat(5, 900)), 900, NOW, "of 09:48:00Z has not arrived"),
    ],
)  # fmt: skip
def test_a_crossing_is_never_better_than_what_was_seen(
    remark: str, known: Track, seconds: float | None, measured_at: datetime | None, words: str
) -> None:
    found = crossing(known, NOW)
    assert (found.seconds, found.measured_at) == (seconds, measured_at), remark
    assert words in found.reason, remark
    assert found.reason or found.seconds is not None, remark


@pytest.mark.parametrize(
    ("remark", "known", "failed", "due"),
    [
        ("the first", Track(), False, Beat(NOW, NOW)),
        ("a minute after the last", track(beat(60), arrived=True), False, Beat(NOW, NOW)),
        ("before that not", track(beat(59), arrived=True), False, None),
        ("at once where nothing was timed", track(beat(5), arrived=True, took_s=None), False, Beat(NOW, NOW)),
        ("one at a time", track(beat(300)), False, None),
        ("another one for one that failed", track(beat(300)), True, Beat(NOW, ago(300))),
        ("another one for one that is lost", track(beat(900)), False, Beat(NOW, ago(900))),
        ("which keeps its first time", track(beat(900, 2000)), False, Beat(NOW, ago(2000))),
    ],
)
def test_the_next_beat_is_due(remark: str, known: Track, failed: bool, due: Beat | None) -> None:
    assert next_beat(known, NOW, failed=failed) == due, remark


def test_an_arrival_is_timed_until_it_was_seen() -> None:
    found = arrival(track(beat(12)), ago(12), NOW)
    assert (found.arrived, found.took_s, found.arrived_at) == (True, 12, NOW)


def test_an_older_copy_is_no_arrival_and_tells_that_one_has_arrived_before() -> None:
    found = arrival(track(beat(12), ever=False), ago(72), NOW)
    assert (found.arrived, found.ever) == (False, True)
    assert not arrival(track(beat(12), ever=False), None, NOW).ever


def test_a_copy_that_bears_a_later_time_is_not_the_beat_that_was_sent() -> None:
    """The worker before had a clock that is ahead: its old copy proves nothing of our beat."""
    found = arrival(track(beat(12)), NOW + timedelta(seconds=300), NOW)
    assert (found.arrived, found.took_s) == (False, 4)


def test_the_beat_of_another_worker_is_not_timed_by_our_clock() -> None:
    """Its clock was 30 s ahead of ours: the difference of the two is no time that the copy took."""
    found = arrival(Track(beat(-30), own=False), ago(-30), NOW)
    assert (found.arrived, found.took_s) == (True, None)
    assert crossing(found, NOW).seconds is None
    assert next_beat(found, NOW) == Beat(NOW, NOW)


def test_rules_of_one_prefix_do_not_share_a_beat() -> None:
    pair = BucketPair("web-a", "eu-north-1", "web-b", "eu-south-1")
    names = {
        key_of(pair, Rule(name, "web-b", True, "blue/", tags))
        for name, tags in (("all", ()), ("x", (("team", "x"),)), ("y", (("team", "y"),)))
    }
    assert len(names) == 3, "what crosses by one rule proves nothing of another"


def test_a_whole_life_never_shows_less_than_the_oldest_beat_that_has_not_arrived() -> None:
    """Replication stops after the first crossing: from then on the figure grows with the clock."""
    known, copy = Track(), None
    stops_at, shown = NOW + timedelta(seconds=100), []
    for second in range(0, 2400, 10):
        now = NOW + timedelta(seconds=second)
        known = arrival(known, copy, now)
        due = next_beat(known, now)
        if due is not None:
            known = Track(due, False, known.ever, known.took_s, known.arrived_at)
        if known.sent is not None and now < stops_at:
            copy = known.sent.written_at
        found = crossing(known, now)
        if copy is not None and found.seconds is not None and now > stops_at:
            missing = [b for b in (known.sent,) if b is not None and b.since > copy]
            assert all(found.seconds >= (now - b.since).total_seconds() for b in missing)
            shown.append(found.seconds)
    assert shown == sorted(shown)
    assert shown[-1] > 2200


def test_each_rule_and_direction_has_an_object_of_its_own_under_the_rules_prefix() -> None:
    pair = BucketPair("web-a", "eu-north-1", "web-b", "eu-south-1")
    assert key_of(pair, Rule("r", "web-b", True, prefix="blue/")) == "blue/.dr-heartbeat/eu-north-1-to-eu-south-1"
    assert key_of(pair, Rule("all", "web-b", True)) == ".dr-heartbeat/eu-north-1-to-eu-south-1"


def test_a_crossing_without_a_figure_says_why() -> None:
    assert crossing(Track(), NOW) == Crossing(None, None, "the heartbeat is about to be timed")
