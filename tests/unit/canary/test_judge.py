"""A canary passes when it was measured for its whole hold and was not worse, for every looker alike."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.canary.judge import Outcome, judge
from dr_core.canary.port import Trial
from dr_core.observation.samples import Sample
from dr_core.topology.traffic import Canary

ACTIVE, TRIED = "eu-central-1", "eu-west-1"
BEGUN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CANARY = Canary(percent=5, hold=timedelta(minutes=5))


def probe(region, after_s, ms=50.0, ok=True):
    """One probe's sample; `ok` None: its result is unknown."""
    at = BEGUN + timedelta(seconds=after_s)
    return Sample("shop", region, "signal/http/u", at, ms if ok else None, ok)


def every(seconds, until_s, *, ms=(50.0, 50.0), bad=()):
    """Probes of both sides every so often; `bad` are the moments at which the tried side fails."""
    moments = [seconds * n for n in range(1, int(until_s // seconds) + 1)]
    return tuple(one for t in moments for one in (probe(ACTIVE, t, ms[0]), probe(TRIED, t, ms[1], ok=t not in bad)))


def judged(samples, now_s, canary=CANARY):
    trial = Trial(BEGUN, BEGUN + timedelta(seconds=now_s), tuple(samples))
    return judge(canary, ACTIVE, TRIED, BEGUN, trial)


TABLE = [
    (every(10, 299), 299, "holding", "held for 299 of 300 s", "not before its time, however good"),
    (every(10, 300), 300, "passed", "held for 300 s", "the whole hold, measured, and no worse"),
    (every(10, 300, bad={10, 100, 200}), 300, "passed", "3 of 30", "a tenth may fail, early or late"),
    (every(10, 300, bad={10, 100, 200, 290}), 300, "failed", "4 of 29", "more than a tenth may not"),
    (every(10, 90, bad={10, 20, 30}), 90, "holding", "3 of 9", "the rest of the hold may make it good"),
    (every(10, 90, bad={10, 20, 30, 80}), 90, "failed", "4 of 8", "it cannot any more: nobody waits for the end"),
    (every(10, 40, bad={10, 20, 30, 40}), 40, "holding", "4 of 4", "too few to judge by"),
    (every(10, 140, ms=(50, 900)), 140, "holding", "900 ms", "what starts cold is slow and not ill"),
    (every(10, 160, ms=(50, 290)), 160, "holding", "290 ms", "as much as distance alone may cost"),
    (every(10, 160, ms=(50, 301)), 160, "failed", "answers in 301 ms", "later than distance alone may cost"),
    (every(10, 160, ms=(400, 790)), 160, "holding", "790 ms", "a slow active side excuses as slow a target"),
    (every(10, 160, ms=(400, 810)), 160, "failed", "at most 800 ms", "twice as slow is too slow"),
    ((), 300, "holding", "0 of 0", "nobody measured: it waits for that"),
    ((), 600, "failed", "not enough", "nobody measured for as long again: that is no pass"),
    (every(100, 300), 300, "holding", "0 of 3", "measured too seldom: it goes on"),
    (every(100, 500), 501, "passed", "0 of 5", "until enough was measured"),
    ([probe(ACTIVE, t) for t in range(0, 300, 10)], 600, "failed", "not enough", "only one side was measured"),
    ([*every(10, 300), probe(TRIED, 301, ok=False)], 400, "passed", "0 of 30", "what comes after is of no canary"),
]  # fmt: skip


@pytest.mark.parametrize(("samples", "now_s", "outcome", "said", "remark"), TABLE, ids=[row[-1] for row in TABLE])
def test_what_was_measured_decides(samples, now_s, outcome, said, remark):
    seen = judged(samples, now_s)
    assert seen.outcome == outcome, remark
    assert said in seen.why


def test_an_unknown_probe_counts_for_neither_side():
    blind = [probe(region, t, ok=None) for t in range(0, 300, 10) for region in (ACTIVE, TRIED)]
    seen = judged(blind, 600)
    assert seen.outcome is Outcome.FAILED
    assert seen.evidence[TRIED] == {"probes": 0, "failed": 0, "median_ms": None}


def test_the_active_sides_own_errors_excuse_as_many_of_the_target():
    ill = [probe(region, t, ok=t % 20 == 0) for t in range(10, 310, 10) for region in (ACTIVE, TRIED)]
    assert judged(ill, 300).outcome is Outcome.PASSED


@pytest.mark.parametrize("later_s", range(60, 700, 20))
def test_a_canary_that_failed_once_has_failed_for_whoever_looks_later(later_s):
    recovered = every(10, 3000, bad={10, 20, 30, 40})
    early = judged([one for one in recovered if one.at <= BEGUN + timedelta(seconds=60)], 60)
    assert early.outcome is Outcome.FAILED
    assert judged(recovered, later_s).outcome is Outcome.FAILED


def test_the_criteria_are_the_topologys():
    strict = Canary(percent=1, hold=timedelta(minutes=1), max_error_rate=0, max_latency_ratio=1, min_samples=1)
    assert judged(every(10, 60, bad={30}), 60, strict).outcome is Outcome.FAILED
    lax = Canary(percent=1, hold=timedelta(minutes=1), max_error_rate=100, max_latency_ratio=100)
    assert judged(every(10, 60, ms=(50, 4000), bad={10, 30, 50}), 60, lax).outcome is Outcome.PASSED
