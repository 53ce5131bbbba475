"""When a bucket holds an anchor that the store has forgotten: stop, say so, and make nothing old be believed again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from dr_core.approvals import tokens
from dr_core.approvals.model import Request
from dr_core.audit.anchor import Losses, Sealed, own_fault
from dr_core.audit.chain import OPS, Head
from dr_core.audit.events import EventKind
from dr_core.execution.model import Hold, HoldKind, Run
from dr_core.execution.recovery import has_taken
from dr_core.keys import PublicKey
from dr_core.store import anchors, brake, events, requests, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change

EPOCHS_BEYOND = 1000
"""An epoch may have grown since the last anchor; no run is taken a thousand times within a minute."""
_NAMED = 50
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

ActorData = Mapping[str, JsonValue]


def is_evidence(found: Sealed | None, mine: Sealed | None, key: PublicKey) -> bool:
    """Whether what a bucket holds shows a history that the store has lost.

    Only what the workers' key has signed counts: who may merely write into the bucket cannot stop anybody.
    """
    return found is not None and found != mine and own_fault(found, key) is None


def losses(tx: Tx) -> Losses:
    """The anchors whose history is known to be lost."""
    told = events.of_kind(tx, EventKind.STORE_ROLLED_BACK, _BEGINNING)
    return Losses(tuple((_number(event.data, "first"), _number(event.data, "last")) for event in told))


def told(tx: Tx) -> tuple[str, ...]:
    """Each loss of history as a sentence, for those who verify the trail."""
    found = events.of_kind(tx, EventKind.STORE_ROLLED_BACK, _BEGINNING)
    return tuple(
        f"{event.chain}/{event.seq}: the store was rolled back and has lost what anchors"
        f" {event.data.get('first')} to {event.data.get('last')} in {event.data.get('place')} cover"
        for event in found
    )


def recover(tx: Tx, lost: Sealed, place: str, first: int, actor: ActorData) -> bool:
    """The whole answer to a rolled-back store, in one transaction; False when it was given before.

    `lost` is the newest forgotten anchor, `first` the lowest number that was forgotten. The brake is put on, epochs
    jump past the anchored ones, and every approval that something still hangs on is asked for again.
    """
    cmd_id = f"store.rolled_back:{lost.hash}"
    known = losses(tx)
    if events.known(tx, cmd_id) is not None or known.cover(lost.number):
        return False
    newest, anchored = anchors.newest(tx), lost.anchor
    missing = _missing(events.heads(tx), {name: head.seq for name, head in anchored.heads.items()})
    reason = f"the store was rolled back: it has forgotten what anchor {lost.number} in {place} says"
    brake.engage_by_system(tx, actor, reason)
    lifted = anchors.lift_epochs(tx, anchored.epochs, EPOCHS_BEYOND)
    asked = _ask_again(tx, actor)
    data: dict[str, JsonValue] = {
        "place": place,
        "first": max(first, known.last + 1),
        "last": lost.number,
        "last_at": lost.at.isoformat(),
        "hash": lost.hash,
        "newest_known": newest.number if newest else 0,
        "chains": len(missing),
        "missing": _some(missing),
        "lost_runs": list[JsonValue](sorted(anchored.epochs.keys() - lifted.keys())[:_NAMED]),
        "epochs": _some({run: [before, now] for run, (before, now) in lifted.items()}),
        "asked_again": list[JsonValue](asked[:_NAMED]),
    }
    events.append(tx, OPS, (EventKind.STORE_ROLLED_BACK, actor, data, cmd_id))
    return True


def _missing(have: Mapping[str, Head], anchored: Mapping[str, int]) -> dict[str, JsonValue]:
    """chain -> [events that are there, events that were anchored], where some are gone."""
    return {
        name: [have.get(name, Head()).seq, seq] for name, seq in anchored.items() if have.get(name, Head()).seq < seq
    }


def _ask_again(tx: Tx, actor: ActorData) -> list[str]:
    """A new round of everything that waits for approvals or for its turn, and of every run that has taken nothing away
    yet; the requests' ids."""
    asked = []
    for request in (*requests.open_requests(tx), *requests.queued(tx)):
        _new_round(tx, request, actor)
        asked.append(request.id)
    for run in runs.unfinished(tx):
        request = requests.get(tx, run.request)
        if request.id in asked:
            continue
        if not has_taken(run) and run.ending is None:
            _new_round(tx, request, actor)
            _hold(tx, run, request.round + 1, actor)
            asked.append(request.id)
    return asked


def _new_round(tx: Tx, request: Request, actor: ActorData) -> None:
    expires_at = tx.now() + timedelta(seconds=request.plan.policy.expires_after_s)
    data: dict[str, JsonValue] = {
        "round": request.round + 1,
        "expires_at": expires_at.isoformat(),
        "loss_limit_s": request.loss_limit_s,
        "reason": "the store was rolled back",
    }
    requests.transition(
        tx,
        request,
        [(EventKind.REQUEST_RENEWED, actor, data, None)],
        state="open",
        round=request.round + 1,
        expires_at=expires_at,
        decided_at=None,
    )
    tokens.issue(tx, request.id, request.round + 1)


def _hold(tx: Tx, run: Run, round_: int, actor: ActorData) -> None:
    reason = "the store was rolled back, so it must be approved again"
    hold = Hold(kind=HoldKind.ROUND, reason=reason, since=tx.now())
    data: dict[str, JsonValue] = {"run": run.id, "round": round_, "reason": reason}
    holds = (*(held for held in run.holds if held.kind is not HoldKind.ROUND), hold)
    runs.command(tx, run.id, Change([(EventKind.RUN_ROUND_NEEDED, actor, data, None)], holds=holds))


def _number(data: Mapping[str, JsonValue], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) else 0


def _some(named: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return dict(sorted(named.items())[:_NAMED])
