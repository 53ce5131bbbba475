"""What Route 53 answers for an application, and what its checkers look at.

An alias to a load balancer has a time to live of 60 s that AWS sets; a CNAME has 30 s. A run changes weights and roles,
and a deployment leaves them alone for as long as a record does not change in the template: docs/deployed-traffic.md.
"""

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53

from dr_core.topology.deployment import Existing
from dr_core.topology.traffic import Route53Records
from infra.hosts import Met, hosts_of, met, record_names, regional, zone_of
from infra.place import Level, Part, Place
from infra.records import Answer, Follows, answers, without_record
from infra.running.balancer import NAME, ZONE
from infra.running.clusters import COMPUTE
from infra.stacks.arc import ARC_CONTROL_PLANE, Arc, control_output, controlled_by
from infra.stacks.takeover import take_overs
from infra.words import camel

TTL_S = 30
CHECKERS = ("eu-west-1", "us-east-1", "us-west-2")
"""Route 53 wants three regions of checkers, and has one in the EU; they send a request and keep its status, no data.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
"""
FAILURES = 3


class Dns(Part):
    """The application's records and health checks"""

    concern = "dns"
    level = Level.APPLICATION_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        app = place.app
        checks = any(entry.route53 for entry in app.health)
        named = any(regional(app, region) for region in app.regions) and bool(_balanced(place))
        ways = (entry for entry in app.traffic if entry.cloudfront is None)
        return checks or named or any(True for _ in ways)

    def build(self) -> None:
        self._made: dict[tuple[Follows, str], str] = {}
        self._leads: dict[str, tuple[str, str]] = {}
        self._health()
        self._switches()
        self._regional_names()
        for index, entry in enumerate(self.place.app.traffic):
            if entry.route53_records:
                self._records(index, entry.route53_records)

    # -- checks ------------------------------------------------------------------------------------------------------

    def _health(self) -> None:
        """One check of each region for each entry, of that region's URL."""
        app, base = self.place.app, f"applications.{self.place.owner}.health"
        urls = [entry.http for entry in app.health if entry.http]
        number = 0
        for index, entry in enumerate(app.health):
            for region, given in (entry.route53 or {}).items():
                if self._exists(Existing.HEALTH_CHECKS):
                    self._made.setdefault((Follows.HEALTH, region), given)
                elif found := [one[region] for one in urls[number:] or urls[-1:] if region in one]:
                    check = self._check(f"Health{number or ''}{camel(region)}", met(found[0]), f"{region}")
                    self._made.setdefault((Follows.HEALTH, region), check)
                    self.writes(f"{base}.{index}.route53.{region}", f"Check{number or ''}{camel(region)}", check)
                else:
                    self.left_to_people(
                        f"{base}.{index}.route53.{region}", "no URL says what to look at in this region"
                    )
            number += 1 if entry.route53 else 0
        self._served()

    def _served(self) -> None:
        """Healthy while any region is: what turns bad when nobody serves."""
        children = [check for (follows, _), check in self._made.items() if follows is Follows.HEALTH]
        if len(children) > 1:
            config = route53.CfnHealthCheck.HealthCheckConfigProperty(
                type="CALCULATED", child_health_checks=children, health_threshold=1
            )
            served = route53.CfnHealthCheck(
                self, "Served", health_check_config=config, health_check_tags=self._named("any region")
            )
            cdk.CfnOutput(self, "ServedCheck", value=served.attr_health_check_id)

    def _check(self, at: str, seen: Met, words: str, *, inverted: bool = False) -> str:
        config = route53.CfnHealthCheck.HealthCheckConfigProperty(
            type=seen.scheme.upper(),
            fully_qualified_domain_name=seen.host,
            port=seen.port,
            resource_path=seen.path,
            request_interval=int(self.place.config.built(self.place.owner).check_every.rstrip("s")),
            failure_threshold=FAILURES,
            regions=list(CHECKERS),
            inverted=inverted,
            **({"enable_sni": True} if seen.scheme == "https" else {}),
        )
        made = route53.CfnHealthCheck(self, at, health_check_config=config, health_check_tags=self._named(words))
        return str(made.attr_health_check_id)

    def _switches(self) -> None:
        """The object's check is inverted: while nobody has put the object, S3 refuses, and the primary is answered."""
        for index, spec in take_overs(self.place.app):
            region = next((one for one in self.place.app.standby if one in spec.bucket), None)
            if self._exists(Existing.HEALTH_CHECKS):
                self._made.setdefault((Follows.SWITCH, self.place.app.primary), spec.health_check)
            elif region is not None:
                host = f"{spec.bucket[region]}.s3.{region}.amazonaws.com"
                seen = Met("https", host, 443, f"/{spec.key.lstrip('/')}")
                check = self._check(f"Switch{index}", seen, f"take-over by {region}", inverted=True)
                self._made.setdefault((Follows.SWITCH, self.place.app.primary), check)
                path = f"applications.{self.place.owner}.traffic.{index}.standby_takes_over.health_check"
                self.writes(path, f"SwitchCheck{index}", check)
        self._nobody_follows()
        for index, controls in controlled_by(self.place.app):
            for region, given in controls.controls.items():
                self._made.setdefault((Follows.CONTROL, region), self._control(index, region, given))

    def _nobody_follows(self) -> None:
        """A switch without records of the topology is put on records by whoever has these."""
        if any(entry.route53_records for entry in self.place.app.traffic):
            return
        for index, entry in enumerate(self.place.app.traffic):
            if entry.standby_takes_over or entry.arc_routing_controls:
                self.left_to_people(
                    f"applications.{self.place.owner}.traffic.{index}",
                    "no record is named that could follow it: put its health checks on the records of the public name",
                )

    def _control(self, index: int, region: str, given: str) -> str:
        arn, at = given, f"Control{index}{camel(region)}"
        if not self._exists(Existing.ROUTING_CONTROLS):
            arc = self.place.elsewhere(Arc, ARC_CONTROL_PLANE)
            arn = self.output_of(at, arc, control_output(self.place.owner, index, region))
        config = route53.CfnHealthCheck.HealthCheckConfigProperty(type="RECOVERY_CONTROL", routing_control_arn=arn)
        made = route53.CfnHealthCheck(
            self, f"Follows{index}{camel(region)}", health_check_config=config,
            health_check_tags=self._named(f"control of {region}"),
        )  # fmt: skip
        return str(made.attr_health_check_id)

    def _named(self, words: str) -> list[route53.CfnHealthCheck.HealthCheckTagProperty]:
        name = f"{self.place.owner}: {words}"
        return [route53.CfnHealthCheck.HealthCheckTagProperty(key="Name", value=name)]

    def _exists(self, what: Existing) -> bool:
        return what in self.place.config.built(self.place.owner).existing

    # -- records -----------------------------------------------------------------------------------------------------

    def _regional_names(self) -> None:
        """The region's own names lead to its load balancer, whatever the public name answers."""
        missing, told = [], set(record_names(self.place.app))
        for region in self.place.app.regions:
            for host in hosts_of(regional(self.place.app, region)):
                if host in told:
                    continue
                told.add(host)
                zone = zone_of(self.place.config, self.place.owner, host)
                target = self._target(region) if zone else None
                if target is None or zone is None:
                    missing.append(f"{host} to {region}")
                    continue
                route53.CfnRecordSet(
                    self, f"Name{camel(host)}", hosted_zone_id=zone, name=host, type="A",
                    alias_target=_alias(target, evaluates=False),
                )  # fmt: skip
        if missing:
            why = f"no hosted zone is named for these names, or no load balancer made: lead {', '.join(missing)}"
            self.left_to_people(f"applications.{self.place.owner}.health", why)

    def _records(self, index: int, spec: Route53Records) -> None:
        path = f"applications.{self.place.owner}.traffic.{index}.route53_records"
        if spec.type == "AAAA":
            self.left_to_people(path, "the network has no IPv6: nothing is made that an AAAA record could lead to")
            return
        for region in without_record(self.place.app, spec):
            self.left_to_people(
                f"{path}.set_identifiers.{region}",
                "failover records are a pair: a region besides needs routing controls, or records of its own",
            )
        for answer in answers(self.place.app, spec):
            target = self._target(answer.region)
            if target is None:
                self.left_to_people(
                    f"{path}.set_identifiers.{answer.region}", "no load balancer is made that the record could lead to"
                )
                continue
            self._record(index, spec, answer, target)

    def _record(self, index: int, spec: Route53Records, answer: Answer, target: tuple[str, str]) -> None:
        name, _ = target
        plain = spec.type == "CNAME"
        route53.CfnRecordSet(
            self, f"Record{index}{camel(answer.region)}",
            hosted_zone_id=spec.hosted_zone,
            name=spec.name,
            type=spec.type,
            set_identifier=answer.identifier,
            weight=answer.weight,
            failover=answer.role,
            health_check_id=self._followed(answer),
            **(
                {"ttl": str(TTL_S), "resource_records": [name]} if plain
                else {"alias_target": _alias(target, evaluates=answer.evaluates)}
            ),
        )  # fmt: skip

    def _followed(self, answer: Answer) -> str | None:
        return self._made.get((answer.follows, answer.region))

    def _target(self, region: str) -> tuple[str, str] | None:
        """Name and hosted zone of the region's load balancer; None where none is made."""
        if region not in _balanced(self.place):
            return None
        if region not in self._leads:
            compute = self.place.everywhere[self.place.application, COMPUTE, region]
            here = camel(region)
            self._leads[region] = (
                self.output_of(f"Balancer{here}", compute, NAME),
                self.output_of(f"BalancerZone{here}", compute, ZONE),
            )
        return self._leads[region]


def _alias(target: tuple[str, str], *, evaluates: bool) -> route53.CfnRecordSet.AliasTargetProperty:
    name, zone = target
    return route53.CfnRecordSet.AliasTargetProperty(
        dns_name=name, hosted_zone_id=zone, evaluate_target_health=evaluates
    )


def _balanced(place: Place) -> tuple[str, ...]:
    """The regions in which a load balancer of the application was made."""
    return tuple(
        region for region in place.app.regions
        if getattr(place.everywhere.get((place.application, COMPUTE, region)), "balancer", None) is not None
    )  # fmt: skip
