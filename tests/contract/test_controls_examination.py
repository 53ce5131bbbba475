"""The examination of routing controls, over HTTP of the simulated AWS."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.arc import Arc, SafetyRule
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.seed_arc import check_of
from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.plan.step import Severity
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import controls
from dr_core.readiness.examinations.safety_rules import Rule, would_refuse
from dr_core.readiness.model import Check, CheckState
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import Surroundings
from dr_core.topology.load import load_topology

FULL = Path(__file__).parents[1] / "topologies" / "full.yaml"
HERE, THERE = "eu-central-1", "eu-west-1"
ENDPOINTS = ("us-east-1", "ap-northeast-1", "eu-west-1", "ap-southeast-2", "us-west-2")


class Bench:
    def __init__(self, folder: Path) -> None:
        self.topology = load_topology(FULL)
        clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        self.world = World(self.topology, data_dir=folder, clock=clock, speed=1.0)
        self._clients = observing_clients(AwsSessions.for_topology(self.topology, self.world.start().aws_url), None)
        self._clock = clock

    @property
    def spec(self):
        entries = self.topology.applications["shop"].traffic
        return next(entry.arc_routing_controls for entry in entries if entry.arc_routing_controls)

    def findings(self) -> dict[str, Check]:
        """What is no good, by code; one a code is enough here."""
        around = Surroundings(lambda host, port: None)
        subject = Subject("shop", self.topology, self._clients, None, HERE, self._clock.now(), around)
        checks = preflight(subject, (controls.inquiries,), self._clock).checks
        return {check.code: check for check in checks if check.state is not CheckState.OK}


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        made = Bench(tmp_path_factory.mktemp("arc"))
        try:
            yield made
        finally:
            made.world.stop()


@pytest.fixture(autouse=True)
def whole(bench) -> Iterator[None]:
    yield
    bench.world.remove_fault(None)


def test_a_well_kept_cluster_only_costs_money(bench):
    found = bench.findings()
    assert found.keys() == {"control-costs"}
    assert found["control-costs"].severity is Severity.INFO
    assert "pricing" in found["control-costs"].evidence


@pytest.mark.parametrize(("silent", "severity"), [(1, Severity.WARNING), (2, Severity.WARNING), (3, Severity.BLOCKING)])
def test_silent_endpoints_are_counted(bench, silent, severity):
    for region in ENDPOINTS[:silent]:
        bench.world.add_fault("region_down", region=region)
    found = bench.findings()["arc-endpoints"]
    assert found.severity is severity
    assert f"{5 - silent} of 5" in found.message
    assert ENDPOINTS[0] in found.evidence


def test_controls_that_are_missing_or_do_not_send_to_one_region(bench, monkeypatch):
    arc, here, there = bench.world.part(Arc), *bench.spec.controls.values()
    monkeypatch.setitem(arc.controls, there, True)
    assert "2 routing controls are on" in bench.findings()["controls-on"].message
    monkeypatch.setitem(arc.controls, there, False)
    monkeypatch.setitem(arc.controls, here, False)
    assert "No routing control is on" in bench.findings()["controls-on"].message
    monkeypatch.delitem(arc.controls, there)
    missing = bench.findings()["missing:control"]
    assert (missing.region, missing.severity) == (THERE, Severity.BLOCKING)


def test_a_record_that_follows_another_check_leads_nobody(bench, monkeypatch):
    check = bench.world.part(Route53).health.checks[check_of(bench.spec.controls[THERE])]
    monkeypatch.setitem(check.config, "RoutingControlArn", "arn:another")
    found = bench.findings()["control-not-followed"]
    assert (found.region, found.severity) == (THERE, Severity.BLOCKING)
    assert "arn:another" in found.evidence


def test_a_safety_rule_that_would_refuse_is_told_before_the_run(bench, monkeypatch):
    arc, panel = bench.world.part(Arc), controls.panel_of(bench.spec)
    gate = f"{panel}/routingcontrol/gate"
    rule = SafetyRule(f"{panel}/safetyrule/ab12", "open-the-gate", (bench.spec.controls[THERE],), 1, (gate,))
    monkeypatch.setitem(arc.controls, gate, False)
    monkeypatch.setitem(arc.rules, rule.arn, rule)
    found = bench.findings()["safety-rule"]
    assert (found.region, found.severity, found.evidence) == (THERE, Severity.BLOCKING, rule.arn)
    assert "--override safety-rule" in found.way_out
    monkeypatch.setitem(arc.controls, gate, True)
    assert "safety-rule" not in bench.findings()


@pytest.mark.parametrize(
    ("kind", "threshold", "inverted", "after", "refused"),
    [
        ("ATLEAST", 1, False, (False, False), True),
        ("ATLEAST", 1, False, (True, False), False),
        ("ATLEAST", 2, False, (True, False), True),
        ("AND", 0, False, (True, False), True),
        ("AND", 0, False, (True, True), False),
        ("OR", 0, False, (False, True), False),
        ("OR", 0, False, (False, False), True),
        ("ATLEAST", 2, True, (True, True), True),
        ("ATLEAST", 2, True, (True, False), False),
    ],
)
def test_what_an_assertion_rule_refuses(kind, threshold, inverted, after, refused):
    rule = Rule("arn", "rule", ("a", "b"), ("a", "b"), kind, threshold, inverted)
    wanted = dict(zip(("a", "b"), after, strict=True))
    before = {name: not on for name, on in wanted.items()}
    assert would_refuse(rule, before, wanted) is refused
    assert not would_refuse(rule, wanted, wanted), "what changes nothing is never refused"
