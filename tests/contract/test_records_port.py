"""The rules of Records, on the fake and on Route 53, for weighted records and for failover pairs."""

from collections.abc import Callable

import boto3
import pytest

from dr_core.aws.sending import guarded
from dr_core.claim import Claim
from dr_core.errors import LeaseLostError, RejectedError, UnreachableError
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.mark import Mark
from dr_core.traffic.memory import MemoryRecords
from dr_core.traffic.port import Records, leading
from dr_core.traffic.route53 import Route53

SOURCE, TARGET = "eu-central-1", "eu-west-1"
FIRST, SECOND, OTHER = Claim("t", "run-a", 1), Claim("t", "run-a", 2), Claim("u", "run-b", 1)


@pytest.fixture
def spec(stage) -> Route53Records:
    records = stage.topology.applications["shop"].traffic[0].route53_records
    assert records is not None
    return records


@pytest.fixture
def routing(request) -> str:
    return str(getattr(request, "param", "weighted"))


BOTH = pytest.mark.parametrize("routing", ["weighted", "failover"], indirect=True)
FAILOVER = pytest.mark.parametrize("routing", ["failover"], indirect=True)


@pytest.fixture
def records(stage, spec, routing) -> Records:
    if stage.world is None:
        values = {SOURCE: ("192.0.2.1",), TARGET: ("192.0.2.2",)}
        return MemoryRecords(spec, SOURCE, values, stage.clock, routing=routing)
    if routing == "failover":
        as_failover_pair(stage, spec)
    return Route53(stage.aws, stage.clock)


def as_failover_pair(stage, spec) -> None:
    """As somebody would set it up: the same addresses, by role, each with a health check that switches it."""
    zone = boto3.client("route53", region_name="us-east-1", endpoint_url=stage.endpoints.aws_url)
    found = zone.list_resource_record_sets(HostedZoneId=spec.hosted_zone, StartRecordName=spec.name)
    weighted = [raw for raw in found["ResourceRecordSets"] if "Weight" in raw and raw["Name"] == f"{spec.name}."]
    changes = [{"Action": "DELETE", "ResourceRecordSet": raw} for raw in weighted]
    for raw in weighted:
        check = zone.create_health_check(CallerReference=raw["SetIdentifier"], HealthCheckConfig={"Type": "CALCULATED"})
        role = "PRIMARY" if raw["SetIdentifier"] == spec.set_identifiers[SOURCE] else "SECONDARY"
        kept = {key: value for key, value in raw.items() if key != "Weight"}
        made = {**kept, "Failover": role, "HealthCheckId": check["HealthCheck"]["Id"]}
        changes.append({"Action": "CREATE", "ResourceRecordSet": made})
    zone.change_resource_record_sets(HostedZoneId=spec.hosted_zone, ChangeBatch={"Changes": changes})
    stage.advance(300)


class Asleep:
    """Sleeps once, right before the changing call leaves, while `meanwhile` happens."""

    def __init__(self, world, meanwhile: Callable[[], object]) -> None:
        self._calls_before_it = 2  # the mark and the records are read
        self._meanwhile = meanwhile

    def __call__(self) -> None:
        self._calls_before_it -= 1
        if self._calls_before_it == -1:
            with guarded(lambda: None):
                self._meanwhile()


def late(stage, records, change, meanwhile) -> None:
    """`change` has read everything and goes on only after `meanwhile`."""
    if stage.world is not None:
        with guarded(Asleep(stage.world, meanwhile)):
            change()
        return

    def once() -> None:
        records.paused = lambda: None
        meanwhile()

    records.paused = once
    change()


def test_the_records_prefer_one_region(records, spec):
    assert leading(records.records(spec)) == SOURCE


@BOTH
def test_the_state_has_weights_and_ttl_and_leaves_the_answer_to_dns(records, spec, routing):
    state = records.state(spec)
    assert state.weights == ({SOURCE: 100, TARGET: 0} if routing == "weighted" else None)
    assert bool(state.reason) is (routing == "failover"), "a pair has no weights, and it is said why"
    assert state.ttl_s == 30
    assert state.answers is None


