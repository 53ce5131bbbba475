"""One suite for each health port: the AWS adapter (on moto) and the one in memory must say the same."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dr_core.errors import DrError, RejectedError
from dr_core.health.database import ClusterFacts, Clusters, RdsClusters
from dr_core.health.memory import MemoryBuckets, MemoryClusters, MemoryHealthChecks
from dr_core.health.route53 import Route53HealthChecks
from dr_core.health.storage import Buckets, S3Buckets
from dr_core.replication.memory import MemorySecrets
from dr_core.replication.port import Secrets, SecretView
from dr_core.replication.secrets import SecretsManager

HERE, THERE = "eu-west-3", "eu-south-1"


@cache  # building clients is most of the time these tests take
def client_of(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region)


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def rds_clusters() -> Clusters:
    client_of("rds", HERE).create_db_cluster(
        DBClusterIdentifier="books", Engine="aurora-postgresql", MasterUsername="u", MasterUserPassword="p" * 12
    )
    return RdsClusters(client_of)


def memory_clusters() -> Clusters:
    return MemoryClusters({"books": ClusterFacts("available", 0, "16.4")})


@pytest.mark.parametrize("make", [rds_clusters, memory_clusters])
def test_a_cluster_is_described_by_its_own_region(make: Any) -> None:
    facts = make().facts("books", HERE)
    assert facts.status == "available"
    assert facts.instances == 0
    assert facts.engine_version


@pytest.mark.parametrize("make", [rds_clusters, memory_clusters])
def test_a_cluster_that_is_not_there_is_rejected(make: Any) -> None:
    with pytest.raises(RejectedError):
        make().facts("films", HERE)


def s3_buckets() -> Buckets:
    client_of("s3", HERE).create_bucket(Bucket="shelf", CreateBucketConfiguration={"LocationConstraint": HERE})
    return S3Buckets(client_of)


def memory_buckets() -> Buckets:
    return MemoryBuckets({"shelf"})


@pytest.mark.parametrize("make", [s3_buckets, memory_buckets])
def test_a_bucket_that_is_there_answers_and_another_is_rejected(make: Any) -> None:
    buckets = make()
    buckets.check("shelf", HERE)
    with pytest.raises(RejectedError):
        buckets.check("attic", HERE)


def secrets_manager() -> Secrets:
    client_of("secretsmanager", HERE).create_secret(
        Name="books/key", SecretString="never read", AddReplicaRegions=[{"Region": THERE}]
    )
    return SecretsManager(client_of)


def memory_secrets() -> Secrets:
    views = {
        ("books/key", HERE): SecretView(HERE, "v1", HERE, {THERE: "InSync"}),
        ("books/key", THERE): SecretView(THERE, "v1", HERE, {}),
    }
    return MemorySecrets(views)


@pytest.mark.parametrize("make", [secrets_manager, memory_secrets])
def test_a_secret_and_its_replica_stand_on_one_version(make: Any) -> None:
    secrets = make()
    source, copy = secrets.view("books/key", HERE), secrets.view("books/key", THERE)
    assert source.current_version is not None
    assert source.current_version == copy.current_version
    assert source.replicas[THERE].startswith("InSync")
    assert not copy.deleted


@pytest.mark.parametrize("make", [secrets_manager, memory_secrets])
def test_a_secret_that_is_not_there_is_rejected(make: Any) -> None:
    with pytest.raises(RejectedError):
        make().view("books/other", HERE)


class _OneAnswer:
    """Route 53 with an answer in AWS's own shape; moto knows no checkers."""

    def get_health_check_status(self, HealthCheckId: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        reports = [("us-west-1", "Success: HTTP Status Code 200, OK"), ("sa-east-1", "Failure: timed out"),
                   ("eu-west-1", "Unknown")]  # fmt: skip
        return {"HealthCheckObservations": [
            {"Region": region, "IPAddress": "192.0.2.1", "StatusReport": {"Status": words}} for region, words in reports
        ]}  # fmt: skip


def test_checkers_are_read_by_their_words() -> None:
    reports = Route53HealthChecks(lambda service, region: _OneAnswer()).status("hc")
    assert [(report.checker_region, report.good) for report in reports] == [
        ("us-west-1", True), ("sa-east-1", False), ("eu-west-1", None),
    ]  # fmt: skip


def test_an_unknown_health_check_has_no_reports_to_give() -> None:
    assert MemoryHealthChecks().status("hc") == ()
    with pytest.raises(DrError):
        MemoryHealthChecks(down=True).status("hc")
