"""Cross-checks of `deployment` against the rest of the file. Pure."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations

from dr_core.topology.deployment import Built, Deployment, Engine, Existing, assigned_later, master_secret
from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Application, Topology
from dr_core.topology.networks import network_of
from dr_core.topology.stores import AuroraEngine, AuroraGlobal

_GLOBAL_CLASSES = re.compile(r"db\.([rx][0-9][a-z0-9]*\.[a-z0-9]+|serverless)")
"""https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.configuration.requirements.html"""
_GLOBAL_NODES = re.compile(r"cache\.(m5|m6g|m7g|r5|r6g|r6gd|r7g|c7gn)\.([0-9]*x?large)")
_MOST_COPIES = 2
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastores-Getting-Started.html"""


def check_deployment(topology: Topology) -> Iterator[TopologyFinding]:
    """Nothing where nothing is to be deployed."""
    if topology.deployment is not None:
        yield from _names(topology, topology.deployment)
        yield from _places(topology, topology.deployment)
        for name, built in topology.deployment.applications.items():
            if name in topology.applications:
                base = f"deployment.applications.{name}"
                yield from _home(base, topology.applications[name], built)
                yield from _account(base, topology.applications[name], topology.deployment.account)
                yield from _database(base, name, topology.applications[name], built.engine)
                yield from _cache(base, topology.applications[name], built.cache_node)
                yield from _traffic(base, topology.applications[name], built)


def _names(topology: Topology, deployment: Deployment) -> Iterator[TopologyFinding]:
    for name in deployment.applications:
        if name not in topology.applications:
            yield fatal(f"deployment.applications.{name}", "no application has this name", "Add it, or take it out")
    for name in topology.applications:
        if name not in deployment.applications:
            yield warning("deployment.applications", f"{name} is not deployed from here", "Add it if it should be")
        if name == deployment.name:
            yield fatal("deployment.name", f"{name} is an application's name", "Choose another: stacks are named by it")


def _places(topology: Topology, deployment: Deployment) -> Iterator[TopologyFinding]:
    for part, regions in (("cidrs", deployment.cidrs), ("zones", deployment.zones)):
        for region in regions:
            if region not in topology.residency.allowed_regions:
                yield fatal(f"deployment.{part}.{region}", f"{region} is no allowed region", "Take it out")
    for region, zones in deployment.zones.items():
        if len(set(zones)) < 2:
            yield fatal(f"deployment.zones.{region}", "a database needs two zones", "Name at least two")
        for zone in zones:
            if not zone.startswith(region):
                yield fatal(f"deployment.zones.{region}", f"{zone} is no zone of {region}", f"Such as {region}a")
    yield from _networks(topology, deployment)


def _networks(topology: Topology, deployment: Deployment) -> Iterator[TopologyFinding]:
    """Of the regions that are named, and of those that get their own."""
    built = [app for name, app in topology.applications.items() if name in deployment.applications]
    used = [topology.control_region, *(region for app in built for region in app.regions)]
    nets: dict[str, str] = {}
    for region in dict.fromkeys([*deployment.cidrs, *used]):
        found = network_of(deployment, region)
        if found is None:
            message = f"{region} has no network of its own"
            yield fatal(f"deployment.cidrs.{region}", message, "Give it one, such as 10.90.0.0/16")
        else:
            nets[region] = found
    for (one, a), (other, b) in combinations(nets.items(), 2):
        if ip_network(a).overlaps(ip_network(b)):
            yield fatal(f"deployment.cidrs.{other}", f"{b} overlaps with {a} of {one}", "Choose another network")


def _home(base: str, application: Application, built: Built) -> Iterator[TopologyFinding]:
    """What has one owner must keep it when the application moves for good."""
    if built.home is None and application.standby:
        message = "another `primary` would make keys, secrets and stores anew, for they belong to it"
        yield warning(f"{base}.home", message, f"Write home: {application.primary}")
    elif built.home is not None and built.home not in application.regions:
        yield fatal(f"{base}.home", f"{built.home} is no region of the application", "Choose one of its regions")


def _account(base: str, application: Application, account: str) -> Iterator[TopologyFinding]:
    role = application.account.role_arn if application.account else None
    if role and role.split(":")[4] != account:
        message = f"it would be built in {account}, and the bot looks for it in {role.split(':')[4]}"
        yield fatal(base, message, "Deploy it with a file of that account, or correct its account.role_arn")


def _database(base: str, name: str, application: Application, engine: Engine) -> Iterator[TopologyFinding]:
    if application.database is None:
        return
    secret = master_secret(name, engine)
    if secret not in application.secrets:
        yield warning(
            f"{base}.engine.secret", f"{secret} is none of {name}'s secrets: nobody looks at its copies",
            f"Add it to applications.{name}.secrets, or name one of them here",
        )  # fmt: skip
    if isinstance(application.database.value, AuroraGlobal):
        yield from _aurora(base, name, application.database.value, engine)


def _aurora(base: str, name: str, spec: AuroraGlobal, engine: Engine) -> Iterator[TopologyFinding]:
    if engine.instance_class and not _GLOBAL_CLASSES.fullmatch(engine.instance_class):
        yield fatal(
            f"{base}.engine.instance_class", f"a global database cannot run on {engine.instance_class}",
            "Choose a memory-optimized class, such as db.r6g.large",
        )  # fmt: skip
    mysql = spec.engine is AuroraEngine.MYSQL
    if engine.version and ("mysql" in engine.version) is not mysql:
        yield fatal(
            f"{base}.engine.version", f"{engine.version} is no version of {spec.engine or AuroraEngine.POSTGRESQL}",
            "Such as 8.0.mysql_aurora.3.10.5" if mysql else "Such as 17.7",
        )  # fmt: skip
    if len(set(spec.clusters.values())) < len(spec.clusters):
        path = f"applications.{name}.database.aurora_global.clusters"
        yield fatal(path, "the clusters of a global database need names of their own", "Add the region to each")


def _traffic(base: str, application: Application, built: Built) -> Iterator[TopologyFinding]:
    if built.region_switch and application.active_active:
        yield fatal(f"{base}.region_switch", "every region serves: there is nothing to switch between", "Leave it out")
    for what, ids in _ids(application).items():
        if what in built.existing and any(map(assigned_later, ids)):
            yield fatal(
                f"{base}.existing", f"{what} stand already, and an id of theirs is still `deployed:`", "Write their ids"
            )


def _ids(application: Application) -> dict[Existing, list[str]]:
    """The ids that AWS assigns to what may stand already."""
    ways = application.traffic
    checks = [one for health in application.health for one in (health.route53 or {}).values()]
    switches = [way.standby_takes_over.health_check for way in ways if way.standby_takes_over]
    return {
        Existing.HEALTH_CHECKS: checks + switches,
        Existing.ROUTING_CONTROLS: [
            one for way in ways if way.arc_routing_controls for one in way.arc_routing_controls.controls.values()
        ],
        Existing.DISTRIBUTION: [way.cloudfront.distribution for way in ways if way.cloudfront],
    }


def _cache(base: str, application: Application, node: str) -> Iterator[TopologyFinding]:
    if not application.cache:
        return
    if not _GLOBAL_NODES.fullmatch(node):
        hint = "Choose one of M5, M6g, M7g, R5, R6g, R6gd, R7g or C7gn, large or above"
        yield fatal(f"{base}.cache_node", f"a global datastore cannot run on {node}", hint)
    if len(application.standby) > _MOST_COPIES:
        yield fatal(base, f"a global datastore has two copies at most, not {len(application.standby)}", "Take one out")
