"""The place of anchors, in memory and as a bucket of the simulated S3 with Object Lock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bot.sandbox.world.world import World
from dr_core.audit.anchor import key_of
from dr_core.audit.memory import MemoryPlace
from dr_core.audit.places import Place, Stored, places
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import UnreachableError
from dr_core.topology.load import load_topology

TOPOLOGIES = Path(__file__).parent.parent / "topologies"
BUCKET = "dr-anchor-bucket"
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


@dataclass
class Put:
    """A place under test, and for the bucket a client that anybody with its permissions could have."""

    place: Place
    world: World | None = None
    s3: Any = None

    def down(self) -> None:
        if self.world is not None:
            self.world.add_fault("region_down", region="eu-west-1")
        else:
            self.place.down = True  # type: ignore[attr-defined]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    shop = load_topology(TOPOLOGIES / "shop.yaml")
    audit = shop.audit.model_validate({"anchors": [{"region": "eu-west-1", "bucket": BUCKET}]})
    topology = shop.model_copy(update={"audit": audit})
    world = World(topology, data_dir=tmp_path, clock=ManualClock(datetime.now(UTC)), speed=1.0)
    endpoints = world.start()
    aws = AwsSessions.for_topology(topology, endpoints.aws_url)
    s3 = boto3.client("s3", region_name="eu-west-1", endpoint_url=endpoints.aws_url)
    try:
        [place] = places(topology, aws)
        yield Put(place, world, s3)
    finally:
        aws.close()
        s3.close()
        world.stop()


@pytest.fixture(params=["memory", "aws"])
def put(request: pytest.FixtureRequest) -> Put:
    if request.param == "memory":
        return Put(MemoryPlace("eu-west-1/memory"))
    made: Put = request.getfixturevalue("bucket")
    return made


def test_an_object_is_put_once_and_read_back(put: Put) -> None:
    assert put.place.put(1, b"one", UNTIL)
    assert not put.place.put(1, b"another", UNTIL)
    assert put.place.read(1) == b"one"
    assert put.place.read(2) is None


def test_what_follows_a_number_comes_in_order(put: Put) -> None:
    for number in (3, 1, 2, 12):
        put.place.put(number, b"%d" % number, UNTIL)
    assert [stored.number for stored in put.place.after(0)] == [1, 2, 3, 12]
    assert [stored.number for stored in put.place.after(2)] == [3, 12]
    assert [stored.number for stored in put.place.after(5)] == [12]
    [last] = put.place.after(3)
    assert put.place.read(12, last.version) == b"12"


def test_a_place_out_of_reach_says_so(put: Put) -> None:
    put.down()
    with pytest.raises(UnreachableError):
        put.place.put(1, b"one", UNTIL)
    with pytest.raises(UnreachableError):
        list(put.place.after(0))


def test_what_is_laid_over_an_anchor_does_not_hide_it(bucket: Put) -> None:
    bucket.place.put(1, b"one", UNTIL)
    bucket.s3.put_object(Bucket=BUCKET, Key=key_of(1), Body=b"laid over")
    bucket.s3.delete_object(Bucket=BUCKET, Key=key_of(1))
    bucket.s3.put_object(Bucket=BUCKET, Key="dr-anchors/other.json", Body=b"a stranger")
    assert [stored.number for stored in bucket.place.after(0)] == [1]
    assert bucket.place.read(1) == b"one"


def test_nobody_deletes_or_shortens_a_compliance_lock(bucket: Put) -> None:
    bucket.place.put(1, b"one", UNTIL)
    [stored] = bucket.place.after(0)
    mine = {"Bucket": BUCKET, "Key": key_of(1), "VersionId": stored.version}
    for attempt in (
        lambda: bucket.s3.delete_object(**mine),
        lambda: bucket.s3.delete_object(**mine, BypassGovernanceRetention=True),
        lambda: bucket.s3.put_object_retention(
            **mine, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL - timedelta(hours=1)}
        ),
        lambda: bucket.s3.put_object_retention(
            **mine, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL + timedelta(hours=1)}
        ),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    longer = {"Mode": "COMPLIANCE", "RetainUntilDate": UNTIL + timedelta(days=1)}
    bucket.s3.put_object_retention(**mine, Retention=longer)
    head = bucket.s3.head_object(**mine)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert bucket.place.read(1, stored.version) == b"one"


def test_calls_of_anchoring_say_what_they_are_for(bucket: Put) -> None:
    bucket.place.put(1, b"one", UNTIL)
    assert bucket.world is not None
    [call] = [call for call in bucket.world.calls() if call["operation"] == "PutObject"]
    assert (call["purpose"], call["effect"]) == ("anchor", "applied")


def test_a_long_list_is_read_page_by_page(bucket: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sandbox.world.object_lock._MOST", 2)
    for number in range(1, 6):
        bucket.place.put(number, b"x", UNTIL)
    bucket.s3.put_object(Bucket=BUCKET, Key=key_of(3), Body=b"laid over")
    assert [stored.number for stored in bucket.place.after(0)] == [1, 2, 3, 4, 5]
    assert isinstance(next(bucket.place.after(4)), Stored)
