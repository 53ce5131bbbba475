"""Do the applications fit together: order, things that only one of them may own, switches, addresses?"""

from collections.abc import Iterator
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from urllib.parse import urlsplit

from dr_core.topology.capacity import Consumer, EventBridgeRule, EventBridgeSchedule, LambdaEventSource
from dr_core.topology.check_release import check_release
from dr_core.topology.custom import CustomWebhook
from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Application, Topology
from dr_core.topology.traffic import ArcRoutingControls, Route53Records, StandbyTakesOver

_FOLLOWED_AFTER = timedelta(minutes=2)
Owned = tuple[str, str, tuple[str, ...]]  # path, what it is in words, the key that nobody else may have


def check_applications(topology: Topology) -> Iterator[TopologyFinding]:
    """Everything about applications that is not about regions."""
    yield from _order(topology)
    yield from _owned_once(topology)
    for name, application in topology.applications.items():
        base = f"applications.{name}"
        if name in topology.residency.allowed_regions:
            told = "an application is not called like a region: nobody could tell what a command moves"
            yield fatal(base, told, stops=False)
        yield from _switches(topology, base, application)
        yield from _one_take_over(base, application)
        yield from _custom_steps(base, application)
        yield from _addresses(base, application)
        yield from _blind_spots(base, application)
        yield from _canary(base, application, topology.detection.interval)
        yield from check_release(topology, base, application)


def _order(topology: Topology) -> Iterator[TopologyFinding]:
    names = list(topology.applications)
    graph: dict[str, list[str]] = {}
    for name, application in topology.applications.items():
        graph[name] = [other for other in application.depends_on if other in topology.applications]
        for index, other in enumerate(application.depends_on):
            if other not in topology.applications:
                path = f"applications.{name}.depends_on[{index}]"
                yield fatal(path, f"there is no application {other}", f"Applications: {', '.join(names)}")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = list(reversed(error.args[1]))
        yield fatal(f"applications.{cycle[0]}.depends_on", f"applications wait for each other: {' -> '.join(cycle)}")


def _owned_once(topology: Topology) -> Iterator[TopologyFinding]:
    first: dict[tuple[str, ...], str] = {}
    told: set[str] = set()
    for name, application in topology.applications.items():
        for path, what, key in _owned(f"applications.{name}", application):
            if key in first and path not in told:
                told.add(path)
                yield fatal(
                    path, f"{what} is used at {first[key]} already", "Two owners would move it against each other"
                )
            first.setdefault(key, path)


def _owned(base: str, application: Application) -> Iterator[Owned]:
    account = application.account.role_arn.split(":")[4] if application.account else ""
    yield from _owned_ways(base, application)
    yield from _owned_consumers(base, account, application)
    if application.database and application.database.aurora_global:
        cluster = application.database.aurora_global.global_cluster
        path = f"{base}.database.aurora_global.global_cluster"
        yield path, f"the global cluster {cluster}", ("global cluster", account, cluster)
    if application.database and application.database.rds_replica:
        for region, instance in application.database.rds_replica.instances.items():
            path = f"{base}.database.rds_replica.instances.{region}"
            yield path, f"the RDS instance {instance}", ("rds", account, region, instance.lower())
    for index, storage in enumerate(application.storage):
        for region, bucket in (storage.s3.buckets if storage.s3 else {}).items():
            path = f"{base}.storage[{index}].s3.buckets.{region}"
            yield path, f"the bucket {bucket}", ("bucket", bucket)
    yield from _owned_capacity(base, application, account)
    if application.release:
        pointer = application.release.pointer
        for region in application.regions:
            yield f"{base}.release.pointer", f"the parameter {pointer}", ("pointer", account, region, pointer)


