"""The rules of Capacity for each kind of it, on the fake and on AWS: sizes, bounds, and what scales by itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import acting_clients
from dr_core.capacity.by_kind import aws_capacity
from dr_core.capacity.memory import MemoryCapacity
from dr_core.capacity.port import Bounds, Capacity, Scaling, capacity_name
from dr_core.capacity.sizes import at_work, waiting, writes
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, RejectedError, ThrottledError, UnreachableError
from dr_core.topology.capacity import Capacity as CapacityEntry
from dr_core.topology.model import Topology
from tests.contract.conftest import Stage

SOURCE, TARGET = "eu-central-1", "eu-west-1"
ENTRIES = {
    "ecs": {"cluster": "shop", "service": "api", "active": 4, "standby": 1},
    "autoscaling": {"group": "shop-workers", "active": 4, "standby": 1},
    "eks_nodegroup": {"cluster": "shop", "nodegroup": "nodes", "active": 4, "standby": 1},
    "aurora_readers": {
        "clusters": {SOURCE: "shop-eu-central-1", TARGET: "shop-eu-west-1"},
        "active": 3,
        "standby": 1,
    },
}
SCALED = [kind for kind in ENTRIES if kind != "aurora_readers"]
GROWS = {
    "ecs": ("ecs", "UpdateService"),
    "autoscaling": ("autoscaling", "UpdateAutoScalingGroup"),
    "eks_nodegroup": ("eks", "UpdateNodegroupConfig"),
    "aurora_readers": ("rds", "CreateDBInstance"),
}


def claim() -> Claim:
    """Of another step each time."""
    return Claim(str(uuid4()), "run", 1)


def entry_of(kind: str, **changes: object) -> CapacityEntry:
    return CapacityEntry.model_validate({kind: ENTRIES[kind] | changes})


@pytest.fixture(scope="module")
def shop(shop: Topology) -> Topology:
    app = shop.applications["shop"]
    entries = tuple(entry_of(kind) for kind in ENTRIES)
    return shop.model_copy(update={"applications": {"shop": app.model_copy(update={"capacity": entries})}})


@pytest.fixture(scope="module", params=["memory", "aws"])
def ground(request: pytest.FixtureRequest, shop: Topology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One world for all of them: clients cost more than what is asked of it. What nobody brings back has its own."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    if request.param == "memory":
        yield Stage(shop, clock)
        return
    world = World(shop, data_dir=tmp_path_factory.mktemp("capacity"), clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        try:
            yield Stage(
                shop, clock, world, world.start(), lambda region: str(world.add_fault("region_down", region=region))
            )
        finally:
            world.stop()


@pytest.fixture
def stage(ground: Stage, capacity: Capacity) -> Iterator[Stage]:
    """Each test begins with the sizes of the file: what it changed is brought back."""
    asked = 0 if ground.world is None else len(ground.world.calls())
    yield ground
    if ground.world is None:
        return
    ground.world.remove_fault(None)
    ground.advance(600)
    services = {one["service"] for one in ground.world.calls()[asked:]}
    for one in (entry_of(kind) for kind, (service, _) in GROWS.items() if service in services):
        for region, size in ((SOURCE, at_work(one)), (TARGET, waiting(one))):
            capacity.stand_by(one, region, size, claim())
    ground.advance(600)


@pytest.fixture(params=[*ENTRIES])
def entry(request: pytest.FixtureRequest) -> CapacityEntry:
    return entry_of(request.param)


@pytest.fixture
def capacity(ground: Stage) -> Capacity:
    if ground.world is not None:
        return aws_capacity(acting_clients(ground.aws, None), ground.clock)
    entries = [entry_of(kind) for kind in ENTRIES]
    counts = {
        (capacity_name(one), region): at_work(one) if region == SOURCE else waiting(one)
        for one in entries
        for region in (SOURCE, TARGET)
    }
    fake = MemoryCapacity(counts, ground.clock)
    fake.scaled = {
        (capacity_name(one), region): Bounds(
            least=counts[capacity_name(one), region], most=2 * at_work(one), scaling=Scaling.ON
        )
        for one in entries
        if writes(one)
        for region in (SOURCE, TARGET)
    }
    ground.take_down = fake.down.add
    return fake


def counts(capacity: Capacity, entry: CapacityEntry, region: str) -> tuple[int | None, int | None]:
    state = capacity.state(entry, region)
    return state.desired, state.running


def least(capacity: Capacity, entry: CapacityEntry, region: str) -> int | None:
    """What automatic scaling keeps; None where nothing scales."""
    bounds = capacity.bounds(entry, region)
    return None if bounds is None else bounds.least


def changes(stage, operation: str) -> int:
    return sum(one["operation"] == operation and one["effect"] == "applied" for one in stage.world.calls())


# -- each kind -------------------------------------------------------------------------------------------------------


def test_a_region_tells_wanted_and_running_and_its_name(capacity, entry):
    state = capacity.state(entry, SOURCE)
    size = at_work(entry)
    assert (state.name, state.region, state.desired, state.running) == (capacity_name(entry), SOURCE, size, size)
    assert counts(capacity, entry, TARGET) == (waiting(entry), waiting(entry))


def test_growing_takes_time_and_leaves_the_other_region_alone(stage, capacity, entry):
    size = at_work(entry)
    capacity.grow(entry, TARGET, size, claim())
    assert counts(capacity, entry, TARGET) == (size, waiting(entry))
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (size, size)
    assert counts(capacity, entry, SOURCE) == (size, size)
    assert least(capacity, entry, TARGET) == (size if writes(entry) else None)


def test_growing_takes_nothing_away_and_may_be_said_twice(stage, capacity, entry):
    size = at_work(entry)
    for _ in range(2):
        capacity.grow(entry, SOURCE, size - 1, claim())
        capacity.grow(entry, TARGET, size, claim())
    stage.advance(600)
    assert counts(capacity, entry, SOURCE) == counts(capacity, entry, TARGET) == (size, size)


def test_a_standby_has_its_size_and_its_least_again(stage, capacity, entry):
    capacity.stand_by(entry, SOURCE, at_work(entry), claim())
    capacity.grow(entry, TARGET, at_work(entry), claim())
    stage.advance(600)
    capacity.give_back(entry, TARGET, waiting(entry), claim())
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (at_work(entry), at_work(entry)), "the least alone is given back"
    assert least(capacity, entry, TARGET) == (waiting(entry) if writes(entry) else None)
    capacity.stand_by(entry, TARGET, waiting(entry), claim())
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (waiting(entry), waiting(entry))
    assert least(capacity, entry, TARGET) == (waiting(entry) if writes(entry) else None)


def test_a_region_that_is_down_cannot_be_asked(stage, capacity, entry):
    stage.take_down(SOURCE)
    for ask in (capacity.state, capacity.bounds) if writes(entry) else (capacity.state,):
        with pytest.raises(UnreachableError):
            ask(entry, SOURCE)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ecs", {"service": "nothing"}),
        ("autoscaling", {"group": "nothing"}),
        ("eks_nodegroup", {"nodegroup": "nothing"}),
        ("aurora_readers", {"clusters": {SOURCE: "nothing", TARGET: "nothing"}}),
    ],
)
def test_what_is_missing_is_refused_by_name(capacity, kind, change):
    with pytest.raises(RejectedError, match="nothing"):
        capacity.state(entry_of(kind, **change), TARGET)


# -- what scales by itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALED)
def test_a_fenced_side_stays_at_nothing_whatever_scales_it(stage, capacity, kind):
    entry = entry_of(kind)
    capacity.fence(entry, SOURCE, claim())
    capacity.fence(entry, SOURCE, claim())
    stage.advance(7200)
    assert counts(capacity, entry, SOURCE) == (0, 0)
    assert capacity.state(entry, SOURCE).lingering == {}
    bounds = capacity.bounds(entry, SOURCE)
    assert bounds is not None
    assert bounds.scaling is Scaling.SUSPENDED


@pytest.mark.parametrize("kind", SCALED)
def test_what_was_fenced_grows_again_and_scales_again(stage, capacity, kind):
    entry = entry_of(kind)
    capacity.fence(entry, SOURCE, claim())
    stage.advance(600)
    capacity.grow(entry, SOURCE, 4, claim())
    stage.advance(600)
    bounds = capacity.bounds(entry, SOURCE)
    assert bounds is not None
    assert (bounds.least, bounds.scaling) == (4, Scaling.ON)
    assert counts(capacity, entry, SOURCE) == (4, 4)


@pytest.mark.parametrize("kind", SCALED)
def test_a_most_that_is_too_small_is_raised(stage, capacity, kind):
    entry = entry_of(kind)
    capacity.grow(entry, TARGET, 12, claim())
    stage.advance(600)
    bounds = capacity.bounds(entry, TARGET)
    assert bounds is not None
    assert (bounds.least, bounds.most) == (12, 12)
    assert counts(capacity, entry, TARGET) == (12, 12)


def test_readers_write_nothing_and_are_not_fenced(capacity):
    with pytest.raises(RejectedError, match="nothing to fence"):
        capacity.fence(entry_of("aurora_readers"), SOURCE, claim())


# -- on AWS alone ----------------------------------------------------------------------------------------------------


@pytest.fixture
def break_it(stage: Stage) -> Callable[..., str]:
    """Adds a fault to the world, which the fake has not."""
    assert stage.world is not None
    return stage.world.add_fault


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
@pytest.mark.parametrize(("fault", "before"), [("error_after", True), ("error_before", False)])
def test_a_call_that_failed_is_told_by_looking_and_made_once(stage, capacity, entry, break_it, fault, before):
    """Readers are made one by one: those that are missing are what looking finds."""
    service, operation = GROWS[entry.kind]
    break_it(fault, region=TARGET, service=service, operation=operation)
    with pytest.raises(UnreachableError):
        capacity.grow(entry, TARGET, at_work(entry), claim())
    stage.world.remove_fault(None)
    desired, _ = counts(capacity, entry, TARGET)
    assert (desired > waiting(entry)) is before
    capacity.grow(entry, TARGET, at_work(entry), claim())
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (at_work(entry), at_work(entry))


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
@pytest.mark.parametrize(("fault", "error"), [("throttle", ThrottledError), ("denied", DeniedError)])
def test_throttled_and_denied_are_told_apart(capacity, entry, break_it, fault, error):
    service, operation = GROWS[entry.kind]
    break_it(fault, region=TARGET, service=service, operation=operation)
    with pytest.raises(error):
        capacity.grow(entry, TARGET, at_work(entry), claim())


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
@pytest.mark.parametrize("kind", SCALED)
def test_where_nothing_more_can_be_had_the_service_says_so(stage, capacity, break_it, kind):
    entry = entry_of(kind)
    break_it("capacity_short", region=TARGET)
    capacity.grow(entry, TARGET, 4, claim())
    stage.advance(300)
    state = capacity.state(entry, TARGET)
    assert (state.desired, state.running) == (4, 1)
    assert kind == "eks_nodegroup" or "capacity" in state.reason.lower()


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
def test_where_rds_has_no_instance_it_is_asked_again(stage, capacity, break_it):
    entry = entry_of("aurora_readers")
    short = break_it("capacity_short", region=TARGET, service="rds")
    with pytest.raises(UnreachableError, match="no instance for shop-eu-west-1 now"):
        capacity.grow(entry, TARGET, 4, claim())
    stage.world.remove_fault(short)
    capacity.grow(entry, TARGET, 4, claim())
    assert counts(capacity, entry, TARGET)[0] == 4


@pytest.mark.parametrize("ground", ["aws, of which nobody scales"], indirect=True, scope="module")
def test_a_service_that_nobody_scales_is_not_registered_by_fencing_it(stage, capacity, break_it):
    entry = entry_of("ecs")
    targets = stage.aws.client("application-autoscaling", SOURCE)
    known = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    targets.deregister_scalable_target(ResourceId="service/shop/api", **known)
    assert capacity.bounds(entry, SOURCE) is None
    capacity.fence(entry, SOURCE, claim())
    capacity.grow(entry, SOURCE, 4, claim())
    assert targets.describe_scalable_targets(**known)["ScalableTargets"] == []


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
@pytest.mark.parametrize("kind", ["autoscaling", "eks_nodegroup"])
def test_instances_that_drain_are_not_in_service_and_linger(stage, capacity, break_it, kind):
    entry = entry_of(kind)
    capacity.fence(entry, SOURCE, claim())
    stage.advance(30)
    state = capacity.state(entry, SOURCE)
    assert (state.desired, state.running, state.lingering) == (0, 0, {"Terminating": 4})
    stage.advance(30)
    assert capacity.state(entry, SOURCE).lingering == {}


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
def test_a_node_group_takes_one_update_at_a_time(stage, capacity, break_it):
    entry = entry_of("eks_nodegroup")
    capacity.grow(entry, TARGET, 4, claim())
    assert capacity.state(entry, TARGET).changing
    with pytest.raises(RejectedError):
        capacity.grow(entry, TARGET, 5, claim())
    stage.advance(60)
    assert not capacity.state(entry, TARGET).changing


@pytest.mark.parametrize("ground", ["aws"], indirect=True, scope="module")
def test_a_step_fences_a_node_group_again_that_somebody_has_scaled_back(stage, capacity, break_it):
    """The size is the one that the first act read: only the version tells the second act from the first."""
    entry, once = entry_of("eks_nodegroup"), claim()
    eks, named = stage.aws.client("eks", SOURCE), {"clusterName": "shop", "nodegroupName": "nodes"}
    before = eks.describe_nodegroup(**named)["nodegroup"]["scalingConfig"]
    capacity.fence(entry, SOURCE, once)
    stage.advance(60)
    eks.update_nodegroup_config(scalingConfig=before, **named)
    stage.advance(60)
    assert counts(capacity, entry, SOURCE)[0] == 4
    capacity.fence(entry, SOURCE, once)
    stage.advance(60)
    assert counts(capacity, entry, SOURCE) == (0, 0)


@pytest.mark.parametrize("ground", ["aws, with an instance of others"], indirect=True, scope="module")
def test_instances_that_others_made_stay_and_so_does_the_writer(stage, capacity, break_it):
    entry = entry_of("aurora_readers")
    rds = stage.aws.client("rds", SOURCE)
    rds.create_db_instance(
        DBInstanceIdentifier="dr-shop-eu-central-1-old",
        DBClusterIdentifier="shop-eu-central-1",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )
    capacity.grow(entry, SOURCE, 6, claim())
    stage.advance(600)
    before = changes(stage, "DeleteDBInstance")
    capacity.stand_by(entry, SOURCE, 1, claim())
    stage.advance(600)
    state = capacity.state(entry, SOURCE)
    assert (state.desired, state.kept) == (5, 5), "four were there, one has a name that is not ours"
    assert changes(stage, "DeleteDBInstance") == before + 1


@pytest.mark.parametrize("ground", ["aws, without an instance"], indirect=True, scope="module")
def test_a_cluster_without_instances_gets_what_the_other_region_has(stage, capacity, break_it):
    entry = entry_of("aurora_readers")
    rds = stage.aws.client("rds", TARGET)
    rds.delete_db_instance(DBInstanceIdentifier="shop-eu-west-1-1")
    stage.advance(600)
    assert counts(capacity, entry, TARGET) == (0, 0)
    stage.take_down(SOURCE)
    with pytest.raises(RejectedError, match="which class a reader"):
        capacity.grow(entry, TARGET, 2, claim())
    given = entry_of("aurora_readers", instance_class="db.r6g.xlarge")
    capacity.grow(given, TARGET, 1, claim())
    stage.world.remove_fault(None)
    capacity.grow(entry, TARGET, 2, claim())
    stage.advance(600)
    made = {one["DBInstanceIdentifier"]: one["DBInstanceClass"] for one in rds.describe_db_instances()["DBInstances"]}
    assert made == {"dr-shop-eu-west-1-1": "db.r6g.xlarge", "dr-shop-eu-west-1-2": "db.r6g.xlarge"}
