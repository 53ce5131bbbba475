"""Everything that leads clients to a region: health checks, zones and records, hosts."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.sandbox.world.applications import Applications
from bot.sandbox.world.arc import Arc
from bot.sandbox.world.blueprint import Addresses, Place, RecordPlan, host_of, takeover_region, urls_of, zone_name
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.health_checks import RECOVERY_CONTROL
from bot.sandbox.world.hosts import Endpoint, Sites
from bot.sandbox.world.load_balancers import LoadBalancers
from bot.sandbox.world.route53 import Route53
from bot.sandbox.world.s3 import S3
from bot.sandbox.world.seed_arc import check_of, seed_controls
from bot.sandbox.world.zones import Record, Zone, normal
from dr_core.topology.model import Application, Topology
from dr_core.topology.traffic import StandbyTakesOver

TTL_S = 30
FULL_WEIGHT = 100
_BUCKET = re.compile(r"^(.+)\.s3[.-]([a-z0-9-]+)\.amazonaws\.com$")


class TrafficSeeds:
    """Seeds Route 53 and the hosts from the topology."""

    def __init__(self, ground: Ground, applications: Applications, addresses: Addresses, sites: Sites) -> None:
        self._ground = ground
        self._route53 = ground.part(Route53)
        self._s3 = ground.part(S3)
        self._applications = applications
        self._addresses = addresses
        self._sites = sites

    def seed(self, topology: Topology, records: tuple[RecordPlan, ...]) -> None:
        seed_controls(self._ground, topology)
        self._route53.host_value, self._route53.host_healthy = self._host_value, self._host_healthy
        for name, app in topology.applications.items():
            self._hosts(name, app)
            self._checks(name, app)
        for zone_id in dict.fromkeys(record.zone for record in records):
            plans = [record for record in records if record.zone == zone_id]
            zone = Zone(zone_id, zone_name([plan.name for plan in plans]))
            for plan in plans:
                zone.records.extend(self._records(plan, topology.applications[plan.application].primary))
            zone.publish()
            self._route53.zones[zone_id] = zone

    def wait(self, topology: Topology, records: tuple[RecordPlan, ...]) -> None:
        """The programs are there and the zones are empty: what is built later leads clients to those."""
        self._route53.host_value, self._route53.host_healthy = self._host_value, self._host_healthy
        self._route53.probe, self._addresses.behind = self._probe, self._behind
        for name, app in topology.applications.items():
            self._hosts(name, app)
        for zone_id in dict.fromkeys(record.zone for record in records):
            names = [record.name for record in records if record.zone == zone_id]
            self._route53.zones[zone_id] = Zone(zone_id, zone_name(names))

    def _probe(self, config: Mapping[str, Any]) -> str | None:
        """What a health check finds that somebody made with this configuration."""
        if config.get("Type") == RECOVERY_CONTROL:
            return self._ground.part(Arc).trouble(str(config.get("RoutingControlArn")))
        host = str(config.get("FullyQualifiedDomainName") or "").lower()
        stored = _BUCKET.match(host)
        if stored:
            return self._object(stored[2], stored[1], str(config.get("ResourcePath") or "/")[1:])
        place = self._place(host)
        return None if place is None else self._applications.trouble(place)

    def _behind(self, host: str) -> Place | None:
        """The application whose fleet stands behind a load balancer, or the place of a regional host."""
        fleet = self._ground.part(LoadBalancers).fleet_of(host)
        if fleet is None:
            return self._sites.place_of(host)
        kind, region, name = fleet
        found = [app.name for app in self._applications.all.values() if (kind, name) in app.fleets]
        return Place(found[0], region) if found else None

    def _place(self, host: str) -> Place | None:
        name = host.rstrip(".").lower()
        return self._sites.place_of(name) or self._addresses.place(name)

    def _host_value(self, host: str, record_type: str) -> str | None:
        place = self._place(host)
        return None if place is None else self._addresses.value(place, record_type)

    def _host_healthy(self, host: str) -> bool:
        place = self._place(host)
        return place is None or self._applications.trouble(place) is None

    def _hosts(self, name: str, app: Application) -> None:
        for check in app.health:
            for region, url in (check.http or {}).items():
                self._sites.add(url, Endpoint(name, region))
        for verify in app.verify:
            if verify.http_write_read:
                self._sites.add(verify.http_write_read.url, Endpoint(name))
        for colour, spec in (app.release.colours if app.release else {}).items():
            self._ground.faults.colours.add(colour)
            for region, url in spec.health.items():
                self._sites.add(url, Endpoint(name, region, colour=colour))
        for url in urls_of(app):
            self._sites.add(url, Endpoint(name, webhook=True))

    def _checks(self, name: str, app: Application) -> None:
        urls = {region: url for check in app.health for region, url in (check.http or {}).items()}
        for check in app.health:
            for region, identifier in (check.route53 or {}).items():
                if identifier not in self._route53.health.checks:
                    host = host_of(urls.get(region, "")) or f"{name}.{region}.sandbox.example"
                    probe = partial(self._applications.trouble, Place(name, region))
                    self._route53.health.add(identifier, _config(host, "/health", inverted=False), probe)
        for traffic in app.traffic:
            if traffic.standby_takes_over:
                self._takeover_check(app, traffic.standby_takes_over)

    def _takeover_check(self, app: Application, takeover: StandbyTakesOver) -> None:
        """Inverted: healthy while nobody has put the object, so that the primary is answered.

        https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-b---edge-network-global-service-guidance.html
        """
        if takeover.health_check in self._route53.health.checks or not takeover.bucket:
            return
        wanted = [region for region in app.standby if region in takeover.bucket] or list(takeover.bucket)
        region, bucket = wanted[0], takeover.bucket[wanted[0]]

        config = _config(f"{bucket}.s3.{region}.amazonaws.com", f"/{takeover.key}", inverted=True)
        self._route53.health.add(takeover.health_check, config, partial(self._object, region, bucket, takeover.key))

    def _object(self, region: str, bucket: str, key: str) -> str | None:
        """Why a health check that asks for an object fails."""
        if self._applications.region_state(region) != "up":
            return "The health checker could not establish a connection within the timeout limit."
        return None if self._s3.exists(bucket, key) else "HTTP Status Code 404, Not Found"

    def _records(self, plan: RecordPlan, primary: str) -> list[Record]:
        takes_over = takeover_region(plan, primary)
        made = []
        for region, identifier in plan.set_identifiers:
            place = Place(plan.application, region)
            record: Record = {
                "Name": plan.name,
                "Type": plan.type,
                "TTL": TTL_S,
                "SetIdentifier": identifier,
                "ResourceRecords": [{"Value": self._addresses.value(place, plan.type)}],
            }
            control = plan.controls.controls.get(region) if plan.controls else None
            if control is not None:
                made.append(
                    {**record, "Weight": plan.shares.get(region, FULL_WEIGHT), "HealthCheckId": check_of(control)}
                )
            elif plan.shares:
                made.append({**record, "Weight": plan.shares.get(region, FULL_WEIGHT)})
            elif plan.takeover is None:
                made.append({**record, "Weight": FULL_WEIGHT if region == primary else 0})
            elif region == primary:
                made.append({**record, "Failover": "PRIMARY", "HealthCheckId": plan.takeover.health_check})
            elif region == takes_over:
                made.append({**record, "Failover": "SECONDARY"})
        return [normal(record) for record in made]


def _config(host: str, path: str, *, inverted: bool) -> dict[str, object]:
    return {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": host,
        "ResourcePath": path,
        "Port": 443,
        "RequestInterval": 30,
        "FailureThreshold": 3,
        "MeasureLatency": False,
        "Inverted": inverted,
        "Disabled": False,
        "EnableSNI": True,
    }
