"""What speaks against a plan, and what must not."""

from datetime import timedelta

import pytest

from dr_core.observation.model import Verdict
from dr_core.plan.failover import build
from dr_core.plan.preflight import preflight
from dr_core.plan.step import Mode, Severity
from dr_core.readiness.model import Sheet

HOME, AWAY = "ap-south-1", "ap-south-2"


@pytest.fixture
def findings(clock, topology, observe):
    """`findings(mode, observation, topology=...)` as {code: finding}."""

    def make(mode=Mode.PLANNED, seen="healthy", *, within=None, source=HOME, target=AWAY, overrides=()):
        within = within or topology
        seen = observe() if seen == "healthy" else seen
        plan = build(within, "pay", source=source, target=target, mode=mode, overrides=overrides)
        sheet = Sheet(application="pay", at=clock.now(), duration_s=1.0, complete=True, checks=())
        return {finding.code: finding for finding in preflight(within, plan, seen, clock.now(), sheet)}

    return make


def blocking(found) -> set[str]:
    return {code for code, finding in found.items() if finding.severity is Severity.BLOCKING}


def database(seen, **changes):
    return seen.model_copy(update={"database": seen.database.model_copy(update=changes)})


def member(seen, region, **changes):
    members = [m.model_copy(update=changes) if m.region == region else m for m in seen.database.members]
    return database(seen, members=tuple(members))


def test_nothing_speaks_against_a_planned_failover_between_healthy_regions(findings):
    assert findings() == {}


def test_nothing_blocks_a_forced_failover_from_a_region_that_is_down(findings, observe):
    assert blocking(findings(Mode.FORCED, observe(down=HOME))) == set()


def test_a_healthy_pilot_light_is_not_blocked_although_it_looks_down(findings, observe):
    for mode in Mode:
        found = findings(mode, observe(down=AWAY, answering=True))
        assert blocking(found) == set()
        assert "target-unhealthy" in found


def test_a_planned_failover_from_a_region_that_is_down_is_the_wrong_mode(findings, observe):
    found = findings(Mode.PLANNED, observe(down=HOME))
    assert "wrong-mode" in blocking(found)
    assert "--forced" in found["wrong-mode"].way_out


def test_a_forced_failover_from_a_healthy_region_is_warned_about(findings):
    assert findings(Mode.FORCED)["source-not-down"].severity is Severity.WARNING


def test_a_target_that_is_down_blocks(findings, observe):
    assert "target-down" in blocking(findings(Mode.PLANNED, observe(down=AWAY)))


def test_a_target_of_which_nothing_is_known_to_work_blocks(findings, observe):
    seen = observe()
    seen = seen.model_copy(update={"signals": tuple(s for s in seen.signals if s.region != AWAY)})
    assert "target-unknown" in blocking(findings(Mode.FORCED, seen))


@pytest.mark.parametrize("age_s", [None, 61, 3600])
def test_what_was_not_observed_lately_is_not_good(findings, observe, clock, age_s):
    seen = None if age_s is None else observe(observed_at=clock.now() - timedelta(seconds=age_s))
    assert blocking(findings(Mode.PLANNED, seen)) == {"not-observed"}


def test_every_blocking_finding_names_its_override(findings, observe, make_topology):
    cases = [findings(Mode.PLANNED, None), findings(Mode.PLANNED, observe(down=HOME))]
    cases.append(findings(within=make_topology(cache=[{"elasticache_global": {"group": "c"}}])))
    for found in cases:
        for code in blocking(found):
            assert f"--override {code}" in found[code].way_out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"engine_version": "15.9"}, "engine-versions-differ"),
        ({"instances": 0}, "target-headless"),
        ({"status": "upgrading"}, "member-unavailable"),
    ],
)
def test_a_member_that_cannot_take_over_blocks(findings, observe, change, code):
    assert blocking(findings(seen=member(observe(), AWAY, **change))) == {code}


def test_a_target_whose_instance_the_run_makes_is_only_warned_about(findings, observe, make_topology):
    [cluster] = [one.cluster for one in observe().database.members if one.region == AWAY]
    clusters = {HOME: "pay-home", AWAY: cluster.upper()}
    readers = {"aurora_readers": {"clusters": clusters, "active": 1, "standby": 0}}
    headless, within = member(observe(), AWAY, instances=0), make_topology(capacity=[readers])
    found = findings(seen=headless, within=within)
    assert "target-headless" not in blocking(found)
    assert "makes one and waits" in found["target-headless"].message
    elsewhere = {"aurora_readers": readers["aurora_readers"] | {"clusters": {HOME: "a", AWAY: "b"}}}
    assert "target-headless" in blocking(findings(seen=headless, within=make_topology(capacity=[elsewhere])))


