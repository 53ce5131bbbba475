"""The state of the model: one request, its run with one step, some workers, calls on their way, one resource.

Time is counted in ticks of one margin. A renewed lease lasts two ticks; its owner believes in it for less than one.
"""

from dataclasses import dataclass
from typing import NamedTuple

FREE, EXPIRED = 3, 2
"""Ages of a lease in the store: given back; run out. Younger ones (0, 1) keep everybody else away."""

REQUIRED = 2
REQUESTER, APPROVERS = "Rita", ("Ann", "Bob")


class Worker(NamedTuple):
    """One process. `at` is where it stands with the step; everything here is lost when it dies."""

    at: str = "idle"  # idle, owner, ready, look, seen, guarded, sent, found
    epoch: int = 0
    age: int = 0  # ticks since its last known renewal was sent; it starts things only at 0
    beat: int = -1  # ticks since a renewal was sent whose answer is not here; -1: none is out
    fresh: bool = True  # inside a transaction: nobody has changed the row since it was read
    attempt: int = 0  # number of the intent it writes, or wrote
    acted: bool = False  # it has made a call under the intent that stands
    may_act: bool = False
    saw: int = 0  # what the resource's epoch record said when it looked
    stopped: bool = False  # SIGSTOP, a long pause of the machine
    late: bool = False  # it was stopped between the guard and the call


class Call(NamedTuple):
    """A mutating request on the wire. `late`: its sender was stopped between its last look at its lease and sending."""

    worker: int
    epoch: int
    expects: int
    age: int = 0
    late: bool = False


class State(NamedTuple):
    """Everything. The last block is not there in reality: it is what the invariants remember."""

    request: str = "open"  # open, approved, denied, expired
    round: int = 1
    acks: tuple[tuple[str, int, bool], ...] = ()  # (person, round, signed by the bot)
    overdue: bool = False
    worse: bool = False  # more would be lost than was accepted
    run: str = ""  # "", running, done, aborted, failed
    hold: str = ""  # "", paused, uncertain, round
    brake: bool = False
    ending: bool = False
    epoch: int = 0
    holder: int = -1
    lease: int = FREE
    intents: int = 0
    effects: int = 0
    record: int = 0  # the resource's epoch record
    workers: tuple[Worker, ...] = ()
    calls: tuple[Call, ...] = ()
    faults: int = 0
    orders: int = 0
    consents: tuple[tuple[str, int], ...] = ()
    revoked: int = 0
    excused: bool = False  # a call took effect whose sender was stopped between its guard and sending it
    broken: str = ""


FINAL = ("done", "aborted", "failed")


@dataclass(frozen=True)
class Bounds:
    """How much may go wrong, and who takes part. `conditional`: the resource compares its epoch record."""

    workers: int = 2
    faults: int = 2
    orders: int = 1
    rounds: int = 1
    approved: bool = True
    conditional: bool = True

    def first(self) -> State:
        """Where everything begins: a fresh request, or one whose quorum has just been completed."""
        start = State(workers=(Worker(),) * self.workers, faults=self.faults, orders=self.orders)
        if not self.approved:
            return start
        acks = tuple((person, 1, True) for person in APPROVERS)
        return start._replace(
            request="approved", run="running", acks=acks, consents=tuple((person, 1) for person in APPROVERS)
        )


@dataclass(frozen=True)
class Rules:
    """What the design demands, each by its name. A mutant is this with one of them broken."""

    acks_once: bool = True
    requester_apart: bool = True
    button_of_this_round: bool = True
    this_round_counts: bool = True
    expiry: bool = True
    denial: bool = True
    ended_run_stays: bool = True
    signature: bool = True
    gate: bool = True
    fence_epoch: bool = True
    fence_chain: bool = True
    intent_respects_brake: bool = True
    intent_respects_hold: bool = True
    intent_respects_ending: bool = True
    command_looked_up: bool = True
    take_expired_only: bool = True
    take_bumps_epoch: bool = True
    expired_is_taken: bool = True
    takeover_bumps_epoch: bool = True
    takeover_leaves_lease: bool = True
    beat_of_this_epoch: bool = True
    beat_lost_ends: bool = True
    deadline_from_sending: bool = True
    release_after_calls: bool = True
    guard: bool = True
    observe_first: bool = True
    observe_again: bool = True
    compare_record: bool = True
    uncertain_stops: bool = True
    brake_released: bool = True
