"""Consumers on the simulated AWS as observation, readiness and discovery find them."""

from functools import partial
from typing import Any

import pytest

from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.discovery import consumers as discovered
from dr_core.discovery.draft import draft
from dr_core.discovery.found import Found
from dr_core.errors import UnreachableError
from dr_core.observation.watch import Watch
from dr_core.ports import aws_ports
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import consumers, permissions
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import Surroundings
from dr_core.settings import read_settings
from dr_core.topology.capacity import Consumer
from dr_core.topology.load import load_checked
from dr_core.topology.stores import Storage
from tests.contract.consumers.conftest import CONSUMERS, SOURCE, TARGET

POLICY = {"permission:iam:PassRole"}
"""What is told of every schedule whose role nobody named."""


def nobody(*_: Any) -> Any:
    raise UnreachableError("nobody shakes hands here")


def amiss(ground) -> set[tuple[str, str | None]]:
    """(code, region) of everything that the examination of consumers does not find well."""
    clients = observing_clients(ground.aws, None)
    subject = Subject("billing", ground.topology, clients, None, SOURCE, ground.clock.now(), Surroundings(nobody))
    sheet = preflight(subject, (consumers.inquiries,), ground.clock)
    return {(check.code, check.region) for check in sheet.checks if check.state != "ok"}


def test_what_stands_in_every_region_and_is_alike_is_well(ground):
    assert {code for code, _ in amiss(ground)} == POLICY


