"""What the doctor says of AWS: identity, clock and services of each place, by harmless calls; and of keys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dr_core.doctor.agreement import agreement, fingerprints
from dr_core.doctor.checks import permissions_check, told_by_workers
from dr_core.doctor.harmless import HarmlessCall, calls, everywhere
from dr_core.doctor.reach import Answer, Identity, Place, clock_check, identity_check, service_checks
from dr_core.doctor.result import CheckState
from dr_core.errors import DeniedError, UnreachableError
from dr_core.readiness.examination import About
from dr_core.readiness.model import Check as Found
from dr_core.readiness.model import Sheet
from dr_core.settings import read_settings
from dr_core.store.replicas import Replica
from dr_core.topology.load import load_checked
from dr_core.topology.model import Account

FULL = Path(__file__).parents[2] / "topologies" / "full.yaml"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HERE = Place("eu-west-1", Account(role_arn="arn:aws:iam::111122223333:role/dr"))
OK, WARNING, FAILED, UNKNOWN = CheckState.OK, CheckState.WARNING, CheckState.FAILED, CheckState.UNKNOWN


def said(skew_s: float | None) -> Identity:
    return Identity(HERE, "arn:aws:sts::1:assumed-role/dr/x", 12.0, skew_s)


@pytest.mark.parametrize(
    ("skews", "state"),
    [
        ((0.4, -0.6), OK),
        ((5.0,), OK),
        ((0.1, -42.0), WARNING),
        ((301.0, 0.1), FAILED),
        ((None, None), UNKNOWN),
        ((), UNKNOWN),
    ],
)
def test_our_clock_is_judged_by_the_worst_answer_of_aws(skews: tuple[float | None, ...], state: CheckState) -> None:
    check = clock_check([said(skew) for skew in skews])
    assert check.state is state
    assert bool(check.way_out) is (state is not OK)


def test_a_place_says_who_we_are_there_or_why_not() -> None:
    assert identity_check(said(0)).detail == "answered in 12 ms as arn:aws:sts::1:assumed-role/dr/x"
    lost = identity_check(Identity(HERE, None, 0, None, UnreachableError("sts in eu-west-1 did not answer.")))
    assert (lost.name, lost.state) == ("AWS eu-west-1 as dr", FAILED)
    assert lost.way_out


def test_services_are_one_line_a_place_that_names_what_is_wrong() -> None:
    rds, s3 = HarmlessCall("rds", "DescribeGlobalClusters"), HarmlessCall("s3", "HeadBucket")
    [fine] = service_checks([Answer(HERE, rds, 12), Answer(HERE, s3, 7)])
    assert (fine.state, fine.detail) == (OK, "by harmless calls: rds 12 ms, s3 7 ms")
    refused = DeniedError("s3 HeadBucket in eu-west-1: permission is missing for s3:HeadBucket.")
    [bad] = service_checks([Answer(HERE, rds, 12), Answer(HERE, s3, 7, refused)])
    assert (bad.state, bad.way_out) == (FAILED, "Allow these actions.")
    assert bad.detail.startswith("1 of 2 answered harmless calls: s3 HeadBucket in eu-west-1: permission is missing")


def test_every_service_that_an_application_uses_is_asked_once_by_a_call_that_only_reads() -> None:
    shop = load_checked(FULL).applications["shop"]
    asked = {call.service: call for call in calls(shop, "eu-west-1")}
    wanted = {"rds", "s3", "elasticache", "dynamodb", "secretsmanager", "ssm", "kms", "ecs", "autoscaling"}
    assert asked.keys() == wanted
    assert asked["s3"].arguments == {"Bucket": "shop-web-eu-west-1"}
    assert all(call.operation.startswith(("Describe", "Get", "Head", "List")) for call in asked.values())
    assert [call.service for call in everywhere(shop)] == ["route53"]


def replica(
    name: str, *, kind: str = "worker", keys: dict[str, str | None] | None = None, old: bool = False
) -> Replica:
    beat = NOW - timedelta(minutes=5 if old else 0)
    return Replica(name, kind, "1.0", beat, {"keys": dict(keys)} if keys else {})


def keys(ack: str | None = "a", workers: str | None = "w") -> dict[str, str | None]:
    return {"ack": ack, "workers": workers}


@pytest.mark.parametrize(
    ("found", "ack", "workers"),
    [
        ([replica("b", kind="bot", keys=keys()), replica("w1", keys=keys()), replica("w2", keys=keys())], OK, OK),
        ([replica("b", kind="bot", keys=keys()), replica("w1", keys=keys(ack="other"))], FAILED, OK),
        ([replica("w1", keys=keys()), replica("w2", keys=keys(workers="other"))], OK, FAILED),
        ([replica("w1", keys=keys()), replica("w2", keys=keys(workers="other"), old=True)], OK, OK),
        ([replica("b", kind="bot", keys=keys()), replica("w1", keys=keys(ack=None))], WARNING, OK),
        ([replica("b", kind="bot", keys=keys(workers="another"))], OK, UNKNOWN),
        ([], UNKNOWN, UNKNOWN),
    ],
    ids=["all one", "a worker with another ack key", "two worker keys", "dead", "none here", "no worker", "nobody"],
)
def test_processes_that_live_have_the_same_keys(found: list[Replica], ack: CheckState, workers: CheckState) -> None:
    _, of_acks, of_workers = agreement(found, NOW)
    assert (of_acks.state, of_workers.state) == (ack, workers)
    assert all(check.way_out for check in (of_acks, of_workers) if check.state is not OK)


def test_a_process_of_another_version_is_named() -> None:
    assert agreement([replica("w1", keys=keys())], NOW, "1.0")[0].state is OK
    check = agreement([replica("w1", keys=keys())], NOW, "2.0")[0]
    assert check.state is WARNING
    assert "worker w1 1.0" in check.detail


def test_a_key_is_told_by_its_fingerprint_and_a_missing_one_as_none(tmp_path: Path) -> None:
    (tmp_path / "ack.pub").write_bytes(b"public")
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem"), "DR_WORKER_KEY": str(tmp_path / "w.pem")})
    told = fingerprints(settings)
    assert len(str(told["ack"])) == 12
    assert told["workers"] is None
    assert "public" not in str(told)


ABOUT = About("permissions", "shop", None, "IAM SimulatePrincipalPolicy", NOW)
ALLOWED = ABOUT.ok("permissions", "12 actions that a run needs are allowed.", evidence="role/dr")
REFUSED = ABOUT.blocking("permission:ecs:UpdateService", "A run would not be allowed.", way_out="Allow it.")
BEST_EFFORT = ABOUT.warning("permission:s3:DeleteObject", "A run may not call it; it would go on.", way_out="Allow it.")
UNTOLD = ABOUT.unknown("permissions-unknown", "iam SimulatePrincipalPolicy: permission is missing.")
SILENT_REGION = ABOUT.unknown("identity-unknown", "not asked: database of shop did not answer in this pass")
OTHER = About("secrets", "shop", None, "x", NOW).blocking("x", "a secret is missing", way_out="Make it.")


@pytest.mark.parametrize(
    ("found", "age_min", "state"),
    [
        (None, 0, UNKNOWN),
        ((OTHER,), 0, UNKNOWN),
        ((OTHER, ALLOWED), 12, OK),
        ((ALLOWED, REFUSED), 12, FAILED),
        ((ALLOWED, BEST_EFFORT), 12, WARNING),
        ((ALLOWED, BEST_EFFORT, REFUSED), 12, FAILED),
        ((ALLOWED, UNTOLD), 12, UNKNOWN),
        ((ALLOWED,), 121, UNKNOWN),
        ((SILENT_REGION, ALLOWED), 12, OK),
        ((SILENT_REGION,), 12, UNKNOWN),
    ],
    ids=[
        "no preflight",
        "not asked",
        "allowed",
        "refused",
        "best effort",
        "both",
        "not told",
        "too old",
        "a silent region",
        "only that",
    ],
)
def test_permissions_are_what_the_workers_preflight_was_told(
    found: tuple[Found, ...] | None, age_min: int, state: CheckState
) -> None:
    at = NOW - timedelta(minutes=age_min)
    sheet = None if found is None else Sheet(application="shop", at=at, duration_s=1, complete=True, checks=found)
    check = permissions_check("shop", sheet, NOW)
    assert check.state is state
    assert bool(check.way_out) is (state is not OK)
    if state in (OK, FAILED):
        assert "simulated by IAM 12 min ago" in check.detail


def worker(reach: object, *, old: bool = False) -> Replica:
    return Replica("w1", "worker", "1.0", NOW - timedelta(minutes=5 if old else 0), {"reach": reach})  # type: ignore[dict-item]  # JSON


def told(*not_ok: dict[str, str], ago: float = 90) -> dict[str, object]:
    return {"at": (NOW - timedelta(seconds=ago)).isoformat(), "ok": 7, "not_ok": list(not_ok)}


SILENT = {"name": "AWS eu-west-1", "state": "failed", "detail": "sts did not answer.", "way_out": "Wait."}


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        ([], []),
        ([worker(told(), old=True)], []),
        ([worker(None)], [("AWS from w1", UNKNOWN, "it has not looked yet")]),
        ([worker(told())], [("AWS from w1", OK, "7 checks of regions, services and clock are ok, 90 s ago")]),
        ([worker(told(ago=1000))], [("AWS from w1", UNKNOWN, "it has not looked for 1000 s")]),
        ([worker(told(SILENT))], [("AWS eu-west-1, from w1", FAILED, "sts did not answer. (90 s ago)")]),
    ],
    ids=["nobody", "dead", "just begun", "all well", "it looks no more", "a silent region"],
)
def test_each_worker_tells_what_it_reaches(found: list[Replica], lines: list[tuple[str, CheckState, str]]) -> None:
    assert [(check.name, check.state, check.detail) for check in told_by_workers(found, NOW)] == lines
