"""KMS multi-Region keys where moto differs: one material in every region, aliases and states for each region alone.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

import json
import os
from typing import Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto.kms.models import Key, KmsBackend, kms_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.ground import Ground

UPDATING_S = 30.0
_NONCE, _MARK = 12, b"\x01dr"


class Kms:
    """Keys are moto's; what is computed with them, and how they are described, is decided here."""

    PAGES: ClassVar[dict[str, str]] = {"kms": "https://docs.aws.amazon.com/kms/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "ReplicateKey": self.replicate,
            "UpdatePrimaryRegion": self.update_primary,
            "DescribeKey": self.describe,
            "Encrypt": self.encrypt,
            "Decrypt": self.decrypt,
            "GenerateDataKey": self.data_key,
        }
        return {("kms", name): handler for name, handler in table.items()}

    # -- multi-Region keys -------------------------------------------------------------------------------------------

    def replicate(self, call: Call) -> Reply:
        """A replica shares id and material; aliases, grants and state are its own, and begin empty."""
        key = self._key(call, call.text("KeyId"))
        where = call.text("ReplicaRegion")
        if not key.multi_region:
            raise AwsError("UnsupportedOperationException", f"{key.arn} is not a multi-Region primary key.")
        if key.id in self._backend(where).keys:
            raise AwsError("AlreadyExistsException", f"The key {key.id} exists in {where} already.")
        reply = call.forward()
        if reply.ok:
            replica = self._backend(where).keys[key.id]
            replica.aliases, replica.grants = {}, {}
            replica.enabled, replica.key_state = True, "Enabled"
        return reply

    def update_primary(self, call: Call) -> Parameters:
        """Primary and replica are Updating for half a minute, then they have changed roles."""
        key, where = self._key(call, call.text("KeyId")), call.text("PrimaryRegion")
        replica = self._backend(where).keys.get(key.id)
        if not key.multi_region or replica is None or key.multi_region_configuration["PrimaryKey"]["Arn"] != key.arn:
            raise AwsError("UnsupportedOperationException", f"{key.arn} is no primary key with a replica in {where}.")
        for end in (key, replica):
            _usable(end)
            end.key_state = "Updating"
        self._timeline.after(UPDATING_S, lambda: _take_over(key, replica))
        return {}

    def describe(self, call: Call) -> Reply:
        """Which of a family is the primary is told by its region: moto's copies share one answer."""
        reply = call.forward()
        if not reply.ok:
            return reply
        body = json.loads(reply.body)
        config = body["KeyMetadata"].get("MultiRegionConfiguration")
        if config is not None:
            primary = config["PrimaryKey"]["Region"] == call.region
            config["MultiRegionKeyType"] = "PRIMARY" if primary else "REPLICA"
        return Reply(reply.status, reply.headers, json.dumps(body).encode())

    # -- computing with a key ----------------------------------------------------------------------------------------

    def encrypt(self, call: Call) -> Parameters:
        """Closed with the family's material: any member of a multi-Region family opens it."""
        key = _usable(self._key(call, call.text("KeyId")))
        _for_encryption(key)
        text = bytes(call.parameters.get("Plaintext") or b"")
        if not 1 <= len(text) <= 4096:
            raise AwsError("ValidationException", "Plaintext must have 1 to 4096 bytes.")
        return {"CiphertextBlob": _close(key, text, call), "KeyId": key.arn}

    def decrypt(self, call: Call) -> Parameters:
        """The key that was named must be the one that closed it, by id: any of its family will do."""
        blob = bytes(call.parameters.get("CiphertextBlob") or b"")
        identifier, nonce, closed = _parts(blob)
        named = call.parameters.get("KeyId")
        key = self._key(call, named) if named else self._backend(call.region).keys.get(identifier)
        if key is None:
            message = "The ciphertext refers to a key that does not exist, does not exist in this Region, or is denied."
            raise AwsError("AccessDeniedException", message)
        _usable(key)
        if key.id != identifier:
            message = "The key ID in the request does not identify a CMK that can perform this operation."
            raise AwsError("IncorrectKeyException", message)
        try:
            text = AESGCM(key.key_material).decrypt(nonce, closed, _context(call))
        except InvalidTag as error:
            raise AwsError("InvalidCiphertextException", "") from error
        return {"Plaintext": text, "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def data_key(self, call: Call) -> Parameters:
        """A key in the clear and closed, to be opened in any region of the family."""
        key = _usable(self._key(call, call.text("KeyId")))
        _for_encryption(key)
        size = 16 if call.parameters.get("KeySpec") == "AES_128" else int(call.parameters.get("NumberOfBytes") or 32)
        text = os.urandom(size)
        return {"CiphertextBlob": _close(key, text, call), "Plaintext": text, "KeyId": key.arn}

    # -- moto's keys -------------------------------------------------------------------------------------------------

    def _backend(self, region: str) -> KmsBackend:
        backend: KmsBackend = kms_backends[self._account][region]
        return backend

    def _key(self, call: Call, name: str) -> Key:
        backend = self._backend(call.region)
        plain = backend.get_alias_name(name)
        found = backend.get_key_id_from_alias(plain) if plain.startswith("alias/") else backend.get_key_id(name)
        key: Key | None = backend.keys.get(found or "")
        foreign = name.startswith("arn:") and name.split(":")[3] != call.region
        if key is None or foreign:
            what = "Alias" if plain.startswith("alias/") else "Key"
            arn = name if name.startswith("arn:") else f"arn:aws:kms:{call.region}:{self._account}:{name}"
            raise AwsError("NotFoundException", f"{what} {arn} is not found.")
        return key


def _take_over(key: Key, replica: Key) -> None:
    """The family's configuration is one object in moto, shared by all its members."""
    config: dict[str, Any] = key.multi_region_configuration
    kept = [entry for entry in config["ReplicaKeys"] if entry["Region"] != replica.region]
    config["PrimaryKey"] = {"Arn": replica.arn, "Region": replica.region}
    config["ReplicaKeys"] = [*kept, {"Arn": key.arn, "Region": key.region}]
    key.key_state = replica.key_state = "Enabled"


def _usable(key: Key) -> Key:
    if key.key_state == "Disabled":
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state not in ("Enabled", "Updating"):
        raise AwsError("KMSInvalidStateException", f"{key.arn} is {key.key_state}.")
    return key


def _for_encryption(key: Key) -> None:
    if key.key_usage not in (None, "", "ENCRYPT_DECRYPT"):
        raise AwsError("InvalidKeyUsageException", f"{key.arn} key usage is {key.key_usage}.")


def _close(key: Key, text: bytes, call: Call) -> bytes:
    identifier, nonce = key.id.encode(), os.urandom(_NONCE)
    closed = AESGCM(key.key_material).encrypt(nonce, text, _context(call))
    return _MARK + bytes([len(identifier)]) + identifier + nonce + closed


def _parts(blob: bytes) -> tuple[str, bytes, bytes]:
    """Key id, nonce and ciphertext of what `_close` made."""
    if not blob.startswith(_MARK) or len(blob) <= len(_MARK):
        raise AwsError("InvalidCiphertextException", "")
    start = len(_MARK) + 1
    end = start + blob[len(_MARK)]
    return blob[start:end].decode(errors="replace"), blob[end : end + _NONCE], blob[end + _NONCE :]


def _context(call: Call) -> bytes:
    return json.dumps(call.parameters.get("EncryptionContext") or {}, sort_keys=True).encode()
