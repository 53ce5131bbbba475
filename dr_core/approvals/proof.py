"""Signed acknowledgements: who received one signs it, the worker verifies it before it starts anything.

The bot signs what it received from Slack; a worker signs what a terminal proved to it. A row that was written into the
database by hand has no such signature, and starts nothing. Whoever verifies reads public keys only (`dr_core/keys.py`).
"""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import rfc8785
from pydantic import JsonValue

from dr_core.approvals.model import Ack, Actor, Request
from dr_core.keys import PublicKey, SigningKey

Claim = dict[str, JsonValue]
BOT_KEY, WORKER_KEY = "DR_ACK_KEY", "DR_WORKER_KEY"


class AckKind(StrEnum):
    """How somebody acknowledged, and so whose signature counts."""

    SLACK = "slack"
    TERMINAL = "terminal"
    BREAK_GLASS = "break_glass"


def claim_of(request: Request, ack: Ack, evidence: dict[str, str]) -> Claim:
    """What is signed: whose acknowledgement of what, and what was received with it."""
    claim: Claim = {
        "request": request.id,
        "round": ack.round,
        "digest": ack.digest,
        "person": ack.person,
        "accepted_limit_s": ack.accepted_limit_s,
        "at": ack.at.isoformat(timespec="microseconds"),
        "evidence": dict(evidence),
    }
    # Slack's are signed without their kind, as by versions that knew no other; the bot's key signs no other either.
    return claim if ack.kind == AckKind.SLACK else {**claim, "kind": ack.kind}


class AckSigner:
    """Holds a private key: the bot's or the workers'."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @classmethod
    def load_or_create(cls, path: Path, variable: str = BOT_KEY) -> "AckSigner":
        """Read the key, or make one (mode 0600) with its public half beside it. ConfigError when neither works."""
        return cls(SigningKey.load_or_create(path, variable=variable))

    def acknowledge(self, request: Request, actor: Actor, *, kind: str, at: datetime, evidence: dict[str, str]) -> Ack:
        """The actor's acknowledgement of the request as it stands, signed."""
        unsigned = Ack(
            person=actor.person,
            display=actor.display,
            round=request.round,
            digest=request.digest,
            accepted_limit_s=request.loss_limit_s,
            at=at,
            kind=kind,
            proof="",
        )
        return unsigned.model_copy(update={"proof": self.sign(claim_of(request, unsigned, evidence))})

    def sign(self, claim: Claim) -> str:
        """The claim and its signature as one line of JSON."""
        return json.dumps({"claim": claim, "ed25519": self._key.sign(rfc8785.dumps(claim))}, sort_keys=True)


class AckVerifier:
    """Checks acknowledgements against public keys, read anew each time (keys are replaced while it runs).

    Slack's count only with the bot's key, those of terminals and of broken glass only with the workers'.
    """

    def __init__(self, bot: Path, worker: Path | None = None) -> None:
        """Without a path to the workers' public key no acknowledgement of a terminal counts."""
        self._bot = bot
        self._worker = worker

    def fault(self, request: Request, ack: Ack) -> str | None:
        """Why this acknowledgement is not proven; None when it is. ConfigError where there is no key to tell by."""
        name = f"the acknowledgement of {ack.display}"
        if ack.kind == AckKind.SLACK:
            key, whose = PublicKey.read(self._bot, variable=BOT_KEY), "the bot"
        elif ack.kind in (AckKind.TERMINAL, AckKind.BREAK_GLASS):
            if self._worker is None:
                return f"{name} was given in a terminal, and no key of workers is known here"
            key, whose = PublicKey.read(self._worker, variable=WORKER_KEY), "a worker"
        else:
            return f"{name} is of a kind that nobody signs"
        try:
            proof = json.loads(ack.proof)
            claim, signature = proof["claim"], proof["ed25519"]
            valid = key.verify(rfc8785.dumps(claim), signature)
            evidence = claim["evidence"]
        except (ValueError, KeyError, TypeError):
            return f"{name} carries no valid signature of {whose}"
        if not valid:
            return f"{name} carries no valid signature of {whose}"
        if claim != claim_of(request, ack, evidence):
            return f"{name} was signed for something else"
        return None
