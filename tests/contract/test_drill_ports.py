"""The rules of what drills ask of AWS: objects of their own, clones, dry calls; on the fakes and on AWS."""

import pytest

from dr_core.aws.clients import acting_clients
from dr_core.aws.session import Purpose
from dr_core.drills.aurora_clones import AuroraClones
from dr_core.drills.aws import LambdaDryRun
from dr_core.drills.memory import MemoryClones, MemoryDryCalls, MemoryObjects
from dr_core.drills.port import CloneSource
from dr_core.drills.s3 import S3Objects
from dr_core.errors import DeniedError, DrError, RejectedError, UnreachableError

CENTRAL, WEST = "eu-central-1", "eu-west-1"
HERE, THERE = "shop-web-eu-west-1", "shop-web-eu-central-1"
KEY, PREFIX = "dr-drill/d-1/x", "dr-drill/d-1/"
SOURCE, NAME = "shop-eu-west-1", "dr-drill-1-1"


@pytest.fixture
def client_of(stage):
    return None if stage.world is None else acting_clients(stage.aws, None, purpose=Purpose.DRILL)


@pytest.fixture
def objects(stage, client_of):
    if client_of is not None:
        return S3Objects(client_of)
    fake = MemoryObjects((HERE, THERE), stage.clock)
    stage.take_down = fake.down.add
    return fake


@pytest.fixture
def clones(stage, client_of):
    if client_of is not None:
        return AuroraClones(client_of)
    source = CloneSource("db.r6g.large", "aurora-postgresql", f"{SOURCE}.example", 5432)
    fake = MemoryClones({(WEST, SOURCE): source}, stage.clock)
    stage.take_down = fake.down.add
    return fake


def test_what_is_put_is_read_found_and_deleted_for_good(objects) -> None:
    assert objects.read(HERE, WEST, KEY) is None
    assert objects.versions(HERE, WEST, PREFIX) == ()
    for _ in range(2):
        objects.put(HERE, WEST, KEY, b"drill")
    assert objects.read(HERE, WEST, KEY) == b"drill"
    found = objects.versions(HERE, WEST, PREFIX)
    assert [one.key for one in found] == [KEY, KEY]
    for _ in range(2):
        objects.delete(HERE, WEST, found)
    assert objects.versions(HERE, WEST, PREFIX) == ()
    assert objects.read(HERE, WEST, KEY) is None


def test_what_s3_has_yet_to_copy_is_told_and_its_copy_is_found(stage, objects) -> None:
    if stage.world is None:
        objects.copies_to[HERE] = THERE
    else:
        destination = {"Bucket": f"arn:aws:s3:::{THERE}"}
        rule = {"ID": "all", "Status": "Enabled", "Priority": 9, "Filter": {"Prefix": ""}, "Destination": destination,
                "DeleteMarkerReplication": {"Status": "Disabled"}}  # fmt: skip
        stage.aws.client("s3", WEST).put_bucket_replication(
            Bucket=HERE, ReplicationConfiguration={"Role": "arn:aws:iam::111122223333:role/r", "Rules": [rule]}
        )
    objects.put(HERE, WEST, KEY, b"drill")
    assert objects.copying(HERE, WEST, KEY)
    assert objects.versions(THERE, CENTRAL, PREFIX) == ()
    stage.advance(10)
    assert not objects.copying(HERE, WEST, KEY)
    copies = objects.versions(THERE, CENTRAL, PREFIX)
    assert len(copies) == 1
    objects.delete(HERE, WEST, objects.versions(HERE, WEST, PREFIX))
    objects.delete(THERE, CENTRAL, copies)
    stage.advance(60)
    assert objects.versions(HERE, WEST, PREFIX) == objects.versions(THERE, CENTRAL, PREFIX) == ()


def test_a_bucket_that_locks_by_itself_is_known(stage, objects) -> None:
    assert objects.locks(HERE, WEST) is False
    if stage.world is None:
        objects.locked.add(HERE)
        assert objects.locks(HERE, WEST)
        return
    s3 = stage.aws.client("s3", WEST)
    s3.create_bucket(
        Bucket="locked", ObjectLockEnabledForBucket=True, CreateBucketConfiguration={"LocationConstraint": WEST}
    )
    assert objects.locks("locked", WEST) is False
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    assert objects.locks("locked", WEST)


