"""What releases ask of the world: pointers to read and put, artifacts to list, colours to probe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dr_core.observation.model import Signal
from dr_core.releases.model import Pointer


@dataclass(frozen=True)
class Stored:
    """An object as it is listed: key without the prefix, bytes, and its entity tag without quotes."""

    key: str
    size: int
    tag: str


@dataclass(frozen=True)
class Sums:
    """What S3 keeps of an object's content: checksums by algorithm, and whether they are of the full object.

    `tag_is_md5`: its entity tag is the MD5 of its content, since it was put in one part and without a key of KMS.
    """

    values: Mapping[str, str]
    full: bool
    tag_is_md5: bool


class Pointers(Protocol):
    """One parameter a region. Every method raises UnreachableError, ThrottledError, DeniedError or RejectedError."""

    def read(self, name: str, region: str) -> Pointer | None:
        """What it says now; None where there is none."""
        ...

    def put(self, name: str, region: str, value: str) -> None:
        """Write it. SSM knows no condition on what stands there: observe before and after.

        With UnreachableError it may have happened; the others say that it did not.
        """
        ...


class Artifacts(Protocol):
    """Objects below a prefix. Errors as of Pointers; a bucket that is not there is RejectedError."""

    def listing(self, bucket: str, region: str, prefix: str) -> Sequence[Stored]:
        """Every current object below the prefix, by key."""
        ...

    def sums(self, bucket: str, region: str, key: str) -> Sums:
        """What is kept of one object; `key` is whole."""
        ...


Probe = Callable[[Mapping[str, str]], Mapping[str, Signal]]
"""region -> URL, asked all at once, once each; region -> what the answer says. Never raises for what a host does."""


@dataclass(frozen=True)
class ReleasePorts:
    """Bound to one account. `reading` never changes anything, `pointers` says of each call that a release makes it."""

    reading: Pointers
    pointers: Pointers
    artifacts: Artifacts
    probe: Probe
