"""CloudTrail's calls against the trail's intents: which one nobody intended, why, and that it is told once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.approvals.model import RequestState
from dr_core.audit import trail
from dr_core.audit.cloudtrail import Identity, in_each_region, without_session
from dr_core.audit.events import Event, EventKind
from dr_core.audit.reconcile import EXPECTED, AwsCall, Intent, spans, step_of, unexplained, why
from dr_core.audit.reconciling import MARGIN, Reconciliation, _intents
from dr_core.errors import UnreachableError
from dr_core.execution.lease import NamedLease
from dr_core.plan.steps import make_catalogue
from dr_core.store import run_leases, runs, watermarks
from dr_core.store.engine import Tx
from dr_core.store.runs import Change
from dr_core.topology.model import Account, Topology
from tests.unit.audit.conftest import ADA

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OURS = "arn:aws:sts::111122223333:assumed-role/dr"
AGENT = "Boto3/1 dr-purpose/run dr-step/run-1.promote"
CALL = AwsCall("c-1", AT, "eu-west-1", "rds", "FailoverGlobalCluster", OURS, AGENT)
INTENTS = {("run-1", "promote"): Intent("failover-aurora", frozenset({"eu-west-1"}), AT, AT + timedelta(minutes=5))}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"at": AT - timedelta(seconds=1)}, None),
        ({"at": AT + timedelta(minutes=6)}, None),
        ({"user_agent": "Boto3/1"}, "it names no purpose"),
        ({"user_agent": "aws-cli dr-purpose/observe"}, "its purpose is observe"),
        ({"user_agent": "Boto3/1 dr-purpose/anchor"}, "its purpose is anchor"),
        ({"user_agent": "Boto3/1 dr-purpose/run"}, "it names no step"),
        ({"user_agent": AGENT.replace("run-1", "run-2")}, "no intent for step promote of run run-2"),
        ({"user_agent": AGENT.replace("promote", "fence")}, "no intent for step fence of run run-1"),
        ({"operation": "DeleteDBCluster"}, "does not call rds:DeleteDBCluster"),
        ({"service": "iam", "operation": "CreateUser"}, "does not call iam:CreateUser"),
        ({"region": "eu-central-1"}, "does not call eu-central-1"),
        ({"at": AT - timedelta(minutes=2)}, "it came before the step's intent"),
        ({"at": AT + timedelta(minutes=8)}, "it came after the step was over"),
    ],
)
def test_a_call_is_explained_by_one_intent_alone(changes: dict[str, Any], said: str | None) -> None:
    found = why(replace(CALL, **changes), INTENTS)
    assert (found is None) if said is None else (said in str(found))


def test_a_global_service_is_called_at_its_home_whatever_the_step_s_region() -> None:
    intents = {("run-1", "promote"): Intent("switch-records", frozenset({"eu-west-1"}), AT, None)}
    records = replace(CALL, service="route53", operation="ChangeResourceRecordSets", region="us-east-1")
    assert why(records, intents) is None
    assert why(replace(records, region="eu-west-1"), intents) is not None


def test_calls_come_out_in_the_order_of_their_times() -> None:
    later, sooner = replace(CALL, user_agent=""), replace(CALL, id="c-0", at=AT - timedelta(hours=1))
    assert [call.id for call, _ in unexplained([later, sooner], INTENTS)] == ["c-0", "c-1"]


def test_every_kind_of_step_says_what_it_calls() -> None:
    """A kind that is missing here would make each of its calls look like an intruder's."""
    ports: Any = None
    assert set(make_catalogue(ports)) == set(EXPECTED)


def test_a_step_is_open_from_its_first_intent_to_its_end_or_its_run_s() -> None:
    def event(seq: int, kind: EventKind, step: str | None = None) -> Event:
        data = {"run": "run-1", **({"step": step} if step else {})}
        at = AT + timedelta(seconds=seq)
        return Event(
            chain="r-1", seq=seq, cmd_id=str(seq), at=at, kind=kind, actor={}, data=data, body="", prev="", hash=""
        )

    chain = [
        event(1, EventKind.STEP_INTENT, "scale"),
        event(2, EventKind.STEP_INTENT, "fence"),
        event(3, EventKind.STEP_INTENT, "scale"),
        event(4, EventKind.STEP_DONE, "scale"),
        event(5, EventKind.STEP_NOT_REACHED, "fence"),
        event(6, EventKind.STEP_INTENT, "promote"),
        event(7, EventKind.RUN_ABORTED),
        event(8, EventKind.STEP_INTENT, "fence"),
    ]

    def s(n: int) -> datetime:
        return AT + timedelta(seconds=n)

    assert spans(chain, "run-1") == {"scale": (s(1), s(4)), "fence": (s(2), None), "promote": (s(6), s(7))}
    assert spans([*chain, event(9, EventKind.RUN_FOLLOWED)], "run-1")["fence"] == (s(2), s(9))
    assert spans(chain, "run-2") == {}


