"""What somebody typed in a terminal, as the one value that is signed, stored and carried out."""

import hashlib
import secrets
from enum import StrEnum

import rfc8785
from pydantic import Field, ValidationError, model_validator

from dr_core.errors import UsageError
from dr_core.value import Value

HEADER = "X-DR-Claim"
LONGEST = 8_000
_NONCE = r"[0-9a-f]{32}"


class Verb(StrEnum):
    """Every operation; the same words as in Slack."""

    FAILOVER = "failover"
    FAILBACK = "failback"
    ROLLBACK = "rollback"
    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"
    RENEW = "renew"
    BREAK_GLASS = "break-glass"
    RUN_PAUSE = "run pause"
    RUN_RESUME = "run resume"
    RUN_ABORT = "run abort"
    RUN_ESCALATE = "run escalate"
    RUN_TAKEOVER = "run takeover"
    BRAKE_ON = "brake on"
    BRAKE_OFF = "brake off"
    COOLDOWN_CLEAR = "cooldown clear"
    UNFREEZE = "unfreeze"
    REVIEW_CLOSE = "review close"
    RECONCILE_SIGN = "reconcile sign"
    INCIDENT = "incident"
    INCIDENT_CLOSE = "incident close"
    NOTE = "note"
    DRILL = "drill"
    RELEASE_PROMOTE = "release promote"
    RELEASE_ROLLBACK = "release rollback"


class Seen(Value):
    """A request, or an evacuation, as the person saw it: what is decided is this round of this plan, and no other.

    `only`: of an evacuation, the requests that were shown as waiting; no other is acknowledged.
    """

    request: str = Field(max_length=64)
    round: int
    digest: str = Field(max_length=64)
    only: tuple[str, ...] = ()


class Claim(Value):
    """One operation by one person, once: the nonce is made by the terminal and used up by the store.

    `every`: about all applications instead of one; a failover alone may be.
    """

    version: int = Field(default=1, ge=1, le=1)
    nonce: str = Field(pattern=f"^{_NONCE}$")
    verb: Verb
    seen: Seen | None = None
    run: str | None = Field(default=None, max_length=64)
    review: str | None = Field(default=None, max_length=64)
    item: str | None = Field(default=None, max_length=64)
    incident: str | None = Field(default=None, max_length=64)
    kind: str | None = Field(default=None, max_length=16)
    application: str | None = Field(default=None, max_length=64)
    target: str | None = Field(default=None, max_length=64)
    source: str | None = Field(default=None, max_length=64)
    forced: bool = False
    every: bool = False
    confirmed: bool = False
    overrides: tuple[str, ...] = ()
    colour: str | None = Field(default=None, max_length=64)
    left_out: tuple[str, ...] = ()
    reason: str = Field(default="", max_length=2000)
    accept_loss: str | None = Field(default=None, max_length=32)

    @model_validator(mode="after")
    def _complete(self) -> "Claim":
        if self.every and (self.verb is not Verb.FAILOVER or self.application is not None):
            raise ValueError(f"{self.verb.value} is about one application, or a failover about all of them")
        needed = [name for name in _NEEDS[self.verb] if not (self.every and name == "application")]
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"{self.verb.value} needs {', '.join(missing)}")
        return self

    def canonical(self) -> str:
        """The text that is stored, and whose hash is signed (RFC 8785)."""
        return rfc8785.dumps(self.model_dump(mode="json", exclude_defaults=True) | {"version": self.version}).decode()

    @property
    def of_request(self) -> Seen:
        """The request of a verb that has one."""
        if self.seen is None:
            raise UsageError(f"{self.verb.value} needs a request.")
        return self.seen


_REQUEST, _RUN = ("seen",), ("run",)
_NEEDS: dict[Verb, tuple[str, ...]] = {
    Verb.FAILOVER: ("application", "target"),
    Verb.FAILBACK: ("application",),
    Verb.ROLLBACK: _RUN,
    Verb.APPROVE: _REQUEST,
    Verb.DENY: (*_REQUEST, "reason"),
    Verb.CANCEL: _REQUEST,
    Verb.RENEW: _REQUEST,
    Verb.BREAK_GLASS: (*_REQUEST, "reason", "application"),
    Verb.RUN_PAUSE: (*_RUN, "reason"),
    Verb.RUN_RESUME: _RUN,
    Verb.RUN_ABORT: (*_RUN, "reason"),
    Verb.RUN_ESCALATE: (*_RUN, "reason"),
    Verb.RUN_TAKEOVER: _RUN,
    Verb.BRAKE_ON: ("reason",),
    Verb.BRAKE_OFF: (),
    Verb.COOLDOWN_CLEAR: ("application",),
    Verb.UNFREEZE: ("application", "reason"),
    Verb.REVIEW_CLOSE: ("review", "reason"),
    Verb.RECONCILE_SIGN: ("item", "reason"),
    Verb.INCIDENT: ("reason",),
    Verb.INCIDENT_CLOSE: (),
    Verb.NOTE: ("reason",),
    Verb.DRILL: ("application",),
    Verb.RELEASE_PROMOTE: ("application", "colour", "confirmed"),
    Verb.RELEASE_ROLLBACK: ("application", "colour", "confirmed"),
}


def new_nonce() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def hash_of(canonical: str) -> str:
    """What stands in the signed header."""
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def read_claim(text: str) -> Claim:
    """A stored claim; UsageError where it is none, or is not written canonically."""
    try:
        claim = Claim.model_validate_json(text if len(text) <= LONGEST else "")
    except ValidationError as error:
        raise UsageError("The submission holds no claim that this version understands.") from error
    if claim.canonical() != text:
        raise UsageError("The submission's claim is not in its canonical form.")
    return claim