def test_a_target_without_a_member_blocks(findings, observe):
    seen = observe()
    seen = database(seen, members=tuple(m for m in seen.database.members if m.region == HOME))
    assert blocking(findings(Mode.FORCED, seen)) == {"target-missing"}


def test_a_change_of_writer_that_is_under_way_blocks(findings, observe):
    seen = database(observe(), failover_status="some-new-word", failover_to=AWAY)
    assert blocking(findings(seen=seen)) == {"failover-under-way"}


def test_a_switchover_that_is_under_way_blocks_a_planned_failover_and_not_the_forced_one_that_supersedes_it(
    findings, observe
):
    seen = database(observe(), failover_status="switching-over", failover_to=AWAY, data_loss_allowed=False)
    assert blocking(findings(seen=seen)) == {"failover-under-way"}
    found = findings(Mode.FORCED, seen)
    assert "failover-under-way" not in blocking(found)
    assert "as soon as RDS takes it" in found["switchover-under-way"].message
    failing_over = database(seen, failover_status="failing-over", data_loss_allowed=True)
    assert "failover-under-way" in blocking(findings(Mode.FORCED, failing_over))


def test_a_database_that_nobody_could_observe_blocks(findings, observe):
    seen = observe(database=None, writers=None, writers_reason="RDS did not answer")
    found = findings(Mode.FORCED, seen)
    assert blocking(found) == {"database-not-observed"}
    assert "RDS did not answer" in found["database-not-observed"].evidence


@pytest.mark.parametrize("mode", list(Mode))
def test_two_writers_block_a_failover_until_a_request_says_that_it_goes_on(findings, observe, mode):
    found = findings(mode, member(observe(), AWAY, is_writer=True))
    assert "two-writers" in blocking(found)
    assert "--override two-writers" in found["two-writers"].way_out


def test_an_exposure_over_the_objective_is_told_with_value_threshold_and_age(findings, observe):
    seen = observe()
    slow = seen.readings[0].model_copy(update={"seconds": 75.0})
    found = findings(Mode.FORCED, seen.model_copy(update={"readings": (slow,)}))
    assert "75 s, threshold 60 s, measured 0 s ago" in found["exposure-over-rpo"].evidence


@pytest.mark.parametrize("missing", ["reading", "value"])
def test_an_exposure_that_was_not_measured_is_unknown(findings, observe, missing):
    seen = observe()
    unknown = seen.readings[0].model_copy(update={"seconds": None, "measured_at": None, "reason": "no datapoint"})
    readings = () if missing == "reading" else (unknown,)
    assert "exposure-unknown" in findings(Mode.FORCED, seen.model_copy(update={"readings": readings}))


def test_an_unknown_lag_does_not_speak_against_a_switchover(findings, observe):
    assert findings(Mode.PLANNED, observe(readings=())) == {}


def test_a_long_ttl_is_warned_about(findings, observe):
    seen = observe()
    slow = seen.traffic[0].model_copy(update={"ttl_s": 300})
    assert "TTL 300 s" in findings(seen=seen.model_copy(update={"traffic": (slow,)}))["ttl-high"].evidence


def test_a_forced_plan_says_that_it_leans_on_us_east_1_and_on_the_failed_region(findings, observe):
    found = findings(Mode.FORCED, observe(down=HOME))
    assert "switch-records" in found["leans-on-us-east-1"].evidence
    assert "fence-source" in found["leans-on-source"].message


def test_a_standby_below_its_count_is_warned_about(findings, observe):
    seen = observe()
    short = tuple(c.model_copy(update={"running": 0}) if c.region == AWAY else c for c in seen.capacity)
    found = findings(seen=seen.model_copy(update={"capacity": short}))
    assert "0 of 1" in found["capacity-below-standby"].evidence