def test_a_session_s_name_does_not_make_another_principal() -> None:
    assert without_session(f"{OURS}/i-0abc") == OURS
    assert without_session("arn:aws:iam::111122223333:user/ada") == "arn:aws:iam::111122223333:user/ada"
    assert step_of(replace(CALL, user_agent="x dr-step/run-1.a%20b y")) == ("run-1", "a b")


# -- what duties intended ----------------------------------------------------------------------------------------------

MARKER = "/dr/freeze/shop"
PUT = replace(CALL, service="ssm", operation="PutParameter", user_agent="Boto3/1 dr-purpose/freeze", subject=MARKER)
TAKEN = {"operation": "DeleteParameter", "at": AT + timedelta(hours=1)}
COPY = replace(
    CALL, operation="CopyDBClusterSnapshot", user_agent="Boto3/1 dr-purpose/reconcile dr-step/l-1.kept", subject="kept"
)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (PUT, None),
        (replace(PUT, **TAKEN), None),
        (replace(PUT, subject="/shop/password"), "no freeze, or end of one"),
        (replace(PUT, subject=""), "no freeze, or end of one"),
        (replace(PUT, subject="/dr/freeze/other"), "no freeze, or end of one"),
        (replace(PUT, operation="DeleteParameters"), "no freeze, or end of one"),
        (replace(PUT, region="us-east-1"), "does not call us-east-1"),
        (replace(PUT, at=AT - timedelta(minutes=2)), "before the step's intent"),
        (replace(PUT, at=AT + timedelta(hours=2)), "after the step was over"),
        (replace(PUT, **(TAKEN | {"at": AT})), "before the step's intent"),
        (COPY, None),
        (replace(COPY, subject="another"), "kept was meant, not another"),
        (replace(COPY, region="eu-central-1"), "does not call eu-central-1"),
        (replace(COPY, user_agent="Boto3/1 dr-purpose/reconcile"), "it names no step"),
        (replace(COPY, user_agent="Boto3/1 dr-purpose/reconcile dr-step/l-2.kept"), "no intent for step kept"),
        (replace(COPY, at=AT - timedelta(minutes=2)), "before the step's intent"),
        (replace(COPY, operation="DeleteDBClusterSnapshot"), "does not call rds:DeleteDBClusterSnapshot"),
    ],
)
def test_a_duty_s_call_is_explained_by_what_it_told_before(stage: Any, call: AwsCall, said: str | None) -> None:
    frozen = {"application": "shop", "parameter": MARKER, "regions": ["eu-central-1", "eu-west-1"]}
    copying = {"item": "l-1", "region": "eu-west-1", "copy": "kept"}
    told = ((0, EventKind.FREEZE_SET, frozen), (0, EventKind.RECONCILIATION_COPYING, copying),
            (3600, EventKind.FREEZE_LIFTED, frozen))  # fmt: skip
    begun = stage.clock.now()
    for seconds, kind, data in told:
        stage.clock.advance(seconds)
        stage.store.write(lambda tx, kind=kind, data=data: trail.append_ops(tx, kind, ADA, data))
    moved = replace(call, at=begun + (call.at - AT))
    intents = stage.store.read(lambda tx: _intents(tx, [moved]))
    found = why(moved, intents)
    assert (found is None) if said is None else (said in str(found))


# -- the duty ----------------------------------------------------------------------------------------------------------


@dataclass
class FakeHistory:
    """What CloudTrail would tell; regions in `down` do not answer."""

    calls: list[AwsCall] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def identity(self, role: Account | None, region: str) -> Identity:
        return Identity("111122223333", OURS)

    def changes(self, role: Account | None, region: str, since: datetime, until: datetime) -> Iterable[AwsCall]:
        if region in self.down:
            raise UnreachableError(f"{region} could not be reached.")
        self.asked.append((region, since, until))
        return [call for call in self.calls if call.region == region and since <= call.at <= until]


