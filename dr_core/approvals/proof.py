"""Signed acknowledgements: the bot signs what it received, the worker verifies before it starts anything.

A row that was written into the database by hand has no signature of the bot's key, and starts nothing. The private
key is the bot's alone; the worker reads the public one beside it (suffix `.pub`).
"""

import base64
import json
import os
from pathlib import Path

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import JsonValue

from dr_core.approvals.model import Ack, Request
from dr_core.errors import ConfigError

Claim = dict[str, JsonValue]


def claim_of(request: Request, ack: Ack, evidence: dict[str, str]) -> Claim:
    """What is signed: whose acknowledgement of what, and what Slack delivered with it."""
    return {
        "request": request.id,
        "round": ack.round,
        "digest": ack.digest,
        "person": ack.person,
        "accepted_limit_s": ack.accepted_limit_s,
        "at": ack.at.isoformat(timespec="microseconds"),
        "evidence": dict(evidence),
    }


def public_path(private: Path) -> Path:
    """Where the public half lies: beside the private key, with suffix `.pub`."""
    return private.with_suffix(".pub")


class AckSigner:
    """Holds the bot's private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load_or_create(cls, path: Path) -> "AckSigner":
        """Read the key, or make one (mode 0600) with its public half beside it. ConfigError when neither works."""
        try:
            if not path.exists():
                _create(path)
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise ConfigError(f"DR_ACK_KEY: {path} is no readable Ed25519 key in PEM form.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"DR_ACK_KEY: {path} holds another kind of key; expected Ed25519.")
        _publish(key, public_path(path))
        return cls(key)

    def sign(self, claim: Claim) -> str:
        """The claim and its signature as one line of JSON."""
        signature = self._key.sign(rfc8785.dumps(claim))
        return json.dumps({"claim": claim, "ed25519": base64.b64encode(signature).decode("ascii")}, sort_keys=True)


def _create(path: Path) -> None:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private)
    try:
        os.link(partial, path)  # of two bots that start at once, the first one's key stays
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _publish(key: Ed25519PrivateKey, path: Path) -> None:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if path.exists() and path.read_bytes() == public:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(public)
    partial.replace(path)


class AckVerifier:
    """Checks acknowledgements against the bot's public key, read anew each time (keys are replaced while it runs)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fault(self, request: Request, ack: Ack) -> str | None:
        """Why this acknowledgement is not proven; None when it is. ConfigError where there is no key to tell by."""
        name = f"the acknowledgement of {ack.display}"
        try:
            key = serialization.load_pem_public_key(self._path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"DR_ACK_KEY: there is no readable public key at {self._path}.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(f"DR_ACK_KEY: {self._path} holds another kind of key; expected Ed25519.")
        try:
            proof = json.loads(ack.proof)
            claim, signature = proof["claim"], base64.b64decode(proof["ed25519"])
            key.verify(signature, rfc8785.dumps(claim))
        except (ValueError, KeyError, TypeError, InvalidSignature):
            return f"{name} carries no valid signature of the bot"
        if claim != claim_of(request, ack, claim.get("evidence", {})):
            return f"{name} was signed for something else"
        return None
