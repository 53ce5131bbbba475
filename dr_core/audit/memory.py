"""A place for anchors in memory, as strict as a bucket under a compliance lock."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from dr_core.audit.places import Stored
from dr_core.errors import UnreachableError


class MemoryPlace:
    """What was put stays; `down` makes it unreachable."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.down = False
        self.objects: dict[int, bytes] = {}
        self.retained: dict[int, datetime] = {}

    def put(self, number: int, content: bytes, retain_until: datetime) -> bool:
        self._ask()
        if number in self.objects:
            return False
        self.objects[number] = content
        self.retained[number] = retain_until
        return True

    def read(self, number: int, version: str | None = None) -> bytes | None:
        self._ask()
        return self.objects.get(number)

    def after(self, number: int) -> Iterator[Stored]:
        self._ask()
        for found in sorted(n for n in self.objects if n > number):
            etag = hashlib.md5(self.objects[found], usedforsecurity=False).hexdigest()
            yield Stored(found, "1", etag)

    def _ask(self) -> None:
        if self.down:
            raise UnreachableError(f"{self.name} could not be reached: no connection.")