@dataclass
class Duty:
    stage: Any
    history: FakeHistory
    topology: Topology

    @property
    def duty(self) -> Reconciliation:
        store, clock = self.stage.store, self.stage.clock
        return Reconciliation(store, self.topology, self.history, NamedLease(store, "reconcile", "w"), clock, owner="w")

    def later(self, seconds: float = 300) -> int:
        self.stage.clock.advance(seconds)
        return self.duty.pass_over()

    def call(self, **changes: Any) -> None:
        """A call of ours just now."""
        number = len(self.history.calls) + 1
        self.history.calls.append(replace(CALL, id=f"c-{number}", at=self.stage.clock.now(), **changes))

    def told(self) -> list[Any]:
        found = self.stage.store.read(lambda tx: trail.listing(tx, limit=200))
        return [event for event in found if event.kind == EventKind.CALL_UNEXPLAINED]


@pytest.fixture
def duty(stage: Any, shop: Topology) -> Duty:
    made = Duty(stage, FakeHistory(), shop)
    made.later(0)
    return made


def test_an_intended_call_is_quiet_and_an_unintended_one_is_told_once(duty: Duty) -> None:
    duty.stage.ask("r-1", RequestState.APPROVED, "run-1")
    entry = (EventKind.STEP_INTENT, {}, {"run": "run-1", "step": "promote"}, None)

    def intend(tx: Tx) -> None:
        epoch = run_leases.take(tx, "run-1", "w", timedelta(seconds=20), [(EventKind.RUN_TAKEN, {}, {}, None)])
        started = (EventKind.RUN_STARTED, {}, {"run": "run-1"}, None)
        runs.transition(tx, "run-1", epoch or 0, Change([started], {"state": "running"}))
        runs.transition(tx, "run-1", epoch or 0, Change([entry], intent=True))

    duty.stage.store.write(intend)
    duty.call()
    duty.call(service="iam", operation="CreateUser", user_agent="aws-cli/2", error="AccessDenied")
    assert duty.later() == 1
    assert duty.later() == 0
    [event] = duty.told()
    assert event.data["operation"] == "CreateUser"
    assert event.data["error"] == "AccessDenied"
    assert event.data["reason"] == "it names no purpose"


def test_a_call_that_cloudtrail_tells_late_is_found_within_the_margin(duty: Duty) -> None:
    at = duty.stage.clock.now() + timedelta(seconds=1)
    duty.later(600)
    duty.history.calls.append(replace(CALL, id="late", at=at, user_agent=""))
    assert duty.later(300) == 1
    assert timedelta(seconds=900) < MARGIN


def test_calls_of_others_and_calls_from_before_the_watch_are_no_matter(duty: Duty) -> None:
    duty.call(principal="arn:aws:iam::111122223333:user/ada", user_agent="")
    before = replace(CALL, id="before", at=duty.stage.clock.now() - timedelta(minutes=5), user_agent="")
    duty.history.calls.append(before)
    assert duty.later() == 0


def test_a_region_out_of_reach_is_caught_up_from_where_it_was_left(duty: Duty) -> None:
    duty.history.down.add("eu-west-1")
    duty.stage.clock.advance(1)
    duty.call(user_agent="")
    for _ in range(24):
        assert duty.later(300) == 0
    duty.history.down.clear()
    assert duty.later(300) == 1
    asked = [(since, until) for region, since, until in duty.history.asked if region == "eu-west-1"]
    assert max(until - since for since, until in asked) <= timedelta(minutes=50), "a long gap is read in parts"


def test_the_home_of_the_global_services_is_watched_too(duty: Duty) -> None:
    duty.later()
    assert {region for region, _, _ in duty.history.asked} == {"eu-central-1", "eu-west-1", "us-east-1"}
    mark = duty.stage.store.read(lambda tx: watermarks.get(tx, "calls:111122223333:us-east-1"))
    assert mark is not None
    assert mark.at == duty.stage.clock.now()


@pytest.mark.parametrize(
    ("principal", "ours"),
    [
        ("arn:aws:sts::1:assumed-role/dr-worker-eu-west-1", {"eu-central-1", "eu-west-1"}),
        ("arn:aws:sts::1:assumed-role/dr-worker", set()),
        ("arn:aws:sts::1:assumed-role/dr-worker-ap-south-1", set()),
    ],
)
def test_the_roles_of_workers_in_other_regions_are_ours_too(principal, ours):
    named = {f"arn:aws:sts::1:assumed-role/dr-worker-{region}" for region in ours} or {principal}
    assert in_each_region(principal, ("eu-central-1", "eu-west-1")) == named