def test_what_a_region_lacks_or_has_otherwise_is_found_before_a_failover(ground):
    in_target = partial(_client, ground, TARGET)
    queues = in_target("sqs")
    queue = queues.get_queue_url(QueueName="billing-in-source")["QueueUrl"]
    queues.delete_queue(QueueUrl=queue)
    events = in_target("events")
    events.put_rule(Name="closing", EventBusName="billing", EventPattern='{"source": ["other"]}', State="DISABLED")
    events.remove_targets(Rule="closing", EventBusName="billing", Ids=["queue"])
    scheduler = in_target("scheduler")
    known = scheduler.get_schedule(Name="hourly", GroupName="billing")
    scheduler.delete_schedule(Name="hourly", GroupName="billing")
    try:
        found = amiss(ground)
        assert {(code, where) for code, where in found if code not in POLICY} == {
            ("source-missing", TARGET),
            ("rule-without-target", TARGET),
            ("consumers-unlike", None),
            ("missing:schedule", TARGET),
        }
    finally:
        queues.create_queue(QueueName="billing-in-source")
        events.put_rule(
            Name="closing", EventBusName="billing", EventPattern='{"source": ["sandbox"]}', State="DISABLED"
        )
        target = {"Id": "queue", "Arn": known["Target"]["Arn"]}
        events.put_targets(Rule="closing", EventBusName="billing", Targets=[target])
        kept = {key: known[key] for key in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
        scheduler.create_schedule(Name="hourly", GroupName="billing", State="DISABLED", **kept)
    assert {code for code, _ in amiss(ground)} == POLICY


def test_roles_that_may_be_passed_to_their_own_service_alone_are_no_finding(ground, monkeypatch):
    key, secret = ground.world.credentials("arn:aws:iam::111122223333:role/dr-bot")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    role = "arn:aws:iam::111122223333:role/{}"
    app = ground.topology.applications["billing"]
    spec = CONSUMERS[2]["eventbridge_schedule"] | {"roles": {TARGET: role.format("clock")}}
    buckets = {SOURCE: "billing-south", TARGET: "billing-north"}
    changed = {
        "consumers": (Consumer.model_validate({"eventbridge_schedule": spec}),),
        "storage": (Storage.model_validate({"s3": {"buckets": buckets, "batch_role_arn": role.format("backfill")}}),),
    }
    topology = ground.topology.model_copy(update={"applications": {"billing": app.model_copy(update=changed)}})
    clients = observing_clients(AwsSessions.for_topology(topology, ground.endpoints.aws_url), None)
    subject = Subject("billing", topology, clients, None, SOURCE, ground.clock.now(), Surroundings(nobody))
    seen = permissions.simulate(subject)
    passed = {one.wanted.resource: one.decision for one in seen.decisions if one.wanted.action == "iam:PassRole"}
    assert passed == {role.format("clock"): "allowed", role.format("backfill"): "allowed"}


def _client(ground, region: str, service: str) -> Any:
    return ground.aws.client(service, region)


def test_one_pass_tells_who_consumes_and_silence_is_unknown(ground):
    settings = read_settings({})
    ports = aws_ports(ground.aws, settings, ground.clock)
    watch = Watch(ground.topology, ground.aws, settings, ground.clock, ports)
    try:
        seen = watch.observe("billing", None, recorded=SOURCE)
        told = {(state.kind, state.region): state.consumes for state in seen.consumers}
        assert {told[kind, SOURCE] for kind, _ in told} == {True}
        assert {told[kind, TARGET] for kind, _ in told} == {False}
        signals = [signal for signal in seen.signals if signal.component == "consumers"]
        assert {signal.state for signal in signals} == {"ok"}
        fault = ground.world.add_fault("region_down", region=TARGET)
        seen = watch.observe("billing", seen, recorded=SOURCE)
        ground.world.remove_fault(fault)
        silent = [state for state in seen.consumers if state.region == TARGET]
        assert {state.consumes for state in silent} == {None}
        assert all(state.reason for state in silent)
    finally:
        watch.close()


def test_a_draft_names_what_takes_work_in_every_region(ground, tmp_path):
    ask = observing_clients(ground.aws, None)
    both = (SOURCE, TARGET)
    found = Found(
        both,
        event_sources={name: both for region in both for name in discovered.event_sources(ask, region, everything)},
        rules={name: both for region in both for name in discovered.rules(ask, region, everything)},
        schedules={name: (region,) for region in both for name in discovered.schedules(ask, region, everything)},
    )
    text = draft(found, "billing")
    path = tmp_path / "dr.yaml"
    path.write_text(text, encoding="utf-8")
    named = ground.topology.applications["billing"].consumers
    wanted = [entry for entry in named if entry.kind in ("lambda_event_source", "eventbridge_rule")]
    assert list(load_checked(path).applications["billing"].consumers) == wanted
    assert f"schedule: hourly, group: billing}} is missing in {SOURCE}; left out" in text


def everything(arn: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("tagged", "sources", "rules", "schedules"),
    [
        (":function:billing-in", ["billing-in"], [], []),
        (":rule/billing/closing", [], [("billing", "closing")], []),
        (":event-bus/billing", [], [("billing", "closing")], []),
        (":schedule-group/billing", [], [], [("billing", "hourly")]),
        (":schedule-group/another", [], [], []),
    ],
)
def test_a_tag_chooses_a_function_a_rule_or_its_bus_and_a_group_of_schedules(ground, tagged, sources, rules, schedules):
    ask = observing_clients(ground.aws, None)
    for region in (SOURCE, TARGET):
        assert discovered.event_sources(ask, region, lambda arn: arn.endswith(tagged)) == sources
        assert discovered.rules(ask, region, lambda arn: arn.endswith(tagged)) == rules
        assert discovered.schedules(ask, region, lambda arn: arn.endswith(tagged)) == schedules


@pytest.mark.parametrize("service", ["lambda", "events", "scheduler"])
def test_what_was_throttled_or_denied_is_unknown_and_never_well(ground, service):
    for kind in ("throttle", "denied"):
        fault = ground.world.add_fault(kind, region=TARGET, service=service)
        code = {"lambda": "event-source-unknown", "events": "rule-unknown", "scheduler": "schedule-unknown"}[service]
        found = amiss(ground)
        ground.world.remove_fault(fault)
        assert (code, TARGET) in found