def test_every_kind_of_capacity_is_asked_after_and_blocks_nothing(findings, make_topology):
    group = {"autoscaling": {"group": "g", "active": 1, "standby": 1}}
    nodes = {"eks_nodegroup": {"cluster": "c", "nodegroup": "n", "active": 1, "standby": 1}}
    readers = {"aurora_readers": {"clusters": {HOME: "ledger-1", AWAY: "ledger-2"}, "active": 1, "standby": 1}}
    found = findings(within=make_topology(capacity=[group, nodes, readers]))
    assert blocking(found) == set()
    assert found["capacity-not-observed"].severity is Severity.WARNING


def test_readers_that_the_target_has_no_cluster_for_are_told(findings, make_topology):
    readers = {"aurora_readers": {"clusters": {HOME: "ledger-1"}, "active": 1, "standby": 1}}
    assert (
        "readers of ledger-1"
        in findings(within=make_topology(capacity=[readers]))["target-not-configured:readers"].message
    )


def test_a_size_that_does_not_come_is_told_with_the_services_own_words(findings, observe):
    seen = observe()
    told = {"running": 2, "desired": 3, "reason": "unable to place a task"}
    stuck = tuple(c.model_copy(update=told) if c.region == AWAY else c for c in seen.capacity)
    found = findings(seen=seen.model_copy(update={"capacity": stuck}))
    assert "unable to place a task" in found["capacity-not-coming"].evidence


def test_global_tables_and_keys_need_no_step_and_block_nothing(findings, make_topology):
    found = findings(within=make_topology(tables=[{"dynamodb_global": {"table": "t"}}], keys=["alias/k"]))
    assert blocking(found) == set()
    assert not [code for code in found if code.startswith("not-observed")]


def test_a_canary_meets_a_database_that_only_reads_and_that_is_said(findings, make_topology):
    found = findings(within=make_topology(canary={"percent": 5, "hold": "5m"}))
    assert found["canary-reads-only"].severity is Severity.WARNING
    assert "5 % of the users" in found["canary-reads-only"].message
    assert "canary-not-held" not in found


@pytest.mark.parametrize(
    ("weights", "stands"),
    [
        ({HOME: 100, AWAY: 0}, ""),
        ({HOME: 95, AWAY: 5}, ""),  # its own share is there already
        (None, ""),
        ({HOME: 0, AWAY: 100}, f"{AWAY} 100"),
        ({HOME: 50, AWAY: 50}, f"{HOME} 50, {AWAY} 50"),
    ],
)
def test_a_canary_that_cannot_begin_blocks_and_can_be_left_out(findings, observe, make_topology, weights, stands):
    seen = observe()
    (state,) = seen.traffic
    seen = seen.model_copy(update={"traffic": (state.model_copy(update={"weights": weights}),)})
    within = make_topology(canary={"percent": 5, "hold": "5m"})
    found = findings(Mode.PLANNED, seen, within=within)
    assert ("no-canary" in blocking(found)) is bool(stands)
    if stands:
        assert found["no-canary"].evidence == stands
        assert "--override no-canary" in found["no-canary"].way_out
        found = findings(Mode.PLANNED, seen, within=within, overrides=("no-canary",))
        assert "no-canary" not in found
        assert "an override leaves it out" in found["canary-not-held"].message


def test_a_canary_that_cannot_be_held_is_said_with_the_reason(findings, make_topology):
    found = findings(within=make_topology(canary={"percent": 5, "hold": "5m"}, health=()))
    assert "no health URL of ap-south-1 and ap-south-2" in found["canary-not-held"].message
    assert found["canary-not-held"].severity is Severity.WARNING


def test_a_target_that_the_traffic_cannot_reach_blocks(findings, make_topology):
    lonely = {"route53_records": {"hosted_zone": "Z", "name": "a.b", "set_identifiers": {HOME: "one"}}}
    assert "target-not-configured:traffic" in blocking(findings(within=make_topology(traffic=[lonely])))


def test_a_plan_that_verifies_nothing_blocks(findings, make_topology):
    topology = make_topology(database=None, traffic=None, verify=None, health=None)
    assert "no-verification" in blocking(findings(within=topology))


def test_a_source_of_which_nobody_knows_is_warned_about(findings, observe):
    seen = observe()
    unknown = tuple(v.model_copy(update={"verdict": Verdict.UNKNOWN}) if v.region == HOME else v for v in seen.verdicts)
    assert "source-unknown" in findings(seen=seen.model_copy(update={"verdicts": unknown}))