def test_a_bucket_that_is_not_there_and_a_dead_region_are_errors(stage, objects) -> None:
    with pytest.raises(RejectedError):
        objects.read("nowhere-at-all", WEST, KEY)
    stage.take_down(WEST)
    for ask in (objects.locks, lambda *where: objects.versions(*where, PREFIX)):
        with pytest.raises(UnreachableError):
            ask(HERE, WEST)


def whole(stage, clones) -> None:
    """A clone with its instance, both there."""
    clones.restore(SOURCE, NAME, WEST, drill="d-1")
    stage.advance(600)
    clones.add_instance(NAME, WEST, like=SOURCE, drill="d-1")
    stage.advance(600)


def test_a_clone_comes_alone_gets_an_instance_and_goes(stage, clones) -> None:
    source = clones.source(SOURCE, WEST)
    assert source.instance_class
    assert source.endpoint
    assert clones.state(NAME, WEST) is None
    for _ in range(2):
        clones.restore(SOURCE, NAME, WEST, drill="d-1")
    made = clones.state(NAME, WEST)
    assert (made.status, made.drill, made.instances) == ("creating", "d-1", {})
    stage.advance(600)
    for _ in range(2):
        clones.add_instance(NAME, WEST, like=SOURCE, drill="d-1")
    assert clones.state(NAME, WEST).instances == {f"{NAME}-1": "creating"}
    stage.advance(600)
    made = clones.state(NAME, WEST)
    assert (made.status, made.instances) == ("available", {f"{NAME}-1": "available"})
    assert made.endpoint
    for _ in range(2):
        clones.remove(NAME, WEST, drill="d-1")
        assert clones.state(NAME, WEST).instances == {f"{NAME}-1": "deleting"}
    stage.advance(600)
    for _ in range(2):
        clones.remove(NAME, WEST, drill="d-1")
        assert clones.state(NAME, WEST).status == "deleting"
    stage.advance(600)
    assert clones.state(NAME, WEST) is None
    clones.remove(NAME, WEST, drill="d-1")
    assert clones.source(SOURCE, WEST) == source


def test_a_cluster_without_this_drills_tag_is_left_alone(stage, clones) -> None:
    whole(stage, clones)
    with pytest.raises(RejectedError, match="d-2"):
        clones.remove(NAME, WEST, drill="d-2")
    assert clones.state(NAME, WEST).instances == {f"{NAME}-1": "available"}
    if stage.world is not None:
        with pytest.raises(RejectedError, match="no tag of drill"):
            clones.remove(SOURCE, WEST, drill="d-1")


def test_nothing_is_cloned_that_is_not_there(stage, clones) -> None:
    with pytest.raises(RejectedError):
        clones.source("nowhere", WEST)
    stage.take_down(WEST)
    with pytest.raises(UnreachableError):
        clones.state(NAME, WEST)


@pytest.mark.parametrize(
    ("fault", "operation", "there"),
    [("error_before", "RestoreDBClusterToPointInTime", False), ("error_after", "RestoreDBClusterToPointInTime", True),
     ("throttle", "RestoreDBClusterToPointInTime", False), ("denied", "RestoreDBClusterToPointInTime", False)],
)  # fmt: skip
@pytest.mark.parametrize("stage", ["aws"], indirect=True)
def test_a_restore_that_failed_is_looked_for_before_it_is_asked_again(stage, clones, fault, operation, there) -> None:
    broken = stage.world.add_fault(fault, service="rds", operation=operation, region=WEST)
    with pytest.raises(DrError) as raised:
        clones.restore(SOURCE, NAME, WEST, drill="d-1")
    assert isinstance(raised.value, DeniedError) == (fault == "denied")
    assert (clones.state(NAME, WEST) is not None) is there
    stage.world.remove_fault(broken)
    clones.restore(SOURCE, NAME, WEST, drill="d-1")
    assert clones.state(NAME, WEST).status == "creating"


def test_a_dry_call_calls_nothing(stage, client_of) -> None:
    if client_of is None:
        dry = MemoryDryCalls({(WEST, "warm-up")})
    else:
        dry = LambdaDryRun(client_of)
        policy = '{"Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}'
        made = stage.aws.client("iam", WEST).create_role(RoleName="fn", AssumeRolePolicyDocument=policy)
        role = made["Role"]["Arn"]
        stage.aws.client("lambda", WEST).create_function(
            FunctionName="warm-up", Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": b"x"}
        )
    dry.invoke("warm-up", WEST)
    with pytest.raises(RejectedError):
        dry.invoke("cool-down", WEST)
