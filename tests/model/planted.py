"""Mutants of the model: each breaks one rule of the design, and must lead to a counterexample of the named kind."""

from dataclasses import dataclass, replace

from tests.model import invariants
from tests.model.state import Bounds, Rules

OWNERS = Bounds(workers=2, faults=2, orders=0)
ORDERED = replace(OWNERS, orders=1)
REPEATABLE = replace(OWNERS, conditional=False)
PEOPLE = Bounds(workers=1, faults=1, orders=0, rounds=2, approved=False)
ROUNDS = Bounds(workers=1, faults=1, orders=1)
ONE = Bounds(workers=1, faults=2, orders=1)


@dataclass(frozen=True)
class Mutant:
    """`broken`: the rules that no longer hold. `where`: the bounds in which it is looked for."""

    name: str
    broken: str
    where: Bounds
    rule: str

    @property
    def rules(self) -> Rules:
        return replace(Rules(), **{self.broken: False})


MUTANTS = (
    Mutant("an acknowledgement of one person counts twice", "acks_once", PEOPLE, invariants.NO_ACKS),
    Mutant("the requester counts", "requester_apart", PEOPLE, invariants.NO_ACKS),
    Mutant("a button of an earlier round is accepted", "button_of_this_round", PEOPLE, invariants.NO_ACKS),
    Mutant("acknowledgements of an earlier round count", "this_round_counts", PEOPLE, invariants.NO_ACKS),
    Mutant("a round that is over is approved all the same", "expiry", PEOPLE, invariants.NO_ACKS),
    Mutant("a denied request is approved all the same", "denial", PEOPLE, invariants.NO_ACKS),
    Mutant("the open round of an ended run is approved", "ended_run_stays", ROUNDS, invariants.RETURNED),
    Mutant("nobody checks who signed the acknowledgements", "signature", PEOPLE, invariants.NO_ACKS),
    Mutant("the gates are not asked", "gate", ONE, invariants.WORSE),
    Mutant("the fence does not compare the epoch", "fence_epoch", OWNERS, invariants.NOT_OWNER),
    Mutant("the fence does not compare the end of the chain", "fence_chain", ORDERED, invariants.LOST),
    Mutant("an intent does not respect the brake", "intent_respects_brake", ONE, invariants.BRAKED),
    Mutant("an intent does not respect a hold", "intent_respects_hold", ONE, invariants.STOPPED),
    Mutant("an intent does not respect an abort", "intent_respects_ending", ONE, invariants.STOPPED),
    Mutant("a commit whose answer was lost is done again", "command_looked_up", ONE, invariants.REPEATED),
    Mutant("a lease is taken before it has run out", "take_expired_only", OWNERS, invariants.TWO_OWNERS),
    Mutant("taking a run leaves its epoch", "take_bumps_epoch", OWNERS, invariants.TWO_OWNERS),
    Mutant("a lease that ran out is not taken", "expired_is_taken", OWNERS, invariants.STUCK),
    Mutant("a takeover leaves the epoch", "takeover_bumps_epoch", ONE, invariants.REVOKED),
    Mutant("a takeover ends the lease at once", "takeover_leaves_lease", ORDERED, invariants.TWO_OWNERS),
    Mutant("an owner renews the lease of another epoch", "beat_of_this_epoch", OWNERS, invariants.TWO_OWNERS),
    Mutant("an owner goes on after its lease was lost", "beat_lost_ends", ORDERED, invariants.TWO_OWNERS),
    Mutant("an owner counts from the answer to its renewal", "deadline_from_sending", OWNERS, invariants.TWO_OWNERS),
    Mutant("a lease is given back while a call is out", "release_after_calls", REPEATABLE, invariants.TWICE),
    Mutant("the guard is not asked before a call", "guard", REPEATABLE, invariants.TWICE),
    Mutant("a step that was begun is acted on unseen", "observe_first", REPEATABLE, invariants.TWICE),
    Mutant("an answer is taken for an effect", "observe_again", ONE, invariants.CLAIMED),
    Mutant("the resource does not compare its record", "compare_record", OWNERS, invariants.TWICE),
    Mutant("what cannot be seen is called done", "uncertain_stops", ONE, invariants.CLAIMED),
    Mutant("nobody may release the brake", "brake_released", ONE, invariants.STUCK),
)
