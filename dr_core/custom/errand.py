"""What a custom step is told, and what it answers: two documents of JSON, `dr.custom/1`. Pure.

docs/custom-steps.md is their reference for those who write such steps.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from dr_core.claim import Claim
from dr_core.custom.redaction import one_line
from dr_core.errors import RejectedError
from dr_core.value import Value

SCHEMA = "dr.custom/1"


class Verb(StrEnum):
    ACT = "act"
    VERIFY = "verify"
    UNDO = "undo"


class Errand(Value):
    """One thing to be done, once a run: `token` is the same however often it is sent. `of`: what a check asks about."""

    run: str
    step: str
    token: str
    application: str
    source: str
    target: str
    mode: str
    verb: Verb
    of: Verb

    def checked(self) -> "Errand":
        """The question whether this errand is done."""
        return self.model_copy(update={"verb": Verb.VERIFY, "of": self.verb})

    def document(self) -> dict[str, str]:
        return {"schema": SCHEMA, **self.model_dump(mode="json")}

    def body(self) -> bytes:
        return json.dumps(self.document(), separators=(",", ":"), sort_keys=True).encode()


def token_for(claim: Claim, step: str, *more: str) -> str:
    """A UUID that stays the same over attempts and owners, and is another one in another run."""
    return str(uuid5(NAMESPACE_URL, "/".join(("dr.custom", claim.run, step, *more))))


@dataclass(frozen=True)
class Answer:
    """What came back, without secrets, each text one line. `under_way` and `failed` only where it was said so."""

    done: bool
    detail: str = ""
    under_way: bool = False
    failed: bool = False
    log: str = ""


def read(body: bytes, *, who: str, log: str = "") -> Answer:
    """An answer as it stands in a body: a JSON object with `done`; one without it is done by having answered.

    RejectedError where `done`, `under_way` or `failed` are there and neither true nor false.
    """
    found = _object(body)
    flags: dict[str, bool] = {}
    for name in ("done", "under_way", "failed"):
        value = found.get(name, False)
        if not isinstance(value, bool):
            raise RejectedError(f"{who} answered {name}: {one_line(json.dumps(value), 40)}; expected true or false.")
        flags[name] = value
    detail = found.get("detail")
    said = one_line(detail if isinstance(detail, str) else body.decode("utf-8", "replace"))
    done = flags["done"] if "done" in found else not (flags["failed"] or flags["under_way"])
    return Answer(done, said, flags["under_way"], flags["failed"], one_line(log, 1000))


def read_check(body: bytes, *, who: str, log: str = "") -> Answer:
    """The answer of a check, which must say `done` itself: a check that cannot say no is none. Raises RejectedError."""
    if "done" not in _object(body):
        said = one_line(body.decode("utf-8", "replace"), 80) or "nothing"
        raise RejectedError(f'{who} answered {said}; a check answers {{"done": true}} or {{"done": false}}.')
    return read(body, who=who, log=log)


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
