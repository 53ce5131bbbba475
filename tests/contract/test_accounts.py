"""Two applications in two accounts of one world: who signs, what a stranger sees, what a wrong role looks like."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.identities import Identities
from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.clients import acting_clients, observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, RejectedError
from dr_core.plan.catalogue import Progress, observed
from dr_core.plan.failover import build
from dr_core.plan.kinds import scale_target
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import permissions
from dr_core.readiness.model import Check, CheckState
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import Surroundings
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Account, Topology

SECOND = Path(__file__).parents[1] / "topologies" / "second.yaml"
HOME, AWAY = "eu-west-1", "eu-central-1"
ROLES = {
    "identity": Account(role_arn="arn:aws:iam::111122223333:role/recovery", external_id="agreed"),
    "payments": Account(role_arn="arn:aws:iam::444455556666:role/recovery"),
}


@dataclass
class Town:
    """The world of both accounts, and the product in it, which has an identity of its own in the first one."""

    world: World
    clock: ManualClock
    topology: Topology
    ends: Endpoints
    aws: AwsSessions

    def role(self, name: str) -> Account:
        account = self.topology.applications[name].account
        assert account
        return account

    @property
    def roles(self) -> Identities:
        return self.world.part(Identities)

    def carried_out(self, name: str, step: Step) -> None:
        """As a run does it: look, act where nothing of it is there, look again."""
        settings = read_settings(
            {"DR_PROBE_CONNECT_TO": self.ends.connect_to, "DR_PROBE_CA": str(self.ends.ca_path),
             "DR_RESOLVERS": self.ends.resolver}
        )  # fmt: skip
        kind = make_catalogue(aws_ports(self.aws, settings, self.clock))[step.kind]
        claim = Claim("token", f"run-of-{name}", 1)
        for _ in range(200):
            progress = observed(kind, step, claim).progress
            if progress is Progress.SATISFIED:
                return
            if progress is Progress.ABSENT:
                kind.act(step, claim)
            self.clock.advance(10)
        raise AssertionError(f"{step.name} is not done")

    def checks(self, name: str = "identity", **external: str | None) -> list[Check]:
        """What the examination of permissions finds, with another external id in dr.yaml where one is given."""
        topology = self.topology
        if external:
            app = topology.applications[name]
            account = self.role(name).model_copy(update=external)
            apps = {**topology.applications, name: app.model_copy(update={"account": account})}
            topology = topology.model_copy(update={"applications": apps})
        aws = AwsSessions.for_topology(topology, self.ends.aws_url, clock=self.clock)
        subject = Subject(
            name, topology, observing_clients(aws, topology.applications[name].account), None, HOME, self.clock.now(),
            Surroundings(_nobody, store_host=None), own_client_of=observing_clients(aws, None),
        )  # fmt: skip
        found = preflight(subject, [permissions.inquiries], self.clock).checks
        aws.close()
        return [check for check in found if check.code.startswith("role-")]


def _nobody(*_asked: object) -> None:
    return None


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    topology = load_topology(SECOND)
    apps = {name: app.model_copy(update={"account": ROLES[name]}) for name, app in topology.applications.items()}
    topology = topology.model_copy(update={"applications": apps})
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path, clock=clock, speed=60.0)
    key, secret = world.credentials("arn:aws:iam::111122223333:role/dr-bot")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    ends = world.start()
    aws = AwsSessions.for_topology(topology, ends.aws_url, clock=clock)
    try:
        yield Town(world, clock, topology, ends, aws)
    finally:
        aws.close()
        world.stop()


def test_each_call_of_a_plan_is_signed_in_the_account_of_its_application(town: Town) -> None:
    for name in town.topology.applications:
        before = len(town.world.calls())
        plan = build(town.topology, name, source=HOME, target=AWAY, mode=Mode.PLANNED)
        for step in plan.steps:
            town.carried_out(name, step)
        account = town.role(name).role_arn.split(":")[4]
        signed = {call["principal"] for call in town.world.calls()[before:]}
        assert signed == {f"arn:aws:sts::{account}:assumed-role/recovery/dr-bot"}
        assert town.world.snapshot()["applications"][name]["writers"] == [AWAY]


def test_the_role_of_one_account_finds_nothing_of_the_other(town: Town) -> None:
    rds = acting_clients(town.aws, town.role("identity"))("rds", AWAY)
    with pytest.raises(Exception, match="GlobalClusterNotFoundFault"):
        rds.describe_global_clusters(GlobalClusterIdentifier="payments-global")
    s3 = acting_clients(town.aws, town.role("identity"))("s3", AWAY)
    with pytest.raises(Exception, match="AccessDenied"):
        s3.list_objects_v2(Bucket="ledger-receipts-fra")
    route53 = acting_clients(town.aws, town.role("identity"))("route53", AWAY)
    with pytest.raises(Exception, match="is not authorized to perform: route53:"):
        route53.list_resource_record_sets(HostedZoneId="Z7LEDGER")


def test_a_step_under_the_wrong_account_ends_in_one_sentence(town: Town) -> None:
    """As when dr.yaml gives one application the other's role: what it names is not found, and nothing is changed."""
    app = town.topology.applications["payments"].model_copy(update={"account": ROLES["identity"]})
    plan = build(
        town.topology.model_copy(update={"applications": {**town.topology.applications, "payments": app}}),
        "payments", source=HOME, target=AWAY, mode=Mode.FORCED,
    )  # fmt: skip
    promote = next(step for step in plan.steps if step.kind == "failover-aurora")
    with pytest.raises((DeniedError, RejectedError), match=r"payments-global|payments-fra"):
        town.carried_out("payments", promote)
    assert not [call for call in town.world.calls() if call["effect"] == "applied"]


