"""Ed25519 keys in PEM files: who signs holds the private half, who verifies reads the public one beside it (`.pub`)."""

import base64
import binascii
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dr_core.errors import ConfigError


def public_path(private: Path) -> Path:
    """Where the public half lies: beside the private key, with suffix `.pub`."""
    return private.with_suffix(".pub")


@dataclass(frozen=True)
class SigningKey:
    """A private key. Whoever holds it can sign; it never leaves the process."""

    _key: Ed25519PrivateKey

    @classmethod
    def load_or_create(cls, path: Path, *, variable: str = "the key") -> "SigningKey":
        """Read the key, or make one (mode 0600) with its public half beside it.

        ConfigError when neither works; it names `variable`, the setting that says where the key lies.
        """
        try:
            if not path.exists():
                _create(path)
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"{variable}: {path} is no readable Ed25519 key in PEM form.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"{variable}: {path} holds another kind of key; expected Ed25519.")
        try:
            _publish(key, public_path(path))
        except OSError as error:
            raise ConfigError(f"{variable}: the public half cannot be written to {public_path(path)}.") from error
        return cls(key)

    def sign(self, payload: bytes) -> str:
        """The signature of `payload`, in base64."""
        return base64.b64encode(self._key.sign(payload)).decode("ascii")

    @property
    def public(self) -> "PublicKey":
        """The half that verifies."""
        return PublicKey(self._key.public_key())


@dataclass(frozen=True)
class PublicKey:
    """A public key. Whoever holds it can tell what the private half signed."""

    _key: Ed25519PublicKey

    @classmethod
    def read(cls, path: Path, *, variable: str = "the key") -> "PublicKey":
        """Read the public half at `path`; ConfigError names `variable` where there is none."""
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(f"{variable}: there is no readable public key at {path}.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(f"{variable}: {path} holds another kind of key; expected Ed25519.")
        return cls(key)

    def verify(self, payload: bytes, signature: str) -> bool:
        """Whether `signature` (base64) is the private half's over exactly these bytes."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), payload)
        except (InvalidSignature, binascii.Error, ValueError, TypeError):
            return False
        return True


def _create(path: Path) -> None:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private)
    try:
        os.link(partial, path)  # of two processes that start at once, the first one's key stays
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
