"""The duty that carries out releases: any worker takes one by lease, goes on where it was, and leaves none half moved.

The pointers as they were found are stored ahead of the first write. So whoever comes next, after a crash or a kill,
knows which of them may have been moved, and where each goes back to.
"""

from functools import partial

import structlog

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.duty import survived
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.releases.aws import PortsOf
from dr_core.releases.bench import Bench
from dr_core.releases.checking import check
from dr_core.releases.lease import ReleaseLease
from dr_core.releases.model import Release, ReleaseState
from dr_core.releases.pointing import move, undo
from dr_core.releases.watching import watch
from dr_core.services import Services
from dr_core.store import releases

log = structlog.get_logger(__name__)

TICK_S = 1.0
_AT_ONCE = 50
"""How much is done in one round at most: every bit of it renews the lease."""
_DO = {
    ReleaseState.CHECKING: check,
    ReleaseState.MOVING: move,
    ReleaseState.UNDOING: undo,
    ReleaseState.WATCHING: watch,
}


class Moving:
    """Wired once a worker; `round` again and again. It waits for no run, and no run waits for it."""

    def __init__(self, services: Services, ports: PortsOf, *, owner: str) -> None:
        self._store, self._clock = services.store, services.clock
        self._bench = Bench(services, ports, Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER))
        self._owner = owner
        self._hands: dict[str, ReleaseLease] = {}

    def round(self) -> None:
        """Go on with every release that is ours, and take those that are nobody's."""
        waiting = [one.id for one in self._store.read(releases.unfinished)]
        self._hands = {name: hand for name, hand in self._hands.items() if name in waiting}
        for release_id in waiting:
            survived("release_round_failed", partial(self._carry, release_id), release=release_id)

    def hold(self) -> bool:
        """Releases have leases of their own."""
        return True

    def release(self) -> None:
        """Give every one to whoever comes first: at the end of the process."""
        for hand in self._hands.values():
            survived("release_not_given_back", hand.release, release=hand.release_id)
        self._hands.clear()

    def _carry(self, release_id: str) -> None:
        hand = self._hands.get(release_id) or ReleaseLease.take(self._store, self._clock, release_id, self._owner)
        if hand is None:
            return
        self._hands[release_id] = hand
        try:
            self._go_on(hand)
        except LeaseLostError as lost:
            self._hands.pop(release_id, None)
            log.warning("release_lost", release=release_id, error=lost.message)

    def _go_on(self, hand: ReleaseLease) -> None:
        """Everything that can be done now, one commit after the other."""
        for _ in range(_AT_ONCE):
            hand.keep()
            release = self._store.read(lambda tx: releases.get(tx, hand.release_id))
            if release.state.finished or not hand.rested:
                return
            try:
                _DO[release.state](self._bench, hand, release)
            except NotFoundError as gone:
                self._forgotten(release, gone.message)

    def _forgotten(self, release: Release, reason: str) -> None:
        """dr.yaml has no such colour any more: nothing is begun with it, and nobody can be asked how it is."""
        state = ReleaseState.REFUSED if release.state is ReleaseState.CHECKING else ReleaseState.UNWATCHED
        event = EventKind.RELEASE_REFUSED if state is ReleaseState.REFUSED else EventKind.RELEASE_UNWATCHED
        ended = release.model_copy(update={"state": state, "reason": reason})
        self._bench.keep(ended, (event, {"reason": reason}, state.value))
