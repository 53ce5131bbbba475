"""The rules of pointers and artifacts, on the fake and on SSM and S3."""

import hashlib

import pytest

from dr_core.aws.clients import acting_clients, observing_clients
from dr_core.aws.faults import outcome_unknown
from dr_core.aws.session import Purpose
from dr_core.errors import DeniedError, RejectedError, ThrottledError, UnreachableError
from dr_core.releases.memory import MemoryArtifacts, MemoryColours, MemoryPointers, memory_ports
from dr_core.releases.model import Match, Pointer
from dr_core.releases.port import ReleasePorts, Stored
from dr_core.releases.reading import Scope, artifact_of, read
from dr_core.releases.s3 import S3Artifacts
from dr_core.releases.ssm import SsmPointers
from dr_core.topology.model import Topology
from tests.unit.releases.conftest import BUCKETS, CENTRAL, POINTER, WEST, coloured

NAMES = {"throttle": ThrottledError, "denied": DeniedError}


@pytest.fixture
def shop(shop: Topology) -> Topology:
    return coloured(shop)


@pytest.fixture
def ports(stage) -> ReleasePorts:
    """`stage.spoil(kind)`: every call of the kind that puts a pointer ends so from now on."""
    if stage.world is not None:
        looking = observing_clients(stage.aws, None)
        pointers = SsmPointers(acting_clients(stage.aws, None, purpose=Purpose.RELEASE))
        stage.spoil = lambda kind: stage.world.add_fault(kind, service="ssm", operation="PutParameter", value=1)
        return ReleasePorts(SsmPointers(looking), pointers, S3Artifacts(looking), lambda urls: {})
    down: set[str] = set()
    stage.take_down = down.add

    def gone(operation: str, region: str) -> None:
        if region in down:
            raise UnreachableError(f"{region} does not answer.")

    pointers = MemoryPointers({(POINTER, region): "blue" for region in BUCKETS}, gone)
    sample = {"index.html": b"<!doctype html><title>sandbox</title>", "release.json": b'{"release": "1"}'}
    objects = {f"{colour}/{name}": body for colour in ("blue", "green") for name, body in sample.items()}
    stage.artifacts = MemoryArtifacts(dict.fromkeys(BUCKETS.values(), objects), gone)

    def spoil(kind: str) -> None:
        def once(operation: str, region: str) -> None:
            pointers.before = gone
            pointers.after = lambda operation, region: None
            raise NAMES.get(kind, UnreachableError)("spoilt")

        if kind == "error_after":
            pointers.after = once
        else:
            pointers.before = lambda operation, region: once(operation, region) if operation == "put" else None

    stage.spoil = spoil
    return memory_ports(pointers, stage.artifacts, MemoryColours(stage.clock))


def put_object(stage, region: str, key: str, body: bytes) -> None:
    if stage.world is None:
        stage.artifacts.objects[BUCKETS[region]][key] = body
        return
    client = stage.aws.client("s3", region, purpose=Purpose.OBSERVE)
    client.put_object(Bucket=BUCKETS[region], Key=key, Body=body)


def in_parts(stage, region: str, key: str, body: bytes) -> None:
    """The same content, put in one part of a multipart upload: its entity tag is no digest of it."""
    if stage.world is None:
        put_object(stage, region, key, body)
        digest = hashlib.md5(hashlib.md5(body).digest()).hexdigest()
        stage.artifacts.parts[BUCKETS[region], key] = f"{digest}-1"
        return
    client, where = stage.aws.client("s3", region), {"Bucket": BUCKETS[region], "Key": key}
    kind = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
    upload = client.create_multipart_upload(**where, **kind)["UploadId"]
    part = client.upload_part(**where, UploadId=upload, PartNumber=1, Body=body)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)


def test_a_pointer_grows_by_a_version_with_every_write_and_each_region_has_its_own(ports: ReleasePorts) -> None:
    assert ports.reading.read(POINTER, WEST) == Pointer(value="blue", version=1)
    ports.pointers.put(POINTER, WEST, "green")
    ports.pointers.put(POINTER, WEST, "green")
    assert ports.reading.read(POINTER, WEST) == Pointer(value="green", version=3)
    assert ports.reading.read(POINTER, CENTRAL) == Pointer(value="blue", version=1)
    assert ports.reading.read("/shop/none", WEST) is None


