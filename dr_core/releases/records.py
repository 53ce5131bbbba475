"""Every change of a release: one commit, fenced by its owner's epoch and its version, with its events."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.failpoints import Point
from dr_core.releases.model import Release
from dr_core.store import releases
from dr_core.store.engine import StaleError, Store, Tx

Told = tuple[EventKind, dict[str, JsonValue], str]
"""Kind and data of an event, and what it is called among the release's own: each is written once."""


def keep(
    store: Store,
    changed: Release,
    told: Sequence[Told],
    actor: Actor,
    ahead: Callable[[Tx], None] = lambda tx: None,
) -> Release:
    """Save it with what there is to tell; what somebody else has changed meanwhile stays, and is answered.

    `ahead` is done before it in the same commit, and not again where this very commit went through. Raises
    LeaseLostError, and what `ahead` does.
    """

    def work(tx: Tx) -> Release:
        now = releases.get(tx, changed.id)
        mine = (now.epoch, now.version) == (changed.epoch, changed.version)
        if mine:
            ahead(tx)
        ends = {"ended_at": tx.now()} if changed.state.finished else {}
        saved = releases.save(tx, changed.model_copy(update=ends))
        if saved is None:
            if mine:
                raise StaleError(f"release {changed.id} was changed meanwhile")
            return releases.get(tx, changed.id)
        for kind, data, name in told:
            append_ops(tx, kind, actor, about(saved) | data, cmd_id=f"{saved.id}:{name}")
        return saved

    return store.write(work, Point.RELEASE_KEEP)


def left(release: Release) -> dict[str, JsonValue]:
    """region -> why it does not say what was found there, of a release that went back."""
    found = ((spot.region, spot.left or (spot.trouble if spot.settled_at is None else "")) for spot in release.spots)
    return {region: why for region, why in found if why}


def about(release: Release) -> dict[str, JsonValue]:
    """What every event of a release says."""
    return {
        "release": release.id,
        "application": release.application,
        "verb": release.verb.value,
        "colour": release.colour,
        "from": release.came_from,
    }
