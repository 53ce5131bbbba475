"""Route 53 records: read, switched in one batch, and asked what they answer. The control plane lives in us-east-1."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from dr_core.aws.clients import acting_clients
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import TrafficState
from dr_core.topology.model import Account
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.change_batch import (
    Change,
    RecordSet,
    mark_changes,
    mark_name,
    read_marks,
    same_name,
    switch_changes,
    weight_changes,
)
from dr_core.traffic.mark import Mark, next_mark
from dr_core.traffic.port import Record, leading, preference, routing_of
from dr_core.traffic.weights import refuse_weights, weights_of

ROUTE53_HOME = "us-east-1"
_LONGEST_COMMENT = 256


@dataclass(frozen=True)
class _Wish:
    """A change of the records: in words, for which regions, by which changes, and how one sees that it was made."""

    spec: Route53Records
    words: str
    regions: tuple[str, ...]
    changes: Callable[[Mapping[str, RecordSet]], list[Change]]
    reached: Callable[[tuple[Record, ...]], bool]


class Route53:
    """Weighted sets (100 to one region, 0 to the others) and failover sets (PRIMARY and SECONDARY)."""

    def __init__(self, aws: AwsSessions, clock: Clock, *, account: Account | None = None) -> None:
        self._client = partial(acting_clients(aws, account, read_timeout_s=5.0), "route53")
        self._clock = clock
        self._account = account

    def records(self, spec: Route53Records) -> tuple[Record, ...]:
        return _records(self._sets(spec))

    def state(self, spec: Route53Records) -> TrafficState:
        records = self.records(spec)
        weights = weights_of(records)
        ttls = [record.ttl_s for record in records if record.ttl_s is not None]
        return TrafficState(
            name=spec.name,
            answers=None,
            weights=weights or None,
            ttl_s=max(ttls) if ttls else None,
            reason=preference(records),
            observed_at=self._clock.now(),
        )

    def mark(self, spec: Route53Records) -> Mark | None:
        return read_marks(self._mark_sets(spec))

    def set_active(self, spec: Route53Records, region: str, claim: Claim) -> None:
        self._change(
            _Wish(
                spec, f"send {spec.name} to {region}", (region,), lambda sets: switch_changes(sets, region),
                lambda records: leading(records) == region,
            ),
            claim,
        )  # fmt: skip

    def set_weights(self, spec: Route53Records, weights: Mapping[str, int], claim: Claim) -> None:
        def changes(sets: Mapping[str, RecordSet]) -> list[Change]:
            refuse_weights(spec, _records(sets), weights)
            return weight_changes(sets, weights)

        said = ", ".join(f"{region} {weight}" for region, weight in weights.items())
        self._change(
            _Wish(
                spec, f"weights of {spec.name}: {said}", tuple(weights), changes,
                lambda records: weights.items() <= weights_of(records).items(),
            ),
            claim,
        )  # fmt: skip

    def _change(self, wish: "_Wish", claim: Claim) -> None:
        """The wish and the claim's mark in one batch."""
        spec = wish.spec
        # The mark is read first: whatever a later owner changes from here on, it changes the mark with it.
        marks = self._mark_sets(spec)
        mine = next_mark(read_marks(marks), claim, spec.name)
        sets = self._sets(spec)
        for region in wish.regions:
            if region not in sets:
                raise RejectedError(f"{spec.name} has no record for {region}.")
        batch = {
            "Comment": f"{wish.words}: {mine.words}"[:_LONGEST_COMMENT],
            "Changes": [*mark_changes(spec, marks, mine), *wish.changes(sets)],
        }
        try:
            self._ask(
                "ChangeResourceRecordSets",
                (*wish.regions, *spec.set_identifiers),
                lambda client: client.change_resource_record_sets(HostedZoneId=spec.hosted_zone, ChangeBatch=batch),
            )
        except AwsRejectedError as error:
            if error.aws_code != "InvalidChangeBatch":
                raise
            self._look_after_refusal(wish, read_marks(marks), mine, error)

    def _look_after_refusal(self, wish: "_Wish", before: Mark | None, mine: Mark, error: AwsRejectedError) -> None:
        """Why Route 53 refused: an answer of ours was lost, somebody else was there, or the batch itself is wrong."""
        spec, now = wish.spec, self.mark(wish.spec)
        if now == mine and wish.reached(self.records(spec)):
            return
        if now == before:
            raise error
        next_mark(now, Claim("", mine.run, mine.epoch), spec.name)
        raise UnreachableError(
            f"Route 53 refused the change of {spec.name}: its mark is not the one seen before "
            f"({now.words if now else 'none'}). It is looked at again."
        ) from error

    def addresses(self, spec: Route53Records) -> dict[str, tuple[str, ...]]:
        return {record.region: record.values for record in self.records(spec)}

    def authoritative(self, spec: Route53Records) -> tuple[str, ...]:
        answer = self._ask(
            "TestDNSAnswer",
            tuple(spec.set_identifiers),
            lambda client: client.test_dns_answer(
                HostedZoneId=spec.hosted_zone, RecordName=spec.name, RecordType=spec.type
            ),
        )
        return tuple(value.rstrip(".") for value in answer.get("RecordData", ()))

    def _sets(self, spec: Route53Records) -> dict[str, dict[str, Any]]:
        """The record sets as Route 53 returned them, by region; a failover pair has none for a third region."""
        answer = self._ask(
            "ListResourceRecordSets",
            tuple(spec.set_identifiers),
            lambda client: client.list_resource_record_sets(
                HostedZoneId=spec.hosted_zone, StartRecordName=spec.name, StartRecordType=spec.type, MaxItems="100"
            ),
        )
        found = {
            raw.get("SetIdentifier"): raw
            for raw in answer["ResourceRecordSets"]
            if same_name(raw["Name"], spec.name) and raw["Type"] == spec.type
        }
        sets = {region: found[name] for region, name in spec.set_identifiers.items() if name in found}
        if not sets:
            raise RejectedError(f"Zone {spec.hosted_zone} has no {spec.type} record {spec.name} of the topology.")
        return sets

    def _mark_sets(self, spec: Route53Records) -> list[dict[str, Any]]:
        """What stands at the mark's name, exactly as Route 53 returned it: only that can be deleted."""
        name = mark_name(spec)
        answer = self._ask(
            "ListResourceRecordSets",
            tuple(spec.set_identifiers),
            lambda client: client.list_resource_record_sets(
                HostedZoneId=spec.hosted_zone, StartRecordName=name, StartRecordType="TXT", MaxItems="10"
            ),
        )
        return [raw for raw in answer["ResourceRecordSets"] if same_name(raw["Name"], name) and raw["Type"] == "TXT"]

    def _ask(self, operation: str, near: tuple[str, ...], call: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """One call, with the role's credentials from the first region of `near` that gives them: one may be down.

        Asking again is safe: reads change nothing, and Route 53 refuses a batch that it has carried out before,
        because the mark that it deletes is gone.
        """
        regions = tuple(dict.fromkeys(near)) if self._account else (ROUTE53_HOME,)
        for region in regions[:-1]:
            with suppress(UnreachableError), aws_errors("route53", ROUTE53_HOME, operation):
                return call(self._client(region))
        with aws_errors("route53", ROUTE53_HOME, operation):
            return call(self._client(regions[-1]))


def _records(sets: Mapping[str, RecordSet]) -> tuple[Record, ...]:
    return tuple(_record(region, raw) for region, raw in sets.items())


def _record(region: str, raw: RecordSet) -> Record:
    alias = raw.get("AliasTarget")
    values = [alias["DNSName"]] if alias else [entry["Value"] for entry in raw.get("ResourceRecords", ())]
    return Record(
        region=region,
        routing=routing_of(raw),
        weight=raw.get("Weight"),
        role=raw.get("Failover"),
        values=tuple(value.rstrip(".") for value in values),
        alias=alias is not None,
        ttl_s=raw.get("TTL"),
    )
