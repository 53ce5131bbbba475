"""What the readers of copies do beyond one call: ask seldom what is billed, read once what never changes."""

import json
from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.errors import RejectedError
from dr_core.replication.appconfig import AppConfig, fingerprints
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.copies import CacheMember
from dr_core.replication.elasticache import ElastiCache, _named
from dr_core.replication.kms import KmsKeys, key_name
from dr_core.topology.stores import AppConfigFlags


class Recorded:
    """A client whose answers are functions by method; it counts what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.asked.append(name)
            return self.answers[name](**arguments)

        return call


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("alias/shop", "alias/shop"),
        ("shop", "alias/shop"),
        ("mrk-1234abcd12ab34cd56ef1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("arn:aws:kms:eu-west-1:1:alias/x", "arn:aws:kms:eu-west-1:1:alias/x"),
    ],
)
def test_a_plain_name_is_an_alias(given: str, asked: str) -> None:
    assert key_name(given) == asked


def test_a_key_that_worked_is_tried_again_after_a_minute_only() -> None:
    clock = ManualClock()
    client = Recorded(
        encrypt=lambda **asked: {"CiphertextBlob": b"x" + asked["Plaintext"]},
        decrypt=lambda **asked: {"Plaintext": asked["CiphertextBlob"][1:]},
    )
    keys = KmsKeys(lambda service, region: client, clock)
    first = keys.proof("alias/a", "r-1", "r-2")
    clock.advance(59)
    assert keys.proof("alias/a", "r-1", "r-2") is first
    assert client.asked == ["encrypt", "decrypt"]
    clock.advance(1)
    assert keys.proof("alias/a", "r-1", "r-2").tried_at > first.tried_at


def test_a_key_that_opens_something_else_does_not_work_and_is_tried_again_at_once() -> None:
    client = Recorded(encrypt=lambda **_: {"CiphertextBlob": b"x"}, decrypt=lambda **_: {"Plaintext": b"other"})
    keys = KmsKeys(lambda service, region: client, ManualClock())
    assert keys.proof("alias/a", "r-1", "r-2").works is False
    keys.proof("alias/a", "r-1", "r-2")
    assert client.asked.count("encrypt") == 2


def datastore(identifier: str) -> dict[str, Any]:
    return {"GlobalReplicationGroupId": identifier}


def test_a_datastore_is_found_in_full_or_by_what_follows_the_prefix_of_aws() -> None:
    known = [datastore("abcde-hot"), datastore("abcde-hot-2"), datastore("hot")]
    assert _named("hot", known, "r")["GlobalReplicationGroupId"] == "hot"
    assert _named("hot-2", known, "r")["GlobalReplicationGroupId"] == "abcde-hot-2"
    with pytest.raises(RejectedError, match="no global datastore cold"):
        _named("cold", known, "r")
    with pytest.raises(RejectedError, match="ambiguous"):
        _named("hot", [datastore("abcde-hot"), datastore("fghij-hot")], "r")


SPEC = AppConfigFlags(application="a", environment="e", profile="p")


def library(deployments: list[dict[str, Any]], contents: dict[int, bytes], location: str = "hosted") -> Recorded:
    profile = {"Id": "p1", "Name": "p", "LocationUri": location, "Type": "AWS.Freeform"}
    return Recorded(
        list_applications=lambda **_: {"Items": [{"Id": "a1", "Name": "a"}]},
        list_environments=lambda **_: {"Items": [{"Id": "e1", "Name": "e"}]},
        list_configuration_profiles=lambda **_: {"Items": [profile]},
        list_deployments=lambda **_: {"Items": deployments},
        get_hosted_configuration_version=lambda **asked: {"Content": contents[asked["VersionNumber"]]},
    )


def deployment(number: int, version: str, state: str, profile: str = "p") -> dict[str, Any]:
    return {"DeploymentNumber": number, "ConfigurationName": profile, "ConfigurationVersion": version, "State": state}


def test_what_is_deployed_is_the_newest_complete_deployment_of_that_profile() -> None:
    client = library(
        [
            deployment(5, "9", "COMPLETE", "other"), deployment(4, "3", "DEPLOYING"), deployment(3, "2", "ROLLED_BACK"),
            deployment(2, "1", "COMPLETE"), deployment(1, "0", "COMPLETE"),
        ],
        {1: b"one"},
    )  # fmt: skip
    found = AppConfig(lambda service, region: client).deployed(SPEC, "r-1")
    assert (found.version, found.under_way) == ("1", "DEPLOYING version 3")
    assert set(found.fingerprints) == {"p"}


def test_names_and_contents_are_looked_up_once() -> None:
    client = library([deployment(1, "1", "COMPLETE")], {1: b"one"})
    reader = AppConfig(lambda service, region: client)
    assert reader.deployed(SPEC, "r-1") == reader.deployed(SPEC, "r-1")
    assert client.asked.count("list_deployments") == 2
    assert client.asked.count("list_applications") == client.asked.count("get_hosted_configuration_version") == 1


def test_a_configuration_that_appconfig_does_not_host_is_named_and_not_guessed() -> None:
    client = library([deployment(1, "1", "COMPLETE")], {}, "s3://bucket/file")
    with pytest.raises(RejectedError, match="not hosted by AppConfig but by s3://bucket/file"):
        AppConfig(lambda service, region: client).deployed(SPEC, "r-1")


def document(**changed: Any) -> bytes:
    value = {"enabled": True, "_updatedAt": "2026-01-01", **changed}
    return json.dumps({"version": "1", "flags": {"a": {"name": "A"}}, "values": {"a": value}}).encode()


def test_flags_are_told_apart_by_what_they_say_and_not_by_when_they_were_changed() -> None:
    first = fingerprints(document(), "p", flags=True)
    assert first == fingerprints(document(_updatedAt="2026-02-02"), "p", flags=True)
    assert first != fingerprints(document(enabled=False), "p", flags=True)
    assert set(first) == {"a"}
    assert set(fingerprints(b"not json", "p", flags=True)) == {"p"}


@pytest.mark.parametrize(
    ("remark", "lags", "seconds", "words"),
    [
        ("the slowest shard", {"hot-1": 2.0, "hot-3": 7.0}, 7, ""),
        ("a shard that is silent", {"hot-1": 2.0}, None, "1 of 2 shards of hot"),
        ("nothing at all", {}, None, "2 of 2 shards of hot"),
    ],
)
def test_the_lag_of_a_cache_is_known_when_each_of_its_shards_tells(
    remark: str, lags: dict[str, float], seconds: float | None, words: str
) -> None:
    """Two shards of two nodes: only the primary node of each publishes."""
    clock = ManualClock()
    shards = [{"NodeGroupMembers": [{"CacheClusterId": f"hot-{n}"} for n in pair]} for pair in ((1, 2), (3, 4))]
    group = {"Status": "available", "NodeGroups": shards, "MemberClusters": [f"hot-{n}" for n in range(1, 5)]}

    def data(MetricDataQueries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's own name
        found = []
        for query in MetricDataQueries:
            value = lags.get(query["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
            known = value is not None
            times, values = [clock.now()] if known else [], [value] if known else []
            found.append({"Id": query["Id"], "Timestamps": times, "Values": values})
        return {"MetricDataResults": found}

    client = Recorded(get_metric_data=data, describe_replication_groups=lambda **_: {"ReplicationGroups": [group]})
    reader = ElastiCache(lambda _service, _region: client, Metrics(lambda _service, _region: client, clock))
    _, found = reader._own(CacheMember("eu-west-1", "hot", "SECONDARY", "associated"))
    assert found is not None
    assert found.seconds == seconds, remark
    assert words in found.reason, remark
