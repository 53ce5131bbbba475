"""Where the steps for caches, secrets, buckets and distributions stand in a plan; what is said of secrets before it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from dr_core.execution.model import RunState, StepState
from dr_core.execution.recovery import has_moved
from dr_core.plan.checks.case import Case
from dr_core.plan.checks.copies import findings
from dr_core.plan.failover import build
from dr_core.plan.kinds.promote_secrets import GIVE_UP
from dr_core.plan.step import Mode, Plan, Severity, Step
from dr_core.topology.model import Topology
from tests.contract import vault
from tests.contract.vault import AWAY, BUCKETS, HOME

DATABASE = {"aurora_global": {"global_cluster": "vault", "clusters": {HOME: "vault-syd", AWAY: "vault-pdx"}}}
RECORDS = {
    "route53_records": {
        "hosted_zone": "Z0VAULT",
        "name": "vault.example.net",
        "set_identifiers": {HOME: "syd", AWAY: "pdx"},
    }
}
RUNNING: dict[str, Any] = {
    "database": DATABASE,
    "traffic": [RECORDS, {"cloudfront": {"distribution": vault.DISTRIBUTION}}],
    "capacity": [{"ecs": {"cluster": "vault", "service": "web", "active": 2, "standby": 1}}],
}


def plan_of(mode: Mode, *overrides: str, topology: Topology | None = None, **changes: Any) -> Plan:
    given = topology or vault.topology(**{**RUNNING, **changes})
    return build(given, "vault", source=HOME, target=AWAY, mode=mode, overrides=overrides)


def step(plan: Plan, kind: str) -> Step:
    return next(one for one in plan.steps if one.kind == kind)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_cache_moves_beside_the_database_and_traffic_waits_for_both(mode):
    plan = plan_of(mode)
    promote, cache = plan.step("promote"), step(plan, "failover-cache")
    assert cache.after == promote.after == (step(plan, "fence-source").name,)
    assert {promote.name, cache.name} <= set(step(plan, "switch-records").after)


def test_a_cache_that_is_not_reached_leaves_the_application_moved():
    plan = plan_of(Mode.FORCED)
    assert step(plan, "failover-cache").best_effort
    assert [one.name for one in plan.steps if one.promotes] == ["promote"]
    for missed, moved in (("failover-cache", True), ("failover-aurora", False)):
        states = {one.name: StepState.NOT_REACHED if one.kind == missed else StepState.DONE for one in plan.steps}
        run: Any = SimpleNamespace(plan=plan, record=lambda name, of=states: SimpleNamespace(state=of[name]))
        assert has_moved(run, RunState.SUCCEEDED) is moved


def test_only_a_bucket_that_is_a_gate_holds_the_switch_and_never_the_run():
    for gate, deadline_s in ((False, 240.0), (True, 900.0)):
        plan = plan_of(Mode.PLANNED, storage=[{"s3": {"buckets": BUCKETS, "gate": gate}}])
        drain = step(plan, "drain-buckets")
        assert drain.after == (step(plan, "fence-source").name,)
        assert (drain.name in step(plan, "switch-records").after) is gate
        assert (drain.best_effort, drain.deadline_s) == (True, deadline_s)


def test_a_region_that_is_given_up_is_not_waited_for():
    assert "drain-buckets" not in {one.kind for one in plan_of(Mode.FORCED).steps}


def test_a_job_is_prepared_at_the_end_where_a_role_for_it_is_named():
    for mode in Mode:
        job = step(plan_of(mode), "prepare-backfill")
        assert "verify-dns" in {plan_of(mode).step(name).kind for name in job.after}
        assert job.best_effort
    without = plan_of(Mode.PLANNED, storage=[{"s3": {"buckets": BUCKETS}}])
    assert "prepare-backfill" not in {one.kind for one in without.steps}


def test_rules_are_looked_at_before_the_gates_and_hold_nothing_up():
    plan = plan_of(Mode.PLANNED)
    rules = step(plan, "check-rules")
    assert (rules.after, rules.best_effort, rules.follow_up) == ((), True, False)
    assert rules.name not in step(plan, "fence-source").after


def test_two_buckets_with_one_name_in_words_are_two_steps():
    storages = [{"s3": {"buckets": {HOME: f"a{sign}b", AWAY: f"c{sign}d"}}} for sign in ".-"]
    names = [one.name for one in plan_of(Mode.PLANNED, storage=storages).steps if one.kind == "drain-buckets"]
    assert len(names) == len(set(names)) == 2


def test_a_storage_without_a_bucket_in_the_target_has_no_step():
    plan = plan_of(Mode.PLANNED, storage=[{"s3": {"buckets": {HOME: "only-here"}}}])
    assert not {"check-rules", "drain-buckets", "prepare-backfill"} & {one.kind for one in plan.steps}


@pytest.mark.parametrize(
    ("mode", "overrides", "code", "severity"),
    [
        (Mode.FORCED, (), "secrets-stay-replicas", Severity.INFO),
        (Mode.FORCED, (GIVE_UP,), GIVE_UP, Severity.WARNING),
        (Mode.PLANNED, (), None, None),
    ],
)
def test_what_becomes_of_secrets_is_said_before_anybody_is_asked(mode, overrides, code, severity):
    topology = vault.topology(**RUNNING)
    case = Case(topology, plan_of(mode, *overrides, topology=topology), None, datetime(2026, 11, 23, tzinfo=UTC))
    found = findings(case)
    assert [(one.code, one.severity) for one in found] == ([(code, severity)] if code else [])
    if code == "secrets-stay-replicas":
        assert f"--override {GIVE_UP}" in found[0].way_out
