"""Objects, clones and dry calls in memory, as strict as AWS about what may be asked when."""

from collections.abc import Sequence
from dataclasses import replace

from dr_core.clock import Clock
from dr_core.drills.port import Clone, CloneSource, ObjectVersion
from dr_core.errors import RejectedError, UnreachableError


class MemoryObjects:
    """Versions by (bucket, key). `copies_to`: where a bucket is replicated to, `takes_s` after a write.

    `locked` buckets lock what is put; `down` regions are silent.
    """

    def __init__(self, buckets: Sequence[str], clock: Clock, *, takes_s: float = 5.0) -> None:
        self._clock, self._takes_s = clock, takes_s
        self._made = 0
        self._stored: dict[str, dict[str, list[tuple[str, bytes, float]]]] = {name: {} for name in buckets}
        self.copies_to: dict[str, str] = {}
        self.locked: set[str] = set()
        self.down: set[str] = set()

    def locks(self, bucket: str, region: str) -> bool:
        self._bucket(bucket, region)
        return bucket in self.locked

    def put(self, bucket: str, region: str, key: str, body: bytes) -> None:
        self._made += 1
        self._bucket(bucket, region).setdefault(key, []).append((f"v{self._made}", body, self._clock.monotonic()))

    def read(self, bucket: str, region: str, key: str) -> bytes | None:
        versions = self._bucket(bucket, region).get(key)
        return versions[-1][1] if versions else None

    def copying(self, bucket: str, region: str, key: str) -> bool:
        versions = self._bucket(bucket, region).get(key) or []
        late = self._clock.monotonic() - self._takes_s
        return bucket in self.copies_to and any(at > late for _, _, at in versions)

    def versions(self, bucket: str, region: str, prefix: str) -> tuple[ObjectVersion, ...]:
        found = self._bucket(bucket, region)
        return tuple(ObjectVersion(key, one[0]) for key in found if key.startswith(prefix) for one in found[key])

    def delete(self, bucket: str, region: str, versions: Sequence[ObjectVersion]) -> None:
        found = self._bucket(bucket, region)
        for gone in versions:
            found[gone.key] = [one for one in found.get(gone.key, []) if one[0] != gone.version]

    def _bucket(self, bucket: str, region: str) -> dict[str, list[tuple[str, bytes, float]]]:
        if region in self.down:
            raise UnreachableError(f"S3 in {region} did not answer.")
        if bucket not in self._stored:
            raise RejectedError(f"There is no bucket {bucket}.")
        self._copy()
        return self._stored[bucket]

    def _copy(self) -> None:
        """A copy is made of what is still there when its time comes."""
        late = self._clock.monotonic() - self._takes_s
        for source, target in self.copies_to.items():
            for key, versions in self._stored[source].items():
                for version, body, at in versions:
                    there = self._stored[target].setdefault(key, [])
                    if at <= late and version not in {one[0] for one in there}:
                        there.append((version, body, at))


class MemoryClones:
    """Clones by (region, name) beside `sources` by (region, name); each change takes `takes_s`."""

    def __init__(self, sources: dict[tuple[str, str], CloneSource], clock: Clock, *, takes_s: float = 60.0) -> None:
        self._clock, self._takes_s = clock, takes_s
        self.sources = sources
        self.made: dict[tuple[str, str], Clone] = {}
        self._changes: list[tuple[float, tuple[str, str], Clone | None]] = []
        self.down: set[str] = set()

    def source(self, cluster: str, region: str) -> CloneSource:
        self._settle(region)
        if (region, cluster) not in self.sources:
            raise RejectedError(f"There is no Aurora cluster {cluster} in {region}.")
        return self.sources[region, cluster]

    def state(self, name: str, region: str) -> Clone | None:
        self._settle(region)
        return self.made.get((region, name))

    def restore(self, cluster: str, name: str, region: str, *, drill: str) -> None:
        if self.source(cluster, region).instance_class is None:
            raise RejectedError(f"{cluster} has no instance.")
        if (region, name) not in self.made:
            new = Clone("creating", drill, f"{name}.cluster.example", 5432)
            self._change((region, name), new, replace(new, status="available"))

    def add_instance(self, name: str, region: str, *, like: str, drill: str) -> None:
        clone = self.state(name, region)
        if clone is None or clone.status != "available":
            raise RejectedError(f"Cluster {name} is not available.")
        if not clone.instances:
            made = replace(clone, instances={f"{name}-1": "creating"})
            self._change((region, name), made, replace(made, instances={f"{name}-1": "available"}))

    def remove(self, name: str, region: str, *, drill: str) -> None:
        clone = self.state(name, region)
        if clone is None:
            return
        if clone.drill != drill:
            raise RejectedError(f"{name} in {region} bears no tag of drill {drill}: it is left alone.")
        staying = [one for one, status in clone.instances.items() if status != "deleting"]
        if staying:
            self._change((region, name), replace(clone, instances=dict.fromkeys(staying, "deleting")),
                         replace(clone, instances={}))  # fmt: skip
        elif not clone.instances and clone.status == "available":
            self._change((region, name), replace(clone, status="deleting"), None)

    def _change(self, key: tuple[str, str], now: Clone, then: Clone | None) -> None:
        self.made[key] = now
        self._changes.append((self._clock.monotonic() + self._takes_s, key, then))

    def _settle(self, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"RDS in {region} did not answer.")
        due = [change for change in self._changes if change[0] <= self._clock.monotonic()]
        self._changes = [change for change in self._changes if change not in due]
        for _, key, then in due:
            if then is None:
                self.made.pop(key, None)
            else:
                self.made[key] = then


class MemoryDryCalls:
    """`functions`: those that may be called, by (region, name)."""

    def __init__(self, functions: set[tuple[str, str]]) -> None:
        self.functions = functions

    def invoke(self, function: str, region: str) -> None:
        if (region, function) not in self.functions:
            raise RejectedError(f"There is no function {function} in {region}.")
