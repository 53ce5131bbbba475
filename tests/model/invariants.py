"""What must never be seen, each rule with the sentence that a counterexample ends with. None of it guides the model."""

from tests.model.state import FREE, REQUESTER, REQUIRED, Call, State, Worker

NO_ACKS = "a step was begun without the acknowledgements it needs"
BRAKED = "a step was begun after the brake was acknowledged"
STOPPED = "a step was begun after a person had stopped the run"
WORSE = "the run passed its gates though more would be lost than anybody accepted"
TWO_OWNERS = "two owners may start something at the same time"
NOT_OWNER = "a worker wrote to a run that another one owns"
REVOKED = "the owner wrote after the run was taken away from it"
TWICE = "the effect took place twice"
CLAIMED = "the run says done, and there is no effect"
LOST = "an event that was acknowledged has been overwritten"
REPEATED = "one command stands in the trail twice"
RETURNED = "a run that had ended goes on"
STUCK = "from here the run can never end"


def in_state(state: State) -> str:
    """What can be seen without knowing how it came about; empty when all is well."""
    if state.broken:
        return state.broken
    if state.run == "done" and not state.effects:
        return CLAIMED
    if sum(worker.at != "idle" and worker.age == 0 for worker in state.workers) > 1:
        return TWO_OWNERS
    return ""


def of_intent(state: State) -> str:
    """What a begun step must find: the consent of enough people for this very round, and nobody who stopped it."""
    agreed = {person for person, round_ in state.consents if round_ == state.round and person != REQUESTER}
    if len(agreed) < REQUIRED or state.request != "approved":
        return NO_ACKS
    if state.brake:
        return BRAKED
    return STOPPED if state.hold or state.ending else ""


def of_write(state: State, worker: Worker, index: int) -> str:
    """What every write of a worker must find, an intent and a result alike."""
    if 0 < worker.epoch <= state.revoked:
        return REVOKED
    return NOT_OWNER if state.holder != index or state.lease == FREE else ""


def of_effect(state: State, call: Call, *, conditional: bool) -> str:
    """A second effect. Without a conditional call one excuse stands: a sender was stopped after its last look.

    Such steps are those whose kinds are declared repeatable; their second effect changes nothing.
    """
    if not state.effects or (not conditional and (call.late or state.excused)):
        return ""
    return TWICE
