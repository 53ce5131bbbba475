"""What a later release ends: the watch of the one before it, and an undo that waits for regions it leaves out."""

from collections.abc import Sequence

from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, LeaseLostError
from dr_core.releases import records
from dr_core.releases.model import Release, ReleaseState
from dr_core.store import releases
from dr_core.store.engine import StaleError, Tx


def refuse_beside_others(tx: Tx, application: str, without: Sequence[str], own: str = "") -> tuple[Release, ...]:
    """The others that go on and would give way; ConflictError where one of them does not."""
    others = tuple(one for one in releases.unfinished(tx, application) if one.id != own)
    for other in others:
        left = other.state is ReleaseState.UNDOING and set(_open(other)) <= set(without)
        if other.state.excludes and not left:
            raise ConflictError(
                f"Release {other.id} of {application} is {other.state.value} already.", hint=_way(other)
            )
    return others


def make_room(tx: Tx, beginning: Release, actor: Actor) -> None:
    """In the commit that lets it move, and never before: what a gate refuses ends nothing. Raises ConflictError.

    An owner finds its release over at the next look.
    """
    for other in refuse_beside_others(tx, beginning.application, beginning.without, beginning.id):
        _end(tx, other, beginning, actor)


def _end(tx: Tx, other: Release, beginning: Release, actor: Actor) -> None:
    undone, open_ = other.state is ReleaseState.UNDOING, _open(other)
    state = ReleaseState.UNDONE if undone else ReleaseState.SUPERSEDED
    left = f"release {beginning.id} leaves out {', '.join(open_)}, which was not put back"
    reason = f"{other.reason}; {left}" if undone else f"release {beginning.id} took over"
    changed = other.model_copy(update={"state": state, "reason": reason, "ended_at": tx.now()})
    try:
        saved = releases.save(tx, changed)
    except LeaseLostError as error:
        raise StaleError(error.message) from error
    if saved is None:
        raise StaleError(f"release {other.id} was changed meanwhile")
    data = records.about(saved) | {"reason": reason, "by_release": beginning.id}
    if undone:
        data["left"] = records.left(other) | dict.fromkeys(open_, left)
    kind = EventKind.RELEASE_UNDONE if undone else EventKind.RELEASE_SUPERSEDED
    append_ops(tx, kind, actor, data, cmd_id=f"{other.id}:{state.value}")


def _way(other: Release) -> str:
    """How what is in the way comes to its end."""
    if other.state is not ReleaseState.UNDOING:
        return "`release status` shows it."
    where, left = " and ".join(_open(other)), " ".join(f"--without {region}" for region in _open(other))
    return (
        f"It ends as soon as {where} takes its pointer back, or when a later release leaves that out: `{left}`. "
        "Where the application is at work there, a failover comes first."
    )


def _open(release: Release) -> list[str]:
    """Where it has not seen yet that the pointer is as it should be."""
    return [spot.region for spot in release.spots if spot.settled_at is None]