def _owned_capacity(base: str, application: Application, account: str) -> Iterator[Owned]:
    for index, capacity in enumerate(application.capacity):
        if capacity.ecs:
            service = f"{capacity.ecs.cluster}/{capacity.ecs.service}"
            path = f"{base}.capacity[{index}].ecs.service"
            for region in application.regions:
                yield path, f"the ECS service {service}", ("ecs", account, region, service)
        if capacity.autoscaling:
            group = capacity.autoscaling.group
            path = f"{base}.capacity[{index}].autoscaling.group"
            for region in application.regions:
                yield path, f"the Auto Scaling group {group}", ("autoscaling", account, region, group)
        if capacity.eks_nodegroup:
            nodegroup = f"{capacity.eks_nodegroup.cluster}/{capacity.eks_nodegroup.nodegroup}"
            path = f"{base}.capacity[{index}].eks_nodegroup.nodegroup"
            for region in application.regions:
                yield path, f"the EKS node group {nodegroup}", ("eks", account, region, nodegroup)
        for region, cluster in (capacity.aurora_readers.clusters if capacity.aurora_readers else {}).items():
            path = f"{base}.capacity[{index}].aurora_readers.clusters.{region}"
            yield path, f"the readers of {cluster}", ("readers", account, region, cluster.lower())


def _owned_ways(base: str, application: Application) -> Iterator[Owned]:
    """What sends users to a region."""
    for index, traffic in enumerate(application.traffic):
        path = f"{base}.traffic[{index}].{traffic.kind}"
        match traffic.value:
            case Route53Records() as records:
                record = f"{records.name.rstrip('.').lower()} {records.type}"
                yield f"{path}.name", f"the record {record}", ("record", records.hosted_zone, record)
            case StandbyTakesOver() as switch:
                check = switch.health_check
                yield f"{path}.health_check", f"the switch {check}", ("switch", check)
            case ArcRoutingControls() as arc:
                for region, control in arc.controls.items():
                    yield f"{path}.controls.{region}", f"the routing control {control}", ("control", control)


def _owned_consumers(base: str, account: str, application: Application) -> Iterator[Owned]:
    for index, consumer in enumerate(application.consumers):
        what, (kind, *named) = _consumed(consumer)
        path = f"{base}.consumers[{index}].{consumer.kind}"
        for region in application.regions:
            yield path, what, (kind, account, region, *named)


def _consumed(consumer: Consumer) -> tuple[str, tuple[str, ...]]:
    """What it is in words, and what nobody else may turn; a poller is an ECS service like any other."""
    match consumer.value:
        case LambdaEventSource() as source:
            return f"the function {source.function}", ("function", source.function)
        case EventBridgeRule() as rule:
            return f"the rule {rule.bus}/{rule.rule}", ("rule", rule.bus, rule.rule)
        case EventBridgeSchedule() as spec:
            return f"the schedule {spec.group}/{spec.schedule}", ("schedule", spec.group, spec.schedule)
    service = f"{consumer.value.cluster}/{consumer.value.service}"
    return f"the ECS service {service}", ("ecs", service)


def _switches(topology: Topology, base: str, application: Application) -> Iterator[TopologyFinding]:
    """DNS health is a switch (domain.md): else DNS sends writes to a read-only standby unasked."""
    if application.database is None:
        return
    own = {
        check: f"applications.{name}.health[{index}].route53.{region}"
        for name, other in topology.applications.items()
        for index, health in enumerate(other.health)
        for region, check in (health.route53 or {}).items()
    }
    for index, traffic in enumerate(application.traffic):
        switch = traffic.standby_takes_over
        if switch and switch.health_check in own:
            yield fatal(
                f"{base}.traffic[{index}].standby_takes_over.health_check",
                f"{switch.health_check} is the application's own health ({own[switch.health_check]}); "
                "with a single writer it must be a switch of its own",
                "Use an inverted health check that watches only the takeover object",
            )


def _one_take_over(base: str, application: Application) -> Iterator[TopologyFinding]:
    """A pair of failover records has one SECONDARY, and its health check watches one object."""
    for index, traffic in enumerate(application.traffic):
        switch = traffic.standby_takes_over
        if switch and len(switch.bucket) > 1:
            yield warning(
                f"{base}.traffic[{index}].standby_takes_over.bucket",
                f"one health check leads to one SECONDARY record, but {len(switch.bucket)} standbys have a bucket: "
                "users reach the others only where records behind the SECONDARY choose among them",
                "With several standbys use routing controls or weighted records",
            )


def _custom_steps(base: str, application: Application) -> Iterator[TopologyFinding]:
    names: set[str] = set()
    for index, custom in enumerate(application.custom):
        name = custom.value.name
        if name in names:
            yield fatal(f"{base}.custom[{index}].{custom.kind}.name", f"the custom step {name} is given twice")
        names.add(name)


