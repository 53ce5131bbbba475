"""Multi-Region keys: described in each region, and proven by opening in one region what another has closed.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html: related multi-Region keys have
the same key id and key material, so that one decrypts what the other has encrypted. Encrypt and Decrypt change nothing.
"""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.clock import Clock
from dr_core.recent import Recent
from dr_core.replication.copies import KeyProof, KeyView

# Every request to KMS is billed: https://aws.amazon.com/kms/pricing/. A key that worked is tried again after this long.
PROOF_LASTS = timedelta(seconds=60)
_IDENTIFIER = re.compile(r"^(alias/|arn:|mrk-|[0-9a-f]{8}-[0-9a-f]{4}-)")
_CONTEXT = {"purpose": "dr-key-check"}
_NOT_FOR_THIS = ("InvalidKeyUsageException", "InvalidKeyUsage")


class KmsKeys:
    """DescribeKey, Encrypt, Decrypt; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any], clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock
        self._worked: Recent[tuple[str, str, str], KeyProof] = Recent(clock, PROOF_LASTS)

    def view(self, key: str, region: str) -> KeyView:
        with aws_errors("kms", region, "DescribeKey"):
            raw = self._client_of("kms", region).describe_key(KeyId=key_name(key))["KeyMetadata"]
        primary = raw.get("MultiRegionConfiguration", {}).get("PrimaryKey", {}).get("Region")
        return KeyView(region, raw["KeyId"], raw.get("KeyState", "not told"), bool(raw.get("MultiRegion")), primary)

    def proof(self, key: str, source: str, target: str) -> KeyProof:
        known = self._worked.get((key, source, target))
        if known is not None:
            return known
        made = self._try(key, source, target)
        return made if made.works is False else self._worked.put((key, source, target), made)

    def _try(self, key: str, source: str, target: str) -> KeyProof:
        text, name = secrets.token_bytes(16), key_name(key)
        closing, opening = self._client_of("kms", source), self._client_of("kms", target)
        begun = self._clock.monotonic()
        try:
            with aws_errors("kms", source, "Encrypt"):
                closed = closing.encrypt(KeyId=name, Plaintext=text, EncryptionContext=_CONTEXT)["CiphertextBlob"]
            with aws_errors("kms", target, "Decrypt"):
                opened = opening.decrypt(KeyId=name, CiphertextBlob=closed, EncryptionContext=_CONTEXT)["Plaintext"]
        except AwsRejectedError as error:
            works = None if error.aws_code in _NOT_FOR_THIS else False
            return KeyProof(works, self._clock.now(), None, error.message)
        took = round((self._clock.monotonic() - begun) * 1000, 1)
        if opened != text:
            return KeyProof(False, self._clock.now(), took, f"{target} opened something else than {source} had closed")
        return KeyProof(True, self._clock.now(), took, f"encrypted in {source}, decrypted in {target}")


def key_name(key: str) -> str:
    """What KMS takes as KeyId: ids, ARNs and aliases as they are; any other name is that of an alias."""
    return key if _IDENTIFIER.match(key) else f"alias/{key}"
