"""An anchor as a value: where every open chain ended at one moment, linked to the one before it, and signed. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from dr_core.audit.chain import GENESIS, Head, canonical, hash_of, stamp
from dr_core.keys import PublicKey
from dr_core.value import Value

PREFIX = "dr-anchors/"
SCHEMA: Literal["dr.anchor/1"] = "dr.anchor/1"


class _Head(Value):
    seq: int
    hash: str


class Anchor(Value):
    """What an anchor says. `after` is the number of the one before it, 0 before the first."""

    schema_: Literal["dr.anchor/1"] = Field(alias="schema")
    number: int
    after: int
    prev: str
    at: datetime
    heads: dict[str, _Head]
    epochs: dict[str, int]


@dataclass(frozen=True)
class Sealed:
    """An anchor as it is kept: the canonical text, its hash over the hash before it, the signature of the text."""

    number: int
    at: datetime
    body: str
    prev: str
    hash: str
    signature: str

    @property
    def anchor(self) -> Anchor:
        """What the text says; ValueError for a text that is no anchor."""
        return Anchor.model_validate_json(self.body)

    @property
    def content(self) -> bytes:
        """The object that is put into the buckets: the same bytes wherever and whenever it is made."""
        fields: dict[str, JsonValue] = {"body": self.body, "hash": self.hash, "signature": self.signature}
        return canonical(fields).encode("utf-8")


@dataclass(frozen=True)
class Losses:
    """Numbers of anchors whose history the store has lost, as its own events of rollbacks say; both ends included."""

    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        """The highest number that is known to be lost; the next anchor gets a higher one."""
        return max((last for _, last in self.ranges), default=0)

    def cover(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.ranges)


def seal(
    before: Sealed | None,
    heads: Mapping[str, Head],
    epochs: Mapping[str, int],
    *,
    at: datetime,
    beyond: int,
    sign: Callable[[bytes], str],
) -> Sealed:
    """The anchor that follows `before`, numbered beyond `beyond` where a rollback lost higher numbers."""
    after = before.number if before else 0
    number, prev = max(after, beyond) + 1, before.hash if before else GENESIS
    body = canonical(
        {
            "schema": SCHEMA,
            "number": number,
            "after": after,
            "prev": prev,
            "at": stamp(at),
            "heads": {name: {"seq": head.seq, "hash": head.hash} for name, head in heads.items()},
            "epochs": dict(epochs),
        }
    )
    return Sealed(number, at, body, prev, hash_of(prev, body), sign(body.encode("utf-8")))


def fault_of(sealed: Sealed, before: Sealed | None, key: PublicKey | None, losses: Losses) -> str | None:
    """Why `sealed` cannot follow `before`, in a sentence; None when it does. Without a key no signature is checked."""
    name, after = f"anchor {sealed.number}", before.number if before else 0
    if sealed.prev != (before.hash if before else GENESIS):
        return f"{name}: does not follow anchor {after}"
    own = own_fault(sealed, key)
    if own is not None:
        return own
    if sealed.anchor.after != after:
        return f"{name}: follows anchor {sealed.anchor.after}, which is not there"
    missing = [number for number in range(after + 1, sealed.number) if not losses.cover(number)]
    return f"{name}: anchor {missing[0]} is missing" if missing else None


def own_fault(sealed: Sealed, key: PublicKey | None) -> str | None:
    """What is wrong with one anchor by itself: its hash, its signature, or columns that differ from its text."""
    name = f"anchor {sealed.number}"
    if hash_of(sealed.prev, sealed.body) != sealed.hash:
        return f"{name}: was changed after it was sealed"
    if key is not None and not key.verify(sealed.body.encode("utf-8"), sealed.signature):
        return f"{name}: the signature is not the workers' key's"
    try:
        anchor = sealed.anchor
    except ValidationError:
        return f"{name}: its text is no anchor"
    if (anchor.number, anchor.prev, anchor.at) != (sealed.number, sealed.prev, sealed.at):
        return f"{name}: its columns differ from its text"
    return None


def read_object(content: bytes) -> Sealed | None:
    """The anchor in an object of a bucket; None when it holds something else. Nothing of it is checked yet."""
    try:
        fields = json.loads(content)
        anchor = Anchor.model_validate_json(fields["body"])
        return Sealed(anchor.number, anchor.at, fields["body"], anchor.prev, fields["hash"], fields["signature"])
    except (ValueError, KeyError, TypeError):
        return None


def key_of(number: int) -> str:
    """The object's key; keys sort as their numbers do."""
    return f"{PREFIX}{number:012d}.json"


def number_of(key: str) -> int | None:
    """The number in an object's key; None for a key that is not one of ours."""
    digits = key.removeprefix(PREFIX).removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdigit() and key == key_of(int(digits)) else None