def test_every_region_has_addresses_of_its_own(records, spec):
    addresses = records.addresses(spec)
    assert set(addresses) == {SOURCE, TARGET}
    assert not set(addresses[SOURCE]) & set(addresses[TARGET])


@BOTH
def test_a_change_is_in_the_records_at_once_and_in_the_answers_later(stage, records, spec):
    records.set_active(spec, TARGET, FIRST)
    assert leading(records.records(spec)) == TARGET
    assert records.authoritative(spec) == records.addresses(spec)[SOURCE]
    stage.advance(300)
    assert records.authoritative(spec) == records.addresses(spec)[TARGET]


def test_the_same_change_twice_has_one_effect(stage, records, spec):
    records.set_active(spec, TARGET, FIRST)
    records.set_active(spec, TARGET, FIRST)
    assert leading(records.records(spec)) == TARGET


@FAILOVER
def test_a_change_leaves_everything_but_the_preference_as_it_was(records, spec):
    before = {record.region: (record.values, record.ttl_s) for record in records.records(spec)}
    records.set_active(spec, TARGET, FIRST)
    assert {record.region: (record.values, record.ttl_s) for record in records.records(spec)} == before


def test_a_region_without_a_record_is_refused(records, spec):
    with pytest.raises(RejectedError, match="eu-north-1"):
        records.set_active(spec, "eu-north-1", FIRST)


def test_a_name_without_records_is_refused_by_name(records, spec):
    with pytest.raises(RejectedError, match=r"other\.example\.com"):
        records.records(spec.model_copy(update={"name": "other.example.com"}))


def test_a_switch_leaves_the_mark_of_its_owner(records, spec):
    assert records.mark(spec) is None
    records.set_active(spec, TARGET, FIRST)
    assert records.mark(spec) == Mark("run-a", 1, 1)
    records.set_active(spec, TARGET, FIRST)
    assert records.mark(spec) == Mark("run-a", 1, 2), "no two acts leave the same words"


@FAILOVER
def test_a_later_owner_and_a_later_run_take_over_the_mark(records, spec):
    for region, claim in ((TARGET, FIRST), (TARGET, SECOND), (SOURCE, OTHER)):
        records.set_active(spec, region, claim)
        mark = records.mark(spec)
        assert mark is not None
        assert (mark.run, mark.epoch) == (claim.run, claim.epoch)
    assert leading(records.records(spec)) == SOURCE


def test_an_owner_that_finds_a_later_one_of_its_run_changes_nothing(stage, records, spec):
    records.set_active(spec, TARGET, SECOND)
    with pytest.raises(LeaseLostError, match="epoch 2"):
        records.set_active(spec, SOURCE, FIRST)
    assert leading(records.records(spec)) == TARGET


@pytest.mark.parametrize("first_ever", [True, False])
def test_a_batch_that_arrives_after_a_later_owner_was_there_is_refused(stage, records, spec, first_ever):
    if not first_ever:
        records.set_active(spec, SOURCE, Claim("s", "run-earlier", 7))
    with pytest.raises(LeaseLostError):
        late(
            stage, records, lambda: records.set_active(spec, SOURCE, FIRST),
            lambda: records.set_active(spec, TARGET, SECOND),
        )  # fmt: skip
    assert leading(records.records(spec)) == TARGET
    assert records.mark(spec) == Mark("run-a", 2, 1)


@FAILOVER
def test_a_batch_that_arrives_after_a_whole_later_run_is_refused(stage, records, spec):
    with pytest.raises(UnreachableError, match="looked at again"):
        late(
            stage, records, lambda: records.set_active(spec, TARGET, FIRST),
            lambda: records.set_active(spec, SOURCE, OTHER),
        )  # fmt: skip
    assert leading(records.records(spec)) == SOURCE
    assert records.mark(spec) == Mark("run-b", 1, 1)


