"""Whether every store that gates has kept to its objective for the whole hold, by its samples. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.catch_up.port import FRESH_S, StoreTrack, Track
from dr_core.observation.samples import Sample


@dataclass(frozen=True)
class Judgement:
    """`left_s`: how much longer it has to hold, None while a store does not hold at all."""

    caught_up: bool
    why: str
    left_s: float | None = None
    evidence: dict[str, JsonValue] = field(default_factory=dict)


def reach_back(hold: timedelta) -> timedelta:
    """How far back samples are wanted: a hold may begin with one that is as old as a fresh one may be."""
    return hold + timedelta(seconds=2 * FRESH_S)


def judge(track: Track, hold: timedelta) -> Judgement:
    """The hold of the application is that of the store which holds for the shortest time: from its first good sample
    to its newest, since nothing was measured after that.

    What was measured before anybody asked counts: a region that was in step all the time is waited for no longer.
    """
    if not track.stores:
        return Judgement(False, "no store that gates is measured towards it")
    wanted_s = hold.total_seconds()
    held = [_held_s(store, track) for store in track.stores]
    told = [_told(store, track.now, seconds, wanted_s) for store, seconds in zip(track.stores, held, strict=True)]
    evidence: dict[str, JsonValue] = {"hold_s": wanted_s, "stores": [*told]}
    why = "; ".join(told)
    known = [seconds for seconds in held if seconds is not None]
    if len(known) < len(held):
        return Judgement(False, why, None, evidence)
    left_s = max(0.0, wanted_s - min(known))
    return Judgement(left_s == 0, why, left_s, evidence)


def _held_s(store: StoreTrack, track: Track) -> float | None:
    """For how long it was measured to keep to its objective without a gap; None while it does not."""
    now, newest = track.now, store.samples[-1] if store.samples else None
    if newest is None or newest.ok is not True or (now - newest.at).total_seconds() > track.fresh_s:
        return None
    since = newest.at
    for sample in reversed(store.samples[:-1]):
        if sample.ok is not True or (since - sample.at).total_seconds() > track.fresh_s:
            break
        since = sample.at
    return (newest.at - since).total_seconds()


def _told(store: StoreTrack, now: datetime, held_s: float | None, wanted_s: float) -> str:
    """`shop: 0.4 s, threshold 60 s, measured 12 s ago, held for 95 of 120 s`."""
    if not store.samples:
        return f"{store.name}: not measured"
    newest = store.samples[-1]
    age_s = max(0.0, (now - newest.at).total_seconds())
    measured = f"threshold {store.threshold_s:g} s, measured {age_s:.0f} s ago"
    if held_s is not None:
        return f"{store.name}: {_value(newest)}, {measured}, held for {min(held_s, wanted_s):.0f} of {wanted_s:g} s"
    stale = "stale" if newest.ok is True else "over it" if newest.ok is False else "not known"
    return f"{store.name}: {_value(newest)}, {measured}: {stale}"


def _value(sample: Sample) -> str:
    if sample.value is not None:
        return f"{sample.value:g} s"
    return "unknown" if sample.ok is None else "in step" if sample.ok else "not in step"
