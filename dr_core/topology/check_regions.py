"""Does every place that names a region name one that is allowed, and exactly the regions of its application?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dr_core.topology.capacity import AuroraReaders, EventBridgeSchedule
from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Application, Topology
from dr_core.topology.stores import AuroraGlobal, RdsReplica, S3Buckets
from dr_core.topology.traffic import ArcRoutingControls, Route53Records, StandbyTakesOver


@dataclass(frozen=True)
class RegionMap:
    """A mapping by region in the file. `standby_only`: a standby takes over by an object in a bucket of its own.
    `some`: it need not have an entry for every region."""

    path: str
    values: Mapping[str, str]
    standby_only: bool = False
    some: bool = False


def check_regions(topology: Topology) -> Iterator[TopologyFinding]:
    """Residency, roles, and the per-region maps. ARC endpoints are exempt."""
    yield from _allowed(topology)
    for name, application in topology.applications.items():
        yield from _roles(f"applications.{name}", application)
        for region_map in region_maps(f"applications.{name}", application):
            yield from _complete(application, region_map)
        if application.primary == topology.control_region:
            yield warning(
                "control_region",
                f"{topology.control_region} is also where {name} lives: the bot's own store would fail with it",
                "Choose another region for the store",
            )


def region_maps(base: str, application: Application) -> Iterator[RegionMap]:
    """Every per-region map of the application, with its path."""
    for index, health in enumerate(application.health):
        yield RegionMap(f"{base}.health[{index}].{health.kind}", health.value, some=health.alarm is not None)
    yield from _switches(base, application)
    match application.database.value if application.database else None:
        case AuroraGlobal() as aurora:
            yield RegionMap(f"{base}.database.aurora_global.clusters", aurora.clusters)
        case RdsReplica() as replica:
            yield RegionMap(f"{base}.database.rds_replica.instances", replica.instances)
    for index, storage in enumerate(application.storage):
        if isinstance(storage.value, S3Buckets):
            yield RegionMap(f"{base}.storage[{index}].s3.buckets", storage.value.buckets)
    for index, capacity in enumerate(application.capacity):
        if isinstance(capacity.value, AuroraReaders):
            yield RegionMap(f"{base}.capacity[{index}].aurora_readers.clusters", capacity.value.clusters)
    for index, consumer in enumerate(application.consumers):
        if isinstance(consumer.value, EventBridgeSchedule) and consumer.value.roles:
            yield RegionMap(f"{base}.consumers[{index}].eventbridge_schedule.roles", consumer.value.roles)
    for name, colour in (application.release.colours if application.release else {}).items():
        yield RegionMap(f"{base}.release.colours.{name}.health", colour.health)


def _switches(base: str, application: Application) -> Iterator[RegionMap]:
    for index, traffic in enumerate(application.traffic):
        path = f"{base}.traffic[{index}].{traffic.kind}"
        match traffic.value:
            case Route53Records() as records:
                yield RegionMap(f"{path}.set_identifiers", records.set_identifiers)
            case ArcRoutingControls() as arc:
                yield RegionMap(f"{path}.controls", arc.controls)
            case StandbyTakesOver() as switch:
                yield RegionMap(f"{path}.bucket", switch.bucket, standby_only=True)


def _allowed(topology: Topology) -> Iterator[TopologyFinding]:
    allowed = topology.residency.allowed_regions
    used = [("control_region", topology.control_region)]
    used += [(f"audit.anchors[{index}].region", anchor.region) for index, anchor in enumerate(topology.audit.anchors)]
    used += [(f"runbook.buckets[{index}].region", place.region) for index, place in enumerate(topology.runbook.buckets)]
    for name, application in topology.applications.items():
        used.append((f"applications.{name}.primary", application.primary))
        used += [(f"applications.{name}.standby[{at}]", region) for at, region in enumerate(application.standby)]
    for path, region in used:
        if region not in allowed:
            yield fatal(path, f"{region} is not an allowed region", f"residency.allowed_regions: {', '.join(allowed)}")
    for index, region in enumerate(allowed):
        if region in allowed[:index]:
            yield warning(f"residency.allowed_regions[{index}]", f"{region} is listed twice")


def _roles(base: str, application: Application) -> Iterator[TopologyFinding]:
    for index, region in enumerate(application.standby):
        if region == application.primary:
            yield fatal(f"{base}.standby[{index}]", f"{region} is the primary; a standby is another region")
        elif region in application.standby[:index]:
            yield fatal(f"{base}.standby[{index}]", f"{region} is listed twice")


def _complete(application: Application, region_map: RegionMap) -> Iterator[TopologyFinding]:
    needed = application.standby if region_map.standby_only else application.regions
    missing = [region for region in dict.fromkeys(needed) if region not in region_map.values]
    if missing and not region_map.some:
        yield fatal(region_map.path, f"expected an entry for {' and '.join(missing)}")
    for region in region_map.values:
        if region not in application.regions:
            expected = ", ".join(dict.fromkeys(application.regions))
            yield fatal(
                f"{region_map.path}.{region}", f"{region} is no region of this application", f"Expected: {expected}"
            )
