"""Regions with pointers, artifacts and colours that answer, in memory."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from dr_core.clock import Clock
from dr_core.errors import RejectedError
from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.releases.model import Pointer
from dr_core.releases.port import ReleasePorts, Stored, Sums

Before = Callable[[str, str], None]
"""Called ahead of each operation with its name and region; may raise what a service would."""


class MemoryPointers:
    """`after` is called behind each operation: what it raises has happened all the same."""

    def __init__(self, values: Mapping[tuple[str, str], str], before: Before = lambda operation, region: None) -> None:
        self.pointers = {at: Pointer(value=value, version=1) for at, value in values.items()}
        self.puts: list[tuple[str, str]] = []
        self.before = before
        self.after: Before = lambda operation, region: None

    def read(self, name: str, region: str) -> Pointer | None:
        self.before("read", region)
        return self.pointers.get((name, region))

    def put(self, name: str, region: str, value: str) -> None:
        self.before("put", region)
        known = self.pointers.get((name, region))
        self.pointers[name, region] = Pointer(value=value, version=known.version + 1 if known else 1)
        self.puts.append((region, value))
        self.after("put", region)


class MemoryArtifacts:
    """`objects`: bucket -> key -> content."""

    def __init__(
        self, objects: Mapping[str, Mapping[str, bytes]], before: Before = lambda operation, region: None
    ) -> None:
        self.objects = {bucket: dict(held) for bucket, held in objects.items()}
        self.parts: dict[tuple[str, str], str] = {}
        """(bucket, key) -> the entity tag of an object that was put in parts."""
        self._before = before

    def listing(self, bucket: str, region: str, prefix: str) -> Sequence[Stored]:
        self._before("list", region)
        held = self._held(bucket)
        return tuple(
            Stored(key.removeprefix(prefix), len(held[key]), self.parts.get((bucket, key), _md5(held[key])))
            for key in sorted(held)
            if key.startswith(prefix)
        )

    def sums(self, bucket: str, region: str, key: str) -> Sums:
        self._before("head", region)
        held = self._held(bucket)
        if key not in held:
            raise RejectedError(f"There is no {key} in {bucket}.")
        values = {"SHA256": hashlib.sha256(held[key]).hexdigest()}
        return Sums(values, full=True, tag_is_md5=(bucket, key) not in self.parts)

    def _held(self, bucket: str) -> dict[str, bytes]:
        if bucket not in self.objects:
            raise RejectedError(f"There is no bucket {bucket}.")
        return self.objects[bucket]


class MemoryColours:
    """Every address answers well unless it is in `bad`."""

    def __init__(self, clock: Clock) -> None:
        self.bad: set[str] = set()
        self.probed: list[str] = []
        self._clock = clock

    def probe(self, urls: Mapping[str, str]) -> Mapping[str, Signal]:
        self.probed += urls.values()
        return {region: self._signal(region, url) for region, url in urls.items()}

    def _signal(self, region: str, url: str) -> Signal:
        bad = url in self.bad
        return Signal(
            region=region, component="http", name=url, vantage=Vantage.PROBE,
            state=SignalState.BAD if bad else SignalState.OK, detail="HTTP 500" if bad else "HTTP 200",
            observed_at=self._clock.now(), source=f"GET {url}",
        )  # fmt: skip


def memory_ports(pointers: MemoryPointers, artifacts: MemoryArtifacts, colours: MemoryColours) -> ReleasePorts:
    """One place for looking and acting."""
    return ReleasePorts(pointers, pointers, artifacts, colours.probe)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
