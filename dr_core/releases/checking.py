"""The gates of a release: its colour answers well in every region, and nothing that is read there speaks against it."""

from collections.abc import Sequence

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.aws.sending import guarded
from dr_core.errors import ConflictError
from dr_core.observation.model import SignalState
from dr_core.releases import gates
from dr_core.releases.bench import Bench
from dr_core.releases.gates import Objection, objections
from dr_core.releases.lease import ReleaseLease
from dr_core.releases.model import Reading, Release, ReleaseState, Spot
from dr_core.releases.reading import Scope, pointer_of, read


def check(bench: Bench, hand: ReleaseLease, release: Release) -> None:
    """Good answers in a row first; then, right before anything moves, everything else.

    A new owner asks anew: nobody says that a colour is well by what it answered before an outage.
    """
    entry, colours = bench.application(release)
    why = bench.why_not(release)
    if why is not None:
        _refuse(bench, release, [Objection("", f"It stands back: {why}.")])
    elif gates.UNHEALTHY not in release.overrides and hand.good < colours.probes:
        _probe(bench, hand, release)
    else:
        # What serves now is only listed, for the way back.
        regions = [region for region in entry.regions if region not in release.without]
        others = [colour for colour in colours.colours if colour != release.colour]
        scope = Scope(release.parameter, [release.colour], others, regions)
        with guarded(hand.keep):  # a listing may take longer than the lease
            seen = read(bench.ports(release), bench.services.clock, release.application, entry, scope, hand.keep)
        found = objections(release, entry, seen)
        _refuse(bench, release, found) if found else _begin(bench, release, seen)


def _probe(bench: Bench, hand: ReleaseLease, release: Release) -> None:
    _, colours = bench.application(release)
    bad = [signal for signal in bench.answers(release) if signal.state is not SignalState.OK]
    if bad:
        told = "; ".join(f"{signal.region}: {signal.detail}" for signal in bad)
        where = " and ".join(signal.region for signal in bad)
        message = f"{release.colour} is not healthy in {where} ({told})."
        pointers = bench.ports(release).reading
        gone = [one for one in bad if pointer_of(pointers, release.parameter, one.region).silent]
        ways = " ".join(gates.WITHOUT.format(region=signal.region) for signal in gone)
        _refuse(bench, release, [Objection(gates.UNHEALTHY, message, ways)])
        return
    hand.good += 1
    if hand.good < colours.probes:
        hand.rest(colours.every.total_seconds())


def _refuse(bench: Bench, release: Release, found: Sequence[Objection]) -> None:
    reason = " ".join(f"{one.message} {one.way_out}".strip() for one in found)
    data: dict[str, JsonValue] = {"reason": reason, "codes": [one.code for one in found]}
    refused = release.model_copy(update={"state": ReleaseState.REFUSED, "reason": reason})
    bench.keep(refused, (EventKind.RELEASE_REFUSED, data, "refused"))


def _begin(bench: Bench, release: Release, seen: Reading) -> None:
    """Nothing is written before what was found stands in the store, for every region at once."""
    spots = tuple(
        Spot(region=one.region, found=one.pointer, left_behind=_served(seen, one.pointer.value, one.region))
        for one in seen.pointers
        if one.pointer is not None and one.region not in release.without
    )
    update = {"state": ReleaseState.MOVING, "spots": spots, "began_at": bench.now()}
    changed = release.model_copy(update={**update, "came_from": came_from(spots, release.colour)})
    regions: dict[str, JsonValue] = {spot.region: spot.found.model_dump(mode="json") for spot in spots}
    data: dict[str, JsonValue] = {"parameter": release.parameter, "regions": regions}
    try:
        bench.begin(changed, (EventKind.RELEASE_INTENT, data, "intent"))
    except ConflictError as other:
        _refuse(bench, release, [Objection("", other.message)])


def _served(seen: Reading, colour: str, region: str) -> str:
    """The fingerprint of what serves until now, empty where it is not known."""
    artifact = seen.artifact(colour)
    side = artifact.side(region) if artifact is not None else None
    return side.fingerprint if side is not None else ""


def came_from(spots: Sequence[Spot], colour: str) -> str | None:
    """What served before: of several, what most of the regions said that will change. Pure."""
    found = [spot.found.value for spot in spots if spot.found.value != colour]
    return max(found, key=found.count) if found else None