def test_a_mark_that_somebody_else_wrote_is_replaced_exactly_as_it_was_seen(stage, records, spec):
    if stage.world is None:
        pytest.skip("the fake keeps marks, not texts")
    zone = boto3.client("route53", region_name="us-east-1", endpoint_url=stage.endpoints.aws_url)
    foreign = {
        "Name": f"_dr-epoch.{spec.name}", "Type": "TXT", "TTL": 11, "ResourceRecords": [{"Value": '"by hand"'}],
    }  # fmt: skip
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": foreign}]}
    zone.change_resource_record_sets(HostedZoneId=spec.hosted_zone, ChangeBatch=change)
    records.set_active(spec, TARGET, FIRST)
    assert records.mark(spec) == Mark("run-a", 1, 1)


def test_a_change_whose_answer_was_lost_is_found_done_and_not_made_twice(stage, records, spec):
    if stage.world is None:
        pytest.skip("the fake loses no answers")
    fault = stage.world.add_fault("error_after", service="route53", operation="ChangeResourceRecordSets")
    with pytest.raises(UnreachableError):
        records.set_active(spec, TARGET, FIRST)
    stage.world.remove_fault(fault)
    assert records.mark(spec) == Mark("run-a", 1, 1)
    assert leading(records.records(spec)) == TARGET


@FAILOVER
def test_a_secondary_without_a_health_check_cannot_become_primary_and_it_is_said_so(stage, records, spec):
    if stage.world is None:
        pytest.skip("only Route 53's failover pairs have health checks")
    zone = boto3.client("route53", region_name="us-east-1", endpoint_url=stage.endpoints.aws_url)
    found = zone.list_resource_record_sets(HostedZoneId=spec.hosted_zone, StartRecordName=spec.name)
    [raw] = [one for one in found["ResourceRecordSets"] if one.get("Failover") == "SECONDARY"]
    bare = {key: value for key, value in raw.items() if key != "HealthCheckId"}
    change = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": bare}]}
    zone.change_resource_record_sets(HostedZoneId=spec.hosted_zone, ChangeBatch=change)
    with pytest.raises(RejectedError, match="no health check"):
        records.set_active(spec, TARGET, FIRST)


def weights(records, spec) -> dict[str, int | None]:
    return {record.region: record.weight for record in records.records(spec)}


def test_weights_are_set_in_one_batch_with_the_mark_and_a_region_that_is_not_named_keeps_its_own(stage, records, spec):
    records.set_weights(spec, {SOURCE: 95, TARGET: 5}, FIRST)
    assert weights(records, spec) == {SOURCE: 95, TARGET: 5}
    assert records.mark(spec) == Mark("run-a", 1, 1)
    records.set_weights(spec, {SOURCE: 0}, FIRST)
    assert weights(records, spec) == {SOURCE: 0, TARGET: 5}
    stage.advance(300)
    assert records.authoritative(spec) == records.addresses(spec)[TARGET]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({SOURCE: 0}, "no region would be left on"),
        ({SOURCE: 0, TARGET: 0}, "the same, named"),
        ({"eu-north-1": 5}, "a region without a record"),
        ({TARGET: 256}, "more than Route 53 takes"),
        ({TARGET: -1}, "less than none"),
    ],
)
def test_weights_that_cannot_be_are_refused_and_nothing_changes(records, spec, wanted, why):
    with pytest.raises(RejectedError):
        records.set_weights(spec, wanted, FIRST)
    assert weights(records, spec) == {SOURCE: 100, TARGET: 0}, why
    assert records.mark(spec) is None


@FAILOVER
def test_failover_records_have_no_weights_to_set(records, spec):
    with pytest.raises(RejectedError, match="not weighted"):
        records.set_weights(spec, {TARGET: 5}, FIRST)


def test_weights_that_arrive_after_a_later_owner_was_there_are_refused(stage, records, spec):
    with pytest.raises(LeaseLostError):
        late(
            stage, records, lambda: records.set_weights(spec, {TARGET: 5}, FIRST),
            lambda: records.set_active(spec, TARGET, SECOND),
        )  # fmt: skip
    assert weights(records, spec) == {SOURCE: 0, TARGET: 100}