@pytest.mark.parametrize(
    ("kind", "error", "doubtful", "happened"),
    [
        ("throttle", ThrottledError, False, False),
        ("denied", DeniedError, False, False),
        ("error_before", UnreachableError, True, False),
        ("error_after", UnreachableError, True, True),
    ],
)
def test_a_put_that_fails_says_whether_it_may_have_happened(
    ports: ReleasePorts, stage, kind: str, error: type[Exception], doubtful: bool, happened: bool
) -> None:
    stage.spoil(kind)
    with pytest.raises(error) as raised:
        ports.pointers.put(POINTER, WEST, "green")
    assert outcome_unknown(raised.value) in (doubtful, stage.world is not None and doubtful)
    assert ports.reading.read(POINTER, WEST) == (
        Pointer(value="green", version=2) if happened else Pointer(value="blue", version=1)
    )


def test_a_region_that_is_gone_is_told_by_every_operation(ports: ReleasePorts, stage) -> None:
    stage.take_down(WEST)
    for ask in (
        lambda: ports.reading.read(POINTER, WEST),
        lambda: ports.pointers.put(POINTER, WEST, "green"),
        lambda: ports.artifacts.listing(BUCKETS[WEST], WEST, "blue/"),
        lambda: ports.artifacts.sums(BUCKETS[WEST], WEST, "blue/index.html"),
    ):
        with pytest.raises(UnreachableError):
            ask()


def test_a_listing_has_every_object_below_the_prefix_and_no_other(ports: ReleasePorts, stage) -> None:
    found = ports.artifacts.listing(BUCKETS[CENTRAL], CENTRAL, "blue/")
    assert [(one.key, one.size) for one in found] == [("index.html", 37), ("release.json", 16)]
    assert found[1] == Stored("release.json", 16, hashlib.md5(b'{"release": "1"}').hexdigest())
    with pytest.raises(RejectedError):
        ports.artifacts.listing("shop-no-such-bucket", CENTRAL, "blue/")


def test_the_same_content_put_in_parts_is_equal_by_its_checksum_and_another_is_not(ports: ReleasePorts, stage) -> None:
    entry = stage.topology.applications["shop"]
    put_object(stage, CENTRAL, "green/big.bin", b"big" * 100)
    in_parts(stage, WEST, "green/big.bin", b"big" * 100)
    equal = artifact_of(ports.artifacts, entry, "green", (CENTRAL, WEST))
    assert (equal.match, equal.why) == (Match.EQUAL, "1 object by their checksums")
    in_parts(stage, WEST, "green/big.bin", b"BIG" * 100)
    differs = artifact_of(ports.artifacts, entry, "green", (CENTRAL, WEST))
    assert (differs.match, "big.bin" in differs.why) == (Match.DIFFERS, True)


def test_a_reading_tells_every_region_and_never_raises(ports: ReleasePorts, stage) -> None:
    entry = stage.topology.applications["shop"]
    seen = read(ports, stage.clock, "shop", entry, Scope.whole(entry))
    assert (seen.live(), [one.match for one in seen.artifacts]) == ("blue", [Match.EQUAL, Match.EQUAL])
    assert [(side.region, side.objects) for side in seen.artifacts[0].sides] == [(CENTRAL, 2), (WEST, 2)]
    put_object(stage, CENTRAL, "green/more.js", b"1")
    stale = artifact_of(ports.artifacts, entry, "green", (CENTRAL, WEST))
    assert (stale.match, stale.why) == (Match.DIFFERS, "eu-west-1 lacks more.js")
    stage.take_down(WEST)
    half = read(ports, stage.clock, "shop", entry, Scope(POINTER, ("blue",), (), entry.regions))
    assert half.live() is None
    assert [(bool(one.error), one.silent) for one in half.pointers] == [(False, False), (True, True)]
    assert half.artifacts[0].match is Match.UNKNOWN
