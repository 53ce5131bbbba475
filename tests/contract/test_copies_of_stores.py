"""The steps that move caches, secrets and buckets, on the fakes and on the simulated AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dr_core.aws.cli import wait
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.copies.port import BackfillJob, Remainder
from dr_core.errors import DeniedError, RejectedError, ThrottledError, UnreachableError
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation, observed
from dr_core.plan.failover import build
from dr_core.plan.kinds.check_rules import BucketsMove
from dr_core.plan.kinds.promote_secrets import GIVE_UP
from dr_core.plan.ports import Ports
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.topology.model import Topology
from tests.contract import vault
from tests.contract.by_hand import Hands
from tests.contract.vault import AWAY, BUCKETS, HOME, SECRETS

ABSENT, MOVING, DONE = Progress.ABSENT, Progress.UNDER_WAY, Progress.SATISFIED
MINE = Claim("run-a-step", "run-a", 1)
CALLS = {
    "failover-cache": ("elasticache", "FailoverGlobalReplicationGroup", AWAY),
    "promote-secrets": ("secretsmanager", "StopReplicationToReplica", AWAY),
    "prepare-backfill": ("s3control", "CreateJob", HOME),
}
ONCE = {"failover-cache": 1, "promote-secrets": len(SECRETS), "prepare-backfill": 1}
ACTING = sorted(CALLS)
# The fakes have no single calls that fail.
ON_AWS = pytest.mark.parametrize("stage", ["aws"], indirect=True)


@pytest.fixture
def shop() -> Topology:
    """What the stage is made of, in the place of the sample topology."""
    return vault.topology()


@dataclass
class Bench:
    """One side of the suite, and the steps of the forced plan that gives the secrets up."""

    ports: Ports
    topology: Topology
    clock: ManualClock

    def step(self, kind: str, mode: Mode = Mode.FORCED) -> Step:
        overrides = (GIVE_UP,) if mode is Mode.FORCED else ()
        plan = build(self.topology, "vault", source=HOME, target=AWAY, mode=mode, overrides=overrides)
        return next(step for step in plan.steps if step.kind == kind)

    def back(self, kind: str) -> Step:
        plan = build(self.topology, "vault", source=AWAY, target=HOME, mode=Mode.PLANNED)
        return next(step for step in plan.steps if step.kind == kind)

    @cached_property
    def kinds(self) -> Catalogue:
        """Those of one process."""
        return make_catalogue(self.ports)

    def look(self, step: Step, claim: Claim = MINE) -> StepObservation:
        return observed(self.kinds[step.kind], step, claim)

    def act(self, step: Step, claim: Claim = MINE) -> None:
        self.kinds[step.kind].act(step, claim)

    def settle(self, step: Step) -> StepObservation:
        for _ in range(40):
            seen = self.look(step)
            if seen.progress is not MOVING:
                return seen
            self.clock.advance(15)
        raise AssertionError(f"{step.name} did not end: {seen.detail}")


@pytest.fixture
def bench(stage, shop) -> Bench:
    ports = vault.in_memory(stage) if stage.world is None else vault.on_aws(stage)
    return Bench(ports, shop, stage.clock)


@pytest.fixture
def fault(stage) -> Callable[..., None]:
    """`fault(kind of fault, kind of step)`."""

    def add(kind: str, step: str, value: float | None = None) -> None:
        service, operation, region = CALLS[step]
        stage.world.add_fault(kind, service=service, operation=operation, region=region, value=value)

    return add


def applied(stage: Any, kind: str) -> int:
    operation = CALLS[kind][1]
    return len([c for c in stage.world.calls() if c["operation"] == operation and c["effect"] == "applied"])


@pytest.mark.parametrize("kind", ACTING)
def test_it_is_absent_then_done_and_a_second_act_changes_nothing(bench, kind):
    step = bench.step(kind)
    assert bench.look(step).progress is ABSENT
    bench.act(step)
    bench.act(step)
    assert bench.settle(step).progress is DONE
    bench.act(step)
    assert bench.look(step).progress is DONE


@pytest.mark.parametrize("kind", ["failover-cache"])
def test_it_is_under_way_until_the_service_says_that_it_is_done(bench, kind):
    step = bench.step(kind)
    bench.act(step)
    assert bench.look(step).progress is MOVING


@pytest.mark.parametrize("kind", ACTING)
def test_the_region_that_it_is_asked_in_must_be_there(bench, stage, kind):
    stage.take_down(CALLS[kind][2])
    with pytest.raises(UnreachableError):
        bench.look(bench.step(kind))


@pytest.mark.parametrize("kind", ["failover-cache", "promote-secrets"])
def test_nothing_of_the_dead_region_is_needed(bench, stage, kind):
    stage.take_down(HOME)
    step = bench.step(kind)
    assert bench.look(step).progress is ABSENT
    bench.act(step)
    assert bench.settle(step).progress is DONE


@ON_AWS
@pytest.mark.parametrize("kind", ACTING)
def test_a_call_that_failed_before_its_effect_is_made_again(bench, stage, fault, kind):
    fault("error_before", kind, 1)
    step = bench.step(kind)
    with pytest.raises(UnreachableError):
        bench.act(step)
    assert bench.look(step).progress is ABSENT
    bench.act(step)
    assert bench.settle(step).progress is DONE
    assert applied(stage, kind) == ONCE[kind]


@ON_AWS
@pytest.mark.parametrize("kind", ACTING)
def test_a_call_that_failed_after_its_effect_is_seen_and_not_doubled(bench, stage, fault, kind):
    fault("error_after", kind, ONCE[kind])
    step = bench.step(kind)
    for _ in range(ONCE[kind]):
        assert bench.look(step).progress is ABSENT
        with pytest.raises(UnreachableError):
            bench.act(step)
    assert bench.settle(step).progress is DONE
    assert applied(stage, kind) == ONCE[kind]


@ON_AWS
@pytest.mark.parametrize("kind", ACTING)
@pytest.mark.parametrize(("how", "error"), [("throttle", ThrottledError), ("denied", DeniedError)])
def test_what_aws_refuses_is_told_as_it_is(bench, stage, fault, kind, how, error):
    fault(how, kind)
    with pytest.raises(error):
        bench.act(bench.step(kind))
    assert applied(stage, kind) == 0


def test_the_roles_of_a_cache_and_its_last_lag_are_evidence(bench, stage):
    step = bench.step("failover-cache")
    bench.act(step)
    evidence = bench.settle(step).evidence
    assert evidence["roles"] == {HOME: "SECONDARY", AWAY: "PRIMARY"}
    assert evidence["lag_seconds"] is not None or evidence["lag_reason"]
    if stage.world is not None:
        assert 0 < evidence["lag_seconds"] < 1


def test_a_cache_goes_back_the_way_it_came(bench):
    step, back = bench.step("failover-cache"), bench.back("failover-cache")
    bench.act(step)
    assert bench.settle(step).progress is DONE
    assert bench.look(back).progress is ABSENT
    bench.act(back)
    assert bench.settle(back).progress is DONE


def test_secrets_stay_replicas_unless_the_request_gives_them_up(bench):
    for mode, overrides in ((Mode.FORCED, ()), (Mode.PLANNED, (GIVE_UP,))):
        plan = build(bench.topology, "vault", source=HOME, target=AWAY, mode=mode, overrides=overrides)
        assert "promote-secrets" not in {step.kind for step in plan.steps}


@ON_AWS
def test_giving_secrets_up_by_hand_ends_where_the_step_ends(bench, stage):
    step, ends = bench.step("promote-secrets"), stage.endpoints
    recipe = KINDS[step.kind].by_hand(step)
    hands = Hands(ends.aws_url, ends.connect_to, ends.ca_path, ends.resolver, stage.clock)
    # A socket's path may have 107 characters, which pytest's folders can exceed.
    with TemporaryDirectory(prefix="dr-hand-") as folder:
        hands.run("\n".join(["set -e", *recipe.act, *map(wait, recipe.until)]), Path(folder))
    assert bench.look(step).progress is DONE


def test_a_secret_that_is_no_replica_is_left_alone(bench):
    seen = bench.look(bench.step("promote-secrets"))
    assert seen.evidence["replicas"] == dict.fromkeys(SECRETS, HOME)
    assert bench.ports.secrets.primary_of(SECRETS[0], HOME) is None
    with pytest.raises(RejectedError):
        bench.ports.secrets.promote(SECRETS[0], HOME)


def test_a_secret_that_was_promoted_no_longer_follows_its_primary(bench, stage):
    bench.act(bench.step("promote-secrets"))
    assert [bench.ports.secrets.primary_of(name, AWAY) for name in SECRETS] == [None, None]
    if stage.world is not None:
        stage.aws.client("secretsmanager", HOME).put_secret_value(SecretId=SECRETS[0], SecretString="changed")
        there = stage.aws.client("secretsmanager", AWAY).get_secret_value(SecretId=SECRETS[0])
        assert "changed" not in there["SecretString"]


def test_rules_that_carry_everything_back_are_said_to(bench):
    seen = bench.look(bench.step("check-rules"))
    assert (seen.progress, seen.evidence["not_carried_back"]) == (DONE, [])


def test_what_the_rules_leave_out_is_told_and_holds_nothing_up(bench, stage):
    name = BUCKETS[AWAY]
    if stage.world is None:
        bench.ports.buckets.listed[name] = (vault.rule(HOME, prefix="out/", replica_changes=False),)
    else:
        client = stage.aws.client("s3", AWAY)
        config = client.get_bucket_replication(Bucket=name)["ReplicationConfiguration"]
        config["Rules"][0] |= {"Filter": {"Prefix": "out/"}, "DeleteMarkerReplication": {"Status": "Disabled"}}
        config["Rules"][0]["SourceSelectionCriteria"]["ReplicaModifications"]["Status"] = "Disabled"
        client.put_bucket_replication(Bucket=name, ReplicationConfiguration=config)
    seen = bench.look(bench.step("check-rules"))
    assert seen.progress is DONE
    gaps = " ".join(seen.evidence["not_carried_back"])
    assert "no enabled rule copies all of in/" in gaps
    assert "metadata made on replicas" in gaps
    assert "delete markers" in gaps


def test_a_bucket_without_rules_is_not_carried_back_at_all(bench, stage):
    if stage.world is None:
        bench.ports.buckets.listed[BUCKETS[AWAY]] = ()
    else:
        stage.aws.client("s3", AWAY).delete_bucket_replication(Bucket=BUCKETS[AWAY])
    assert "not carried back" in bench.look(bench.step("check-rules")).detail


def test_a_drained_bucket_says_how_old_the_figure_is(bench, stage):
    step = bench.step("drain-buckets", Mode.PLANNED)
    stage.advance(60)
    bench.look(step)
    stage.advance(120)
    seen = bench.look(step)
    assert (seen.progress, seen.evidence["pending_operations"]) == (DONE, 0)
    assert seen.evidence["age_seconds"] is not None
    assert "measured" in seen.detail


def test_a_figure_of_before_the_first_look_proves_nothing_about_what_was_written_till_then(bench, stage):
    step = bench.step("drain-buckets", Mode.PLANNED)
    if stage.world is None:
        now = bench.clock.now()
        bench.ports.buckets.owing[BUCKETS[HOME]] = Remainder(0, 0, now - timedelta(seconds=20), now)
    else:
        stage.advance(60 - bench.clock.now().second + 20)
    first = bench.look(step)
    assert (first.progress, first.evidence["pending_operations"]) == (MOVING, 0)
    assert "is waited for" in first.detail
    bench.ports.buckets.owing.clear() if stage.world is None else None
    stage.advance(120)
    another = Bench(bench.ports, bench.topology, bench.clock)
    if stage.world is not None:
        assert another.look(step).progress is MOVING, "a process that takes over looks for the first time"
    assert bench.look(step).progress is DONE


def test_what_is_pending_is_the_remainder_until_it_has_gone(bench, stage):
    step = bench.step("drain-buckets", Mode.PLANNED)
    if stage.world is None:
        now = bench.clock.now()
        bench.ports.buckets.owing[BUCKETS[HOME]] = Remainder(2, 10, now, now)
    else:
        stage.world.add_fault("replication_stops", service="s3", region=AWAY)
        for key in ("in/one", "in/two"):
            stage.aws.client("s3", HOME).put_object(Bucket=BUCKETS[HOME], Key=key, Body=b"12345")
        stage.advance(120)
    seen = bench.look(step)
    assert (seen.progress, seen.evidence["pending_operations"], seen.evidence["pending_bytes"]) == (MOVING, 2, 10)
    assert "2 operations with 10 bytes are pending" in seen.detail


def test_a_figure_that_stopped_is_not_believed(bench, stage):
    step = bench.step("drain-buckets", Mode.PLANNED)
    assert bench.look(step).progress in (DONE, MOVING)
    if stage.world is None:
        bench.ports.buckets.owing[BUCKETS[HOME]] = bench.ports.buckets.remainder(_pair(step))
    else:
        stage.world.add_fault("metrics_stop", service="s3")
    stage.advance(600)
    assert bench.look(step).progress is MOVING


def test_a_job_lists_what_is_missing_and_waits_for_a_person(bench, stage):
    step = bench.step("prepare-backfill")
    bench.act(step)
    seen = bench.settle(step)
    assert "waits to be confirmed" in seen.detail
    if stage.world is not None:
        account, control = vault.ROLE.split(":")[4], stage.aws.client("s3control", HOME)
        (job,) = control.list_jobs(AccountId=account)["Jobs"]
        assert (job["Status"], job["ProgressSummary"]["TotalNumberOfTasks"]) == ("Suspended", 2)
        control.update_job_status(AccountId=account, JobId=job["JobId"], RequestedJobStatus="Ready")
        stage.advance(60)
        assert "is Complete" in bench.look(step).detail


def test_the_job_of_another_run_is_none_of_this_one(bench):
    step = bench.step("prepare-backfill")
    bench.act(step)
    assert bench.look(step, Claim("run-b-step", "run-b", 1)).progress is ABSENT


def test_a_list_that_is_empty_means_that_nothing_is_missing(bench, stage):
    step = bench.step("prepare-backfill")
    if stage.world is None:
        bench.act(step)
        failed = BackfillJob("job", "Failed", "Manifest generator found no keys matching filter criteria")
        bench.ports.buckets.jobs[BUCKETS[HOME], MINE.run] = failed
    else:
        client = stage.aws.client("s3", HOME)
        for entry in client.list_objects_v2(Bucket=BUCKETS[HOME])["Contents"]:
            client.delete_object(Bucket=BUCKETS[HOME], Key=entry["Key"])
        bench.act(step)
    assert "nothing to copy" in bench.settle(step).detail


@pytest.mark.parametrize("stage", ["memory"], indirect=True)
@pytest.mark.parametrize(
    ("status", "failure", "told"),
    [
        ("Failed", "the role may not read", "may not read"),
        ("Cancelled", "", "job-7 is Cancelled: what it lists is not copied"),
        ("Cancelling", "", "job-7 is Cancelling"),
    ],
)
def test_a_job_that_failed_otherwise_or_was_cancelled_is_an_error_with_its_reason(bench, status, failure, told):
    bench.ports.buckets.jobs[BUCKETS[HOME], MINE.run] = BackfillJob("job-7", status, failure)
    with pytest.raises(RejectedError, match=told):
        bench.look(bench.step("prepare-backfill"))


def test_a_distribution_answers_from_the_target_once_the_source_is_gone(bench, stage):
    step = bench.step("verify-origin")
    seen = bench.look(step)
    assert (seen.progress, seen.evidence["region"]) == (MOVING, HOME)
    stage.take_down(HOME)
    seen = bench.look(step)
    assert (seen.progress, seen.evidence["region"]) == (DONE, AWAY)


def test_a_distribution_that_nobody_stands_behind_does_not_verify(bench, stage):
    stage.take_down(HOME)
    if stage.world is None:
        bench.ports.distributions.answers[vault.EDGE] = None
    else:
        stage.take_down(AWAY)
    assert "fail" in bench.look(bench.step("verify-origin")).detail


def test_an_address_of_ones_own_needs_no_control_plane(bench, stage):
    probe = "https://cdn.vault.example.net/up"
    given = vault.topology(traffic=[{"cloudfront": {"distribution": vault.DISTRIBUTION, "probe": probe}}])
    step = Bench(bench.ports, given, bench.clock).step("verify-origin")
    assert (step.home_region, step.plane.value) == (None, "data")
    assert bench.step("verify-origin").home_region == "us-east-1"


def _pair(step: Step) -> Any:
    return BucketsMove.model_validate(step.params).pair
