"""The rules of Records, on the fake and on Route 53."""

import pytest

from dr_core.errors import RejectedError
from dr_core.topology.model import Route53Records
from dr_core.traffic.memory import MemoryRecords
from dr_core.traffic.port import Records, leading
from dr_core.traffic.route53 import Route53

SOURCE, TARGET = "eu-central-1", "eu-west-1"


@pytest.fixture
def spec(stage) -> Route53Records:
    records = stage.topology.applications["shop"].traffic[0].route53_records
    assert records is not None
    return records


@pytest.fixture
def records(stage, spec) -> Records:
    if stage.world is not None:
        return Route53(stage.aws, stage.clock)
    return MemoryRecords(spec, SOURCE, {SOURCE: ("192.0.2.1",), TARGET: ("192.0.2.2",)}, stage.clock)


def test_the_records_prefer_one_region(records, spec):
    assert leading(records.records(spec)) == SOURCE


def test_the_state_has_weights_and_ttl_and_leaves_the_answer_to_dns(records, spec):
    state = records.state(spec)
    assert state.weights == {SOURCE: 100, TARGET: 0}
    assert state.ttl_s == 30
    assert state.answers is None


def test_every_region_has_addresses_of_its_own(records, spec):
    addresses = records.addresses(spec)
    assert set(addresses) == {SOURCE, TARGET}
    assert not set(addresses[SOURCE]) & set(addresses[TARGET])


def test_a_change_is_in_the_records_at_once_and_in_the_answers_later(stage, records, spec):
    change = records.set_active(spec, TARGET)
    assert leading(records.records(spec)) == TARGET
    assert not records.change_done(change)
    assert records.authoritative(spec) == records.addresses(spec)[SOURCE]
    stage.advance(300)
    assert records.change_done(change)
    assert records.authoritative(spec) == records.addresses(spec)[TARGET]


def test_the_same_change_twice_has_one_effect(stage, records, spec):
    records.set_active(spec, TARGET)
    records.set_active(spec, TARGET)
    assert records.state(spec).weights == {SOURCE: 0, TARGET: 100}


def test_a_change_leaves_everything_but_the_preference_as_it_was(records, spec):
    before = {record.region: (record.values, record.ttl_s) for record in records.records(spec)}
    records.set_active(spec, TARGET)
    assert {record.region: (record.values, record.ttl_s) for record in records.records(spec)} == before


def test_a_region_without_a_record_is_refused(records, spec):
    with pytest.raises(RejectedError, match="eu-north-1"):
        records.set_active(spec, "eu-north-1")


def test_a_name_without_records_is_refused_by_name(records, spec):
    with pytest.raises(RejectedError, match=r"other\.example\.com"):
        records.records(spec.model_copy(update={"name": "other.example.com"}))
