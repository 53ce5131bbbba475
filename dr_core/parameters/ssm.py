"""SSM Parameter Store: compared by fingerprint, copied with types and keys. Values are decrypted here and stay here."""

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.errors import RejectedError, UnreachableError

_BATCH = 10  # what GetParameters takes at once


class SsmParameters:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "ssm")

    def fingerprints(self, paths: Sequence[str], region: str) -> dict[str, str]:
        client = self._client(region)
        found: dict[str, dict[str, Any]] = {}
        for path in paths:
            with aws_errors("ssm", region, "GetParametersByPath"):
                pages = client.get_paginator("get_parameters_by_path").paginate(
                    Path=path.rstrip("/") or "/", Recursive=True, WithDecryption=True
                )
                found.update({raw["Name"]: raw for page in pages for raw in page["Parameters"]})
        exact = [path for path in paths if not path.endswith("/")]
        found.update(self._read(client, exact, region))
        return {name: _fingerprint(raw) for name, raw in sorted(found.items())}

    def copy(self, names: Sequence[str], source: str, target: str) -> None:
        reader, writer = self._client(source), self._client(target)
        values = self._read(reader, names, source)
        if missing := [name for name in names if name not in values]:
            raise RejectedError(f"{source} has no parameter {', '.join(missing)}.")
        for name, raw in values.items():
            settings = self._settings(reader, name, source, target)
            # Read right before the write: PutParameter has no condition but "not there", and no token.
            before = self._read(writer, [name], target).get(name)
            if before is None or _fingerprint(before) != _fingerprint(raw):
                self._put(writer, raw, target, {**settings, "Overwrite": before is not None})

    def _put(self, writer: Any, raw: dict[str, Any], target: str, settings: dict[str, Any]) -> None:
        try:
            with aws_errors("ssm", target, "PutParameter"):
                writer.put_parameter(Name=raw["Name"], Value=raw["Value"], Type=raw["Type"], **settings)
        except AwsRejectedError as error:
            if error.aws_code != "ParameterAlreadyExists":
                raise
            raise UnreachableError(f"{raw['Name']} appeared in {target} meanwhile. It is looked at again.") from error

    def _read(self, client: Any, names: Sequence[str], region: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(names), _BATCH):
            with aws_errors("ssm", region, "GetParameters"):
                answer = client.get_parameters(Names=list(names[start : start + _BATCH]), WithDecryption=True)
            found.update({raw["Name"]: raw for raw in answer["Parameters"]})
        return found

    def _settings(self, client: Any, name: str, source: str, target: str) -> dict[str, str]:
        """Tier and key as the source has them, with the key named as the target knows it."""
        with aws_errors("ssm", source, "DescribeParameters"):
            answer = client.describe_parameters(
                ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}]
            )
        described: dict[str, Any] = next((raw for raw in answer["Parameters"] if raw["Name"] == name), {})
        settings = {"Tier": "Advanced"} if described.get("Tier") == "Advanced" else {}
        if key := described.get("KeyId"):
            settings["KeyId"] = _key_in(key, name, source, target)
        return settings


def _fingerprint(raw: dict[str, Any]) -> str:
    return hashlib.sha256(f"{raw['Type']}\0{raw['Value']}".encode()).hexdigest()


def _key_in(key: str, name: str, source: str, target: str) -> str:
    """The same key as the target calls it: aliases and multi-Region keys have one name everywhere, others do not."""
    if ":alias/" in key:
        return key[key.index("alias/") :]
    if key.startswith("alias/"):
        return key
    identifier = key.rsplit("/", 1)[-1]
    if identifier.startswith("mrk-"):
        return identifier
    raise RejectedError(
        f"Parameter {name} is encrypted with key {identifier}, which exists only in {source}.",
        hint=f"Encrypt it with a multi-Region key or an alias that {target} has too.",
    )
