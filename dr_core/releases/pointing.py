"""The pointers of a release: all of them to its colour, or every one back to what was found there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.aws.faults import outcome_unknown
from dr_core.aws.sending import acting_for, guarded
from dr_core.errors import DrError, LeaseLostError, RefusedError, UnreachableError
from dr_core.failpoints import Point, When, reached
from dr_core.releases import records
from dr_core.releases.bench import Bench
from dr_core.releases.deciding import Turn, backward, forward
from dr_core.releases.lease import ReleaseLease
from dr_core.releases.model import Release, ReleaseState, Spot

PATIENCE = timedelta(seconds=60)
"""How long regions may serve different colours while one does not take its pointer; then all go back."""
_AGAIN_S = 2.0
_STUCK_AGAIN_S = 10.0
TOLD_EVERY = timedelta(minutes=15)
"""People are told of a region that cannot be put back so often at most, and of each kind of trouble once."""


class StandBackError(RefusedError):
    """The brake is on, or a run has begun; the call was not sent."""


def move(bench: Bench, hand: ReleaseLease, release: Release) -> None:
    """What is left to be moved, once; when nothing is, the colour is watched."""
    if all(spot.settled_at is not None for spot in release.spots):
        update = {"state": ReleaseState.WATCHING, "moved_at": bench.now()}
        data: dict[str, JsonValue] = {"regions": [spot.region for spot in release.spots]}
        bench.keep(release.model_copy(update=update), (EventKind.RELEASE_MOVED, data, "moved"))
        return
    for spot in release.spots:
        if spot.settled_at is not None or release.state is not ReleaseState.MOVING:
            continue
        try:
            turn = _bring(bench, hand, release, spot, back=False)
        except DrError as error:
            passing = _passing(error)
            late = release.began_at is not None and bench.now() - release.began_at > PATIENCE
            if late or not passing:
                _turn_back(bench, release, f"{spot.region}: {error.message}")
                return
            hand.rest(_AGAIN_S)
            continue
        if turn is Turn.FOREIGN:
            _turn_back(bench, release, f"{spot.region}: somebody else moved the pointer meanwhile")
            return
        release = _settle(bench, release, spot, "moved")


def undo(bench: Bench, hand: ReleaseLease, release: Release) -> None:
    """Without end where a region does not answer: that is told, and a later release may leave the region out."""
    if all(spot.settled_at is not None for spot in release.spots):
        data: dict[str, JsonValue] = {"reason": release.reason, "left": records.left(release)}
        undone = release.model_copy(update={"state": ReleaseState.UNDONE})
        bench.keep(undone, (EventKind.RELEASE_UNDONE, data, "undone"))
        return
    for spot in release.spots:
        if spot.settled_at is not None or release.state is not ReleaseState.UNDOING:
            continue
        try:
            turn = _bring(bench, hand, release, spot, back=True)
        except LeaseLostError:
            raise
        except DrError as error:
            hand.rest(_STUCK_AGAIN_S if spot.trouble else _AGAIN_S)
            release = _stuck(bench, release, spot, error)
            continue
        left = "somebody else has moved it since" if turn is Turn.FOREIGN else ""
        release = _settle(bench, release, spot.model_copy(update={"left": left}), "left" if left else "back")


def _turn_back(bench: Bench, release: Release, reason: str) -> None:
    spots = tuple(spot.model_copy(update={"settled_at": None, "trouble": ""}) for spot in release.spots)
    update = {"state": ReleaseState.UNDOING, "spots": spots, "reason": reason}
    bench.keep(release.model_copy(update=update), (EventKind.RELEASE_UNDOING, {"reason": reason}, "undoing"))


def _stuck(bench: Bench, release: Release, spot: Spot, error: DrError) -> Release:
    """Words may change with every answer: the last ones are kept, and told where their kind is new."""
    now, kind = bench.now(), error.code
    told = kind not in spot.told and (spot.told_at is None or now - spot.told_at >= TOLD_EVERY)
    if not told and error.message == spot.trouble:
        return release
    update = {"told": (*spot.told, kind), "told_at": now} if told else {}
    changed = release.with_(spot.model_copy(update={"trouble": error.message, **update}))
    data: dict[str, JsonValue] = {
        "region": spot.region,
        "reason": error.message,
        "back_to": spot.found.value,
        "parameter": release.parameter,
    }
    events = [(EventKind.RELEASE_STUCK, data, f"stuck:{spot.region}:{kind}")] if told else []
    return bench.keep(changed, *events)


def _settle(bench: Bench, release: Release, spot: Spot, how: str) -> Release:
    """`how`: moved, back, or left as somebody else has put it."""
    settled = spot.model_copy(update={"settled_at": bench.now(), "trouble": ""})
    data: dict[str, JsonValue] = {"region": spot.region, "how": how}
    name = f"pointer:{spot.region}:{release.state.value}"
    return bench.keep(release.with_(settled), (EventKind.RELEASE_POINTER, data, name))


def _bring(bench: Bench, hand: ReleaseLease, release: Release, spot: Spot, *, back: bool) -> Turn:
    """Observe, write where it is to be written, observe again. Raises DrError while it is neither one nor the other."""
    ports, decide = bench.ports(release), backward if back else forward
    with _calling(bench, hand, release, spot, back=back):
        turn = decide(spot, release.colour, ports.reading.read(release.parameter, spot.region))
        if turn is Turn.PUT:
            reached(Point.RELEASE_CALL, When.BEFORE)
            ports.pointers.put(release.parameter, spot.region, spot.found.value if back else release.colour)
            reached(Point.RELEASE_CALL, When.AFTER)
            turn = decide(spot, release.colour, ports.reading.read(release.parameter, spot.region))
    if turn is Turn.PUT:
        raise UnreachableError(f"SSM in {spot.region} took the pointer and does not show it yet.")
    return turn


@contextmanager
def _calling(bench: Bench, hand: ReleaseLease, release: Release, spot: Spot, *, back: bool) -> Iterator[None]:
    """Every call is guarded by the lease and says for which release it is made; the way back stands back for nobody."""

    def guard() -> None:
        hand.guard()
        why = None if back else bench.why_not(release)
        if why is not None:
            raise StandBackError(f"It stands back: {why}.")

    guard()
    with guarded(guard), acting_for(release.id, spot.region):
        yield


def _passing(error: DrError) -> bool:
    """Whether the same may work in a moment."""
    if isinstance(error, LeaseLostError):
        raise error
    return isinstance(error, UnreachableError) or outcome_unknown(error)
