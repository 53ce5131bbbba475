"""After a release: its colour is watched for a while, and an ill one is told. Only a person takes a release back."""

from datetime import datetime

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.observation.model import SignalState
from dr_core.releases.bench import Bench
from dr_core.releases.lease import ReleaseLease, Watched
from dr_core.releases.model import Release, ReleaseState


def watch(bench: Bench, hand: ReleaseLease, release: Release) -> None:
    """A new owner begins anew: nobody says that a colour was well while nobody looked.

    As many bad answers of a region as `probes` are told, in a row or not; what is told as well gave fewer.
    """
    _, colours = bench.application(release)
    seen, signals, now = hand.watched, bench.answers(release), bench.now()
    seen.first = seen.first or now
    seen.rounds += 1
    for signal in signals:
        good = signal.state is SignalState.OK
        seen.in_a_row[signal.region] = 0 if good else seen.in_a_row.get(signal.region, 0) + 1
        seen.bad[signal.region] = seen.bad.get(signal.region, 0) + (not good)
    ill = [signal for signal in signals if seen.bad[signal.region] >= colours.probes]
    measured = _measured(seen, now)
    if ill:
        told = "; ".join(f"{one.region}: {seen.bad[one.region]} bad, the last: {one.detail}" for one in ill)
        reason = f"{release.colour} was asked {seen.rounds} times in {measured['held_s']} s ({told})"
        unhealthy = release.model_copy(update={"state": ReleaseState.UNHEALTHY, "reason": reason})
        bench.keep(unhealthy, (EventKind.RELEASE_UNHEALTHY, {"reason": reason, **measured}, "unhealthy"))
    elif now - seen.first >= colours.hold and seen.rounds >= colours.probes and not any(seen.in_a_row.values()):
        done = release.model_copy(update={"state": ReleaseState.DONE})
        bench.keep(done, (EventKind.RELEASE_HEALTHY, measured, "healthy"))
    else:
        hand.rest(colours.every.total_seconds())


def _measured(seen: Watched, now: datetime) -> dict[str, JsonValue]:
    """Seconds from the first to the last probe, how often each region was asked, and its bad answers."""
    held_s = round((now - (seen.first or now)).total_seconds())
    return {"held_s": held_s, "asked": seen.rounds, "bad": {region: bad for region, bad in seen.bad.items() if bad}}