def scaling(town: Town) -> Step:
    app = town.topology.applications["payments"]
    return scale_target.plan(Move("payments", app, HOME, AWAY, Mode.PLANNED), app.capacity[0])


def test_keys_that_expire_in_the_middle_of_a_run_cost_one_more_request_and_no_second_effect(town: Town) -> None:
    step = scaling(town)
    acting_clients(town.aws, town.role("payments"))("ecs", AWAY).list_clusters()
    town.roles.end_sessions()
    town.carried_out("payments", step)
    town.clock.advance(3600)
    town.carried_out("payments", step)
    scaled = [call for call in town.world.calls() if call["operation"] == "UpdateService"]
    assert [call["effect"] for call in scaled] == ["applied"]


def test_the_session_does_not_need_the_dead_region(town: Town) -> None:
    """Its keys were fetched while the region lived, and come from another one's STS afterwards."""
    look = acting_clients(town.aws, town.role("payments"))
    look("ecs", HOME).list_clusters()
    town.world.add_fault("region_down", region=HOME)
    look("ecs", AWAY).list_clusters()
    town.clock.advance(3600)
    town.carried_out("payments", scaling(town))


def test_a_role_that_can_be_assumed_is_told_as_such(town: Town) -> None:
    [check] = town.checks()
    assert (check.state, check.subject) == (CheckState.OK, ROLES["identity"].role_arn)


@pytest.mark.parametrize("wrong", ["guessed", None])
def test_a_wrong_external_id_is_a_blocking_finding(town: Town, wrong: str | None) -> None:
    [check] = town.checks(external_id=wrong)
    assert (check.code, check.severity, check.region) == ("role-unusable", "blocking", None)
    assert ROLES["identity"].role_arn in check.message
    assert "sts:AssumeRole" in check.evidence
    assert "external_id" in check.way_out
    assert check.way_out.endswith("--override role-unusable")


def test_a_role_that_is_gone_is_found_although_its_last_keys_still_hold(town: Town) -> None:
    town.carried_out("identity", build(town.topology, "identity", source=HOME, target=AWAY, mode=Mode.PLANNED).steps[0])
    town.roles.distrust(ROLES["identity"].role_arn)
    assert [check.code for check in town.checks() if check.state is CheckState.FINDING] == ["role-unusable"]


def test_without_an_answer_of_any_sts_it_is_unknown(town: Town) -> None:
    town.world.add_fault("region_down", region=HOME)
    assert [check.state for check in town.checks()] == [CheckState.OK]
    town.world.add_fault("region_down", region=AWAY)
    [check] = town.checks()
    assert (check.code, check.state) == ("role-unknown", CheckState.UNKNOWN)
    assert "sts AssumeRole" in check.message
