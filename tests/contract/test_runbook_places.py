"""The rules of a place for the runbook, on the fake and on S3, whose PutObject replaces an object as a whole.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import pytest

from bot.sandbox.world.world import World
from dr_core.errors import DeniedError, RejectedError, UnreachableError
from dr_core.runbook.bucket import Bucket
from dr_core.runbook.memory import MemoryPlace
from dr_core.runbook.shelf import Page
from dr_core.topology.duties import Runbook, RunbookPlace

REGION = "eu-west-1"


@pytest.fixture
def place(stage):
    """A place, and how to read what is there."""
    if stage.world is None:
        fake = MemoryPlace("memory", REGION)
        stage.take_down = lambda region: setattr(fake, "down", True)
        return fake, fake.pages.get
    bucket = Bucket(stage.aws, RunbookPlace(region=REGION, bucket="papers", prefix="/kept/"))
    s3 = stage.aws.client("s3", REGION)
    s3.create_bucket(Bucket="papers", CreateBucketConfiguration={"LocationConstraint": REGION})
    return bucket, lambda path: s3.get_object(Bucket="papers", Key=f"kept/{path}")["Body"].read().decode()


def test_a_page_takes_the_place_of_the_one_before(place):
    there, read = place
    there.put(Page("shop/one.md", "first"))
    there.put(Page("shop/one.md", "second: \u00e4"))
    assert read("shop/one.md") == "second: \u00e4"


def test_a_region_that_is_down_says_so(stage, place):
    there, _ = place
    stage.take_down(REGION)
    with pytest.raises(UnreachableError):
        there.put(Page("shop/one.md", "text"))


def test_a_denied_or_missing_bucket_is_named_and_nothing_else_is_called(stage, place):
    if stage.world is None:
        pytest.skip("a fake denies nothing")
    there, _ = place
    stage.world.add_fault("denied", service="s3")
    with pytest.raises(DeniedError, match="PutObject"):
        there.put(Page("shop/one.md", "text"))
    stage.world.remove_fault(None)
    with pytest.raises(RejectedError, match="NoSuchBucket"):
        Bucket(stage.aws, RunbookPlace(region=REGION, bucket="nowhere")).put(Page("shop/one.md", "text"))


def test_every_write_says_that_it_is_for_the_runbook(stage, place):
    if stage.world is None:
        pytest.skip("a fake records no calls")
    there, _ = place
    there.put(Page("shop/one.md", "text"))
    puts = [call for call in stage.world.calls() if call["operation"] == "PutObject" and "kept/" in str(call)]
    assert [call["purpose"] for call in puts] == ["runbook"]


def test_the_world_has_every_bucket_that_the_topology_names(stage, tmp_path):
    if stage.world is None:
        pytest.skip("only the world seeds buckets")
    stage.world.stop()
    named = Runbook(buckets=(RunbookPlace(region=REGION, bucket="papers-of-ours"),))
    world = World(stage.topology.model_copy(update={"runbook": named}), data_dir=tmp_path, clock=stage.clock)
    try:
        stage.endpoints = world.start()
        Bucket(stage.aws, named.buckets[0]).put(Page("shop/one.md", "text"))
    finally:
        world.stop()
