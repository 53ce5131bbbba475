"""Records and take-over objects in memory."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import TrafficState
from dr_core.topology.traffic import Route53Records, StandbyTakesOver
from dr_core.traffic.mark import Mark, next_mark
from dr_core.traffic.port import Record, Routing, preference
from dr_core.traffic.weights import refuse_weights, weights_of


class MemoryRecords:
    """One set of records; a change is known to all name servers after `takes_s`.

    `paused` is called between reading and changing, where a process may sleep while another one acts.
    """

    def __init__(
        self,
        spec: Route53Records,
        active: str,
        values: Mapping[str, tuple[str, ...]],
        clock: Clock,
        *,
        takes_s: float = 30.0,
        routing: Routing = "weighted",
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._takes_s = takes_s
        self._known_at = clock.monotonic()
        self._published = active
        self._mark: Mark | None = None
        self.down = False
        self.paused: Callable[[], None] = lambda: None
        plain = (Record(region, routing, None, None, values[region], False, 30) for region in spec.set_identifiers)
        self._records = tuple(_preferring(record, active) for record in plain)

    def records(self, spec: Route53Records) -> tuple[Record, ...]:
        self._settle(spec)
        return self._records

    def state(self, spec: Route53Records) -> TrafficState:
        records = self.records(spec)
        weights = weights_of(records)
        return TrafficState(
            name=spec.name,
            answers=None,
            weights=weights or None,
            ttl_s=30,
            reason=preference(records),
            observed_at=self._clock.now(),
        )

    def mark(self, spec: Route53Records) -> Mark | None:
        self._settle(spec)
        return self._mark

    def set_active(self, spec: Route53Records, region: str, claim: Claim) -> None:
        if region not in spec.set_identifiers:
            raise RejectedError(f"{spec.name} has no record for {region}.")
        if {record.routing for record in self._records} not in ({"weighted"}, {"failover"}):
            raise RejectedError("These records are neither all weighted nor all failover records.")
        self._change(spec, claim, lambda record: _preferring(record, region))

    def set_weights(self, spec: Route53Records, weights: Mapping[str, int], claim: Claim) -> None:
        refuse_weights(spec, self.records(spec), weights)
        self._change(spec, claim, lambda record: replace(record, weight=weights.get(record.region, record.weight)))

    def _change(self, spec: Route53Records, claim: Claim, made_of: Callable[[Record], Record]) -> None:
        seen = self.mark(spec)
        mine = next_mark(seen, claim, spec.name)
        self.paused()
        if self._mark != seen:
            next_mark(self._mark, claim, spec.name)
            raise UnreachableError(f"The mark of {spec.name} is not the one seen before. It is looked at again.")
        self._mark = mine
        self._records = tuple(made_of(record) for record in self._records)
        self._known_at = self._clock.monotonic() + self._takes_s

    def addresses(self, spec: Route53Records) -> dict[str, tuple[str, ...]]:
        return {record.region: record.values for record in self.records(spec)}

    def authoritative(self, spec: Route53Records) -> tuple[str, ...]:
        self._settle(spec)
        return next(record.values for record in self._records if record.region == self._published)

    def _settle(self, spec: Route53Records) -> None:
        if self.down:
            raise UnreachableError("Route 53 did not answer.")
        if spec.name != self._spec.name:
            raise RejectedError(f"Zone {spec.hosted_zone} has no {spec.type} record {spec.name}.")
        if self._clock.monotonic() >= self._known_at:
            self._published = max(self._records, key=_share).region


def _share(record: Record) -> int:
    """How much of the answers: the fake answers the one with most of it."""
    return int(record.role == "PRIMARY") if record.weight is None else record.weight


def _preferring(record: Record, region: str) -> Record:
    chosen = record.region == region
    if record.routing == "weighted":
        return replace(record, weight=100 if chosen else 0)
    if record.routing != "failover":
        return record
    role: Literal["PRIMARY", "SECONDARY"] = "PRIMARY" if chosen else "SECONDARY"
    return replace(record, role=role)


class MemoryTakeover:
    """Which standbys have taken over, and in whose words; `down` are regions that do not answer.

    `paused` is called between reading and changing, where a process may sleep while another one acts.
    """

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.words: dict[str, str] = {}
        self.down: set[str] = set()
        self.paused: Callable[[], None] = lambda: None

    def taken_over(self, spec: StandbyTakesOver, region: str) -> bool:
        self._check(spec, region)
        return region in self.present

    def take_over(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        self._check(spec, region)
        self.paused()
        if region not in self.present:
            self.present.add(region)
            self.words[region] = f"{claim.run} {claim.epoch}"

    def give_back(self, spec: StandbyTakesOver, region: str, claim: Claim) -> None:
        self._check(spec, region)
        seen = self.words.get(region)
        self.paused()
        if region in self.present and self.words.get(region) != seen:
            raise UnreachableError(f"Another take-over object stands in {region}. It is looked at again.")
        self.present.discard(region)

    def _check(self, spec: StandbyTakesOver, region: str) -> None:
        if region not in spec.bucket:
            raise RejectedError(f"The topology names no take-over bucket in {region}.")
        if region in self.down:
            raise UnreachableError(f"S3 in {region} did not answer.")
