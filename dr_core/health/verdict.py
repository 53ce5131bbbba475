"""From signals to a damped verdict per region, purely: one observer is never enough, and nothing flaps.

A region is down when two vantages were bad in every pass of the hold-down, one of them looked at itself. Leaving down
takes the same time without that, and becoming healthy again the same time without any bad signal. Unknown is reached at
once and is never healthy. What was only told (`Signal.lasts_s`) alone makes neither down nor healthy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dr_core.observation.model import RegionVerdict, Signal, SignalState, Vantage, Verdict

FRESH_FOR = timedelta(seconds=60)
# What looks at a region from elsewhere: hearing from one of them, whatever it says, means not being cut off.
_OUTSIDE = (Vantage.ROUTE53, Vantage.AWS_HEALTH)


@dataclass(frozen=True)
class Evidence:
    """What the fresh signals of one pass say, before damping. `good`: what was looked at and answered."""

    verdict: Verdict
    bad: tuple[Vantage, ...]
    good: tuple[Vantage, ...]
    signals: tuple[Signal, ...]
    stale: int


def isolated(signals: Sequence[Signal], *, outside_answers: bool) -> bool:
    """True when the observer may be what is broken: it looked at several regions and nothing at all answered.

    `outside_answers`: something outside the regions (Route 53, a resolver) answered in the same pass.
    """
    # What was told before this pass proves nothing of what is heard now.
    now = [signal for signal in signals if signal.lasts_s is None]
    own = [signal for signal in now if signal.vantage not in _OUTSIDE]
    heard = any(signal.state is SignalState.OK for signal in now) or any(
        signal.vantage in _OUTSIDE and signal.state is not SignalState.UNKNOWN for signal in now
    )
    several = len({signal.region for signal in own}) > 1
    return several and not heard and not outside_answers and any(s.state is SignalState.BAD for s in own)


def weigh(region: str, signals: Sequence[Signal], now: datetime, fresh_for: timedelta = FRESH_FOR) -> Evidence:
    """Sort the fresh signals of `region` by vantage: one bad signal makes its vantage bad."""
    mine = [signal for signal in signals if signal.region == region]
    fresh = tuple(signal for signal in mine if now - signal.observed_at <= _lasts(signal, fresh_for))
    bad = tuple(v for v in Vantage if any(s.vantage is v and s.state is SignalState.BAD for s in fresh))
    looked = tuple(signal for signal in fresh if signal.lasts_s is None)
    good = tuple(
        v for v in Vantage if v not in bad and any(s.vantage is v and s.state is SignalState.OK for s in looked)
    )
    if len(bad) >= 2 and any(signal.state is SignalState.BAD for signal in looked):
        verdict = Verdict.DOWN
    elif bad:
        verdict = Verdict.DEGRADED
    else:
        verdict = Verdict.HEALTHY if good else Verdict.UNKNOWN
    return Evidence(verdict, bad, good, fresh, len(mine) - len(fresh))


def _lasts(signal: Signal, fresh_for: timedelta) -> timedelta:
    return fresh_for if signal.lasts_s is None else timedelta(seconds=signal.lasts_s)


def decide(
    region: str,
    signals: Sequence[Signal],
    previous: RegionVerdict | None,
    now: datetime,
    hold_down: timedelta,
    *,
    fresh_for: timedelta = FRESH_FOR,
    observer_alone: bool = False,
    run: str | None = None,
) -> RegionVerdict:
    """The verdict of `region`. Signals and a previous verdict that are older than `fresh_for` count for nothing.

    `observer_alone` (see `isolated`): what is bad from here proves nothing, so it is unknown. `run` (see `by_run`): it
    explains what is bad, which then makes nothing down that did not look so before.
    """
    evidence = weigh(region, signals, now, fresh_for)
    last = previous if previous is not None and now - previous.observed_at <= fresh_for else None
    if run is not None and evidence.bad and (last is None or last.bad_since is None):
        headline = f"degraded: {run} stops or starts work here, and nothing else is bad ({', '.join(evidence.bad)})"
        return _verdict(region, Verdict.DEGRADED, headline, evidence, last, now, run=run)
    if evidence.verdict is Verdict.DOWN and observer_alone:
        headline = "unknown: nothing answers here in any region, so it may be this observer that is cut off"
        return _verdict(region, Verdict.UNKNOWN, headline, evidence, last, now, bad_since=_kept(last))
    if evidence.verdict is Verdict.DOWN:
        return _bad(region, evidence, last, now, hold_down)
    if evidence.verdict is Verdict.UNKNOWN:
        return _unknown(region, evidence, last, now)
    if last is not None and _kept(last) is not None:
        return _leaving_down(region, evidence, last, now, hold_down)
    return _up(region, evidence, last, now, hold_down)


def _kept(last: RegionVerdict | None) -> datetime | None:
    """Since when a region that is down, or was when it was last seen, has been bad."""
    return last.bad_since if last is not None and last.verdict in (Verdict.DOWN, Verdict.UNKNOWN) else None


def _bad(
    region: str, evidence: Evidence, last: RegionVerdict | None, now: datetime, hold_down: timedelta
) -> RegionVerdict:
    since = (last.bad_since if last else None) or now
    left = hold_down - (now - since)
    seen_by = f"{len(evidence.bad)} independent vantages ({', '.join(evidence.bad)}) bad since {clock_text(since)}"
    if _kept(last) is not None or left <= timedelta(0):
        headline = f"down: {seen_by}, {span_text(now - since)}"
        return _verdict(region, Verdict.DOWN, headline, evidence, last, now, bad_since=since)
    headline = f"degraded: {seen_by}; down in {span_text(left)} if this goes on"
    return _verdict(region, Verdict.DEGRADED, headline, evidence, last, now, bad_since=since)


def _unknown(region: str, evidence: Evidence, last: RegionVerdict | None, now: datetime) -> RegionVerdict:
    kept = _kept(last)
    what = f"{evidence.stale} signals are too old to count" if evidence.stale else "nothing could be measured"
    headline = f"unknown: {what}"
    if not evidence.signals and not evidence.stale:
        headline = "unknown: nothing is configured that could be asked"
    if kept is not None:
        headline += f"; it was down, bad since {clock_text(kept)}, when it was last seen"
    return _verdict(region, Verdict.UNKNOWN, headline, evidence, last, now, bad_since=kept)


def _leaving_down(
    region: str, evidence: Evidence, last: RegionVerdict, now: datetime, hold_down: timedelta
) -> RegionVerdict:
    """Down until it has not looked so for the hold-down; a vantage gone silent beside a bad one is no sign of life."""
    bad_since = _kept(last)
    if not evidence.good:
        headline = f"down: {', '.join(evidence.bad)} still bad, and nothing answers"
        return _verdict(region, Verdict.DOWN, headline, evidence, last, now, bad_since=bad_since)
    calm_since = last.calm_since or now
    left = hold_down - (now - calm_since)
    if left <= timedelta(0):
        return _up(region, evidence, last, now, hold_down)
    left_text = f"no longer down in {span_text(left)} if this goes on"
    headline = f"down: answers again since {clock_text(calm_since)}; {left_text}"
    good_since = (last.good_since or now) if not evidence.bad else None
    return _verdict(
        region,
        Verdict.DOWN,
        headline,
        evidence,
        last,
        now,
        bad_since=bad_since,
        calm_since=calm_since,
        good_since=good_since,
    )


def _up(
    region: str, evidence: Evidence, last: RegionVerdict | None, now: datetime, hold_down: timedelta
) -> RegionVerdict:
    if evidence.bad:
        headline = f"degraded: {evidence.bad[0]} alone is bad; down needs a second, independent vantage"
        if len(evidence.bad) > 1:
            headline = f"degraded: {' and '.join(evidence.bad)} were told bad; down needs one that is looked at"
        return _verdict(region, Verdict.DEGRADED, headline, evidence, last, now)
    good_since = (last.good_since if last else None) or now
    left = hold_down - (now - good_since)
    if last is not None and last.verdict in (Verdict.DOWN, Verdict.DEGRADED) and left > timedelta(0):
        headline = f"degraded: all good since {clock_text(good_since)}; healthy in {span_text(left)} if this goes on"
        return _verdict(region, Verdict.DEGRADED, headline, evidence, last, now, good_since=good_since)
    headline = f"healthy: {', '.join(evidence.good)} good"
    return _verdict(region, Verdict.HEALTHY, headline, evidence, last, now, good_since=good_since)


def _verdict(
    region: str,
    verdict: Verdict,
    headline: str,
    evidence: Evidence,
    last: RegionVerdict | None,
    now: datetime,
    *,
    bad_since: datetime | None = None,
    calm_since: datetime | None = None,
    good_since: datetime | None = None,
    run: str | None = None,
) -> RegionVerdict:
    return RegionVerdict(
        region=region,
        verdict=verdict,
        reasons=(headline, *_reasons(evidence, now)),
        since=last.since if last is not None and last.verdict is verdict else now,
        bad_since=bad_since,
        calm_since=calm_since,
        good_since=good_since,
        run=run,
        observed_at=now,
    )


def _reasons(evidence: Evidence, now: datetime) -> tuple[str, ...]:
    """Every signal with its value and age: what is bad first, then what is unknown, then what is good."""
    order = (SignalState.BAD, SignalState.UNKNOWN, SignalState.OK)
    return tuple(
        f"{signal.state}: {signal.component} {signal.name}: {signal.detail}"
        f" ({signal.vantage}, {clock_text(signal.observed_at)}, {span_text(now - signal.observed_at)} old)"
        for state in order
        for signal in evidence.signals
        if signal.state is state
    )


def clock_text(moment: datetime) -> str:
    """`10:03:00Z`."""
    return f"{moment:%H:%M:%S}Z"


def span_text(span: timedelta) -> str:
    """`40 s`, with a tenth below ten seconds where there is one."""
    seconds = max(0.0, span.total_seconds())
    return f"{round(seconds, 1):g} s" if seconds < 10 else f"{seconds:.0f} s"
