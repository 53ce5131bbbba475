"""The duty that starts the next wave: whoever's turn has come gets its run; what cannot go is held, and lapses.

Each member is decided in a commit of its own, by what the store holds in that commit: any worker may die in between.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from dr_core.approvals.completion import release
from dr_core.approvals.lapse import make_void, void
from dr_core.approvals.model import BOT, Request
from dr_core.approvals.renewal import ask_or_end
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.duty import survived
from dr_core.evacuation.asking_alone import command
from dr_core.evacuation.model import Evacuation, Member
from dr_core.evacuation.reading import Among, standings
from dr_core.evacuation.turn import Move, Stage, Turn, over, turn
from dr_core.execution import quorum
from dr_core.execution.lease import NamedLease
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import evacuations, requests, runs
from dr_core.store.engine import Tx

LEASE = "evacuations"
EVERY_S = 1.0
"""A wave waits no longer than this for the one before it; nothing but the store is asked."""


class Advancing:
    """Works while it holds the lease; two at once would only find each other's work done."""

    def __init__(self, services: Services, lease: NamedLease) -> None:
        self._services, self._lease = services, lease

    def round(self) -> None:
        """Every evacuation that is not over. A fault of one keeps no other back."""
        if not self._services.store.read(evacuations.unfinished) or not self._lease.hold():
            return
        for evacuation in self._services.store.read(evacuations.unfinished):
            survived("evacuation_not_advanced", partial(self._advance, evacuation.id), evacuation=evacuation.id)

    def _advance(self, evacuation_id: str) -> None:
        store = self._services.store
        for application in store.read(lambda tx: self._to_do(tx, evacuation_id)):
            work = partial(self._move, evacuation_id, application)
            survived(
                "member_not_moved",
                partial(store.write, work, Point.EVACUATION_TURN),
                evacuation=evacuation_id,
                application=application,
            )
        if store.read(lambda tx: self._turned(tx, evacuation_id)):
            store.write(lambda tx: self._end(tx, evacuation_id), Point.EVACUATION_TURN)

    def _to_do(self, tx: Tx, evacuation_id: str) -> tuple[str, ...]:
        """Those of which something is to be written."""
        evacuation, among = self._read(tx, evacuation_id)
        found = ((member, _turn(member, among, tx.now())) for member in evacuation.members)
        return tuple(member.application for member, its in found if its is not None and _is_news(member, its))

    def _move(self, evacuation_id: str, application: str, tx: Tx) -> None:
        evacuation, among = self._read(tx, evacuation_id)
        member = evacuation.member(application)
        found = _turn(member, among, tx.now())
        if found is not None and _is_news(member, found):
            _MOVES[found.move](self, tx, evacuation, member, found.reason)

    def _start(self, tx: Tx, evacuation: Evacuation, member: Member, _reason: str) -> None:
        request = requests.get(tx, member.request)
        ended = void(tx, self._services, request)
        if ended is not None:
            arrived = self._read(tx, evacuation.id)[1][member.application].stage is Stage.ARRIVED
            alone = "" if arrived else _alone(evacuation, request)
            _tell(tx, EventKind.EVACUATION_LAPSED, evacuation, member, reason=ended.message, alone=alone)
            return
        run_id = release(tx, self._services.topology, request)
        _tell(tx, EventKind.EVACUATION_STARTED, evacuation, member, run=run_id)
        stood_since = request.decided_at or request.opened_at
        why = quorum.stale(runs.get(tx, run_id), request, stood_since, tx.now())
        if why is not None:
            ask_or_end(tx, self._services, run_id, BOT, why)

    def _hold(self, tx: Tx, evacuation: Evacuation, member: Member, reason: str) -> None:
        evacuations.tell(tx, evacuation.id, member, reason)
        _tell(tx, EventKind.EVACUATION_HELD, evacuation, member, reason=reason)

    def _lapse(self, tx: Tx, evacuation: Evacuation, member: Member, reason: str) -> None:
        minutes = int(quorum.LASTS.total_seconds() // 60)
        told = f"{reason}; it was held for {minutes} minutes"
        request = requests.get(tx, member.request)
        make_void(tx, request, told)
        alone = _alone(evacuation, request)
        _tell(tx, EventKind.EVACUATION_LAPSED, evacuation, member, reason=told, alone=alone)

    def _wait(self, tx: Tx, evacuation: Evacuation, member: Member, reason: str) -> None:
        """It is no longer held: what it needs is tried again."""
        evacuations.tell(tx, evacuation.id, member, "")
        _tell(tx, EventKind.EVACUATION_FREED, evacuation, member, reason=reason)

    def _turned(self, tx: Tx, evacuation_id: str) -> bool:
        evacuation, among = self._read(tx, evacuation_id)
        return over(among) is (evacuation.ended_at is None)

    def _end(self, tx: Tx, evacuation_id: str) -> None:
        """Over, or no longer: an expired member was asked for again."""
        evacuation, among = self._read(tx, evacuation_id)
        if over(among) is not (evacuation.ended_at is None):
            return
        ended: datetime | None = None
        if evacuation.ended_at is None:
            ended = tx.now()
            stages: dict[str, JsonValue] = {name: one.stage.value for name, one in among.items()}
            data: dict[str, JsonValue] = {"evacuation": evacuation.id, "target": evacuation.target, "stages": stages}
            append_ops(tx, EventKind.EVACUATION_ENDED, BOT, data)
        evacuations.end(tx, evacuation, ended)

    def _read(self, tx: Tx, evacuation_id: str) -> tuple[Evacuation, Among]:
        evacuation = evacuations.get(tx, evacuation_id)
        return evacuation, standings(tx, self._services.topology, evacuation)


def _turn(member: Member, among: Among, now: datetime) -> Turn | None:
    """None for a member that is not in the queue."""
    found = among[member.application]
    return turn(found, among, now) if found.stage is Stage.QUEUED else None


def _alone(evacuation: Evacuation, request: Request) -> str:
    """What asks for it again, when its member is gone."""
    mode, overrides = evacuation.mode, request.plan.overrides
    return command(evacuation.target, request.application, source=evacuation.source, mode=mode, overrides=overrides)


def _is_news(member: Member, found: Turn) -> bool:
    told = found.reason if found.move is Move.HOLD else ""
    return found.move in (Move.START, Move.LAPSE) or told != member.told


def _tell(tx: Tx, kind: EventKind, evacuation: Evacuation, member: Member, **more: JsonValue) -> None:
    data: dict[str, JsonValue] = {
        "evacuation": evacuation.id,
        "application": member.application,
        "request": member.request,
        "wave": member.wave,
        "target": evacuation.target,
        **more,
    }
    append_ops(tx, kind, BOT, data)


_Moving = Callable[[Advancing, Tx, Evacuation, Member, str], None]
_MOVES: dict[Move, _Moving] = {
    Move.START: Advancing._start,
    Move.HOLD: Advancing._hold,
    Move.LAPSE: Advancing._lapse,
    Move.WAIT: Advancing._wait,
}
