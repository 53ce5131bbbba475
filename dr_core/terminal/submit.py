"""The terminal's side of a submission: hand it in, wait for a worker's answer, take it back when none comes."""

from collections.abc import Callable
from dataclasses import dataclass

from dr_core.errors import ConflictError, DrError, UnreachableError
from dr_core.failpoints import Point
from dr_core.store import submissions
from dr_core.store.engine import Store
from dr_core.store.submissions import Submission, SubmissionState
from dr_core.terminal.answer import Answer, read_answer, refused
from dr_core.terminal.claim import Claim
from dr_core.terminal.proof import Proof

POLL_S, TOLD_EVERY_S = 0.3, 5.0


@dataclass(frozen=True)
class Patience:
    """How the terminal waits: for how long, by which clock, and whom it tells that it does."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], object]
    say: Callable[[str], None]
    seconds: float = 30.0


def submit(store: Store, claim: Claim, proof: Proof, patience: Patience) -> Answer:
    """The worker's answer. UnreachableError when none came; what was handed in is then taken back."""
    text, signed = claim.canonical(), proof.model_dump_json()
    store.write(lambda tx: submissions.put(tx, claim.nonce, text, signed), Point.TERMINAL_SUBMIT)
    try:
        answer = _awaited(store, claim.nonce, patience)
        if answer is not None:
            return answer
        last = store.read(lambda tx: submissions.get(tx, claim.nonce))
    except (KeyboardInterrupt, DrError):
        _withdrawn(store, claim.nonce)
        raise
    if _withdrawn(store, claim.nonce):
        why = f" {last.note}" if last is not None and last.note else ""
        raise UnreachableError(
            f"No worker answered within {patience.seconds:.0f} s; nothing was done.{why}",
            hint="`dr doctor` lists the workers.",
        )
    late = _awaited(store, claim.nonce, patience)
    if late is None:
        raise UnreachableError("A worker took this and has not said what came of it.", hint="`dr requests` tells.")
    return late


def _awaited(store: Store, nonce: str, patience: Patience) -> Answer | None:
    begun = patience.monotonic()
    next_word, told = begun + 1.0, ""
    while (waited := patience.monotonic() - begun) < patience.seconds:
        found = store.read(lambda tx: submissions.get(tx, nonce))
        if found is None:
            raise ConflictError("The submission is gone from the store.", hint="Somebody deleted it; type it again.")
        if found.state is not SubmissionState.PENDING:
            return read_answer(found.answer)
        if patience.monotonic() >= next_word or found.note != told:
            next_word, told = patience.monotonic() + TOLD_EVERY_S, found.note
            patience.say(_progress(found, waited))
        patience.sleep(POLL_S)
    return None


def _progress(found: Submission, waited: float) -> str:
    if found.note:
        return f"{found.note} Waiting for another try ({waited:.0f} s)."
    what = "a worker checks who you are" if found.taken else "waiting for a worker"
    return f"{what} ({waited:.0f} s)"


def _withdrawn(store: Store, nonce: str) -> bool:
    given_up = refused(UnreachableError("The terminal gave up waiting."), None).model_dump_json()
    return store.write(lambda tx: submissions.withdraw(tx, nonce, given_up), Point.TERMINAL_WITHDRAW)