def _addresses(base: str, application: Application) -> Iterator[TopologyFinding]:
    for index, health in enumerate(application.health):
        urls = health.http or {}
        path = f"{base}.health[{index}].{health.kind}"
        for region, url in urls.items():
            yield from _address(f"{path}.{region}", url)
        # Alarms of one name are two alarms, one in each region.
        if not health.alarm and len(set(health.value.values())) < len(health.value):
            yield warning(path, "two regions have the same check, which cannot tell them apart")
    for index, traffic in enumerate(application.traffic):
        arc, edge = traffic.arc_routing_controls, traffic.cloudfront
        for at, endpoint in enumerate(arc.endpoints if arc else ()):
            yield from _address(f"{base}.traffic[{index}].arc_routing_controls.endpoints[{at}].url", endpoint.url)
        if edge and edge.probe:
            yield from _address(f"{base}.traffic[{index}].cloudfront.probe", edge.probe)
    yield from _colour_addresses(base, application)
    for index, custom in enumerate(application.custom):
        if custom.webhook:
            yield from _hooks(f"{base}.custom[{index}].webhook", custom.webhook)
    for index, verify in enumerate(application.verify):
        if verify.http_write_read:
            yield from _address(f"{base}.verify[{index}].http_write_read.url", verify.http_write_read.url)


def _colour_addresses(base: str, application: Application) -> Iterator[TopologyFinding]:
    for name, colour in (application.release.colours if application.release else {}).items():
        for region, url in colour.health.items():
            yield from _address(f"{base}.release.colours.{name}.health.{region}", url)


def _hooks(path: str, webhook: CustomWebhook) -> Iterator[TopologyFinding]:
    for key, url in (("url", webhook.url), ("verify", webhook.verify), ("undo", webhook.undo)):
        if url is None:
            continue
        yield from _address(f"{path}.{key}", url)
        if "?" in url:
            yield warning(
                f"{path}.{key}",
                "a query often holds a secret, and this one is kept in the store with each plan",
                "Requests are signed: let the receiver believe the signature, and leave the query out",
            )


def _address(path: str, url: str) -> Iterator[TopologyFinding]:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        yield fatal(path, f"expected a URL with a host and, if any, a port from 1 to 65535, got {url!r}")
    elif parts.username is not None or parts.password is not None:
        yield fatal(
            path, "a user name or password does not belong in a URL here", "It would appear in messages and logs"
        )


def _blind_spots(base: str, application: Application) -> Iterator[TopologyFinding]:
    """What the file may leave out, and what is then not known or not done."""
    if not application.health:
        yield warning(f"{base}", "there is no health: every verdict will be unknown", "Add health")
    if not application.traffic:
        yield warning(f"{base}", "there is no traffic: users will not follow a switch", "Add traffic")
    if not application.verify:
        yield warning(f"{base}", "there is no verify: success will not be proven by a write", "Add verify")
    for index, capacity in enumerate(application.capacity):
        if capacity.value.standby > capacity.value.active:
            yield warning(
                f"{base}.capacity[{index}].{capacity.kind}.standby", "the standby runs more than the active region"
            )


def _canary(base: str, application: Application, interval: timedelta) -> Iterator[TopologyFinding]:
    """A share that could never be sent or measured, or that would be back before anybody had followed it."""
    canary, path = application.canary, f"{base}.canary"
    if canary is None:
        return
    if not any(traffic.route53_records for traffic in application.traffic):
        yield warning(path, "there are no route53_records: nothing else can send a share of the users")
    if canary.hold < _FOLLOWED_AFTER:
        yield warning(
            f"{path}.hold", f"it ends before users have followed: {canary.hold.total_seconds():g} s",
            "Route 53 propagates a change within 60 s, and resolvers keep an answer for its TTL: hold at least 2m",
        )  # fmt: skip
    urls = [sum(region in (check.http or {}) for check in application.health) for region in application.regions]
    measured_s = (canary.hold + canary.patience).total_seconds()
    most = int(measured_s / interval.total_seconds()) * min((number for number in urls if number), default=1)
    if canary.min_samples > most:
        yield warning(
            f"{path}.min_samples", f"it never passes: in {measured_s:g} s, {most} probes of a region are made at most",
            f"Ask for {most} at most, hold it for longer, or shorten detection.interval",
        )  # fmt: skip
