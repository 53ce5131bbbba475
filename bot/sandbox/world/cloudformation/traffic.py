"""What leads clients to a region: records, health checks, distributions, routing controls."""

import uuid
from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kept, Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json

_CONFIG = "route53-recovery-control-config"


@dataclass(frozen=True)
class _Record:
    """One record set; its id is its name."""

    fixed: frozenset[str] = frozenset({"HostedZoneId", "HostedZoneName", "Name", "Type", "SetIdentifier"})

    def create(self, site: Site, properties: Json) -> Made:
        self._change(site, "CREATE", properties)
        return Made(str(properties["Name"]).rstrip("."))

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self._change(site, "UPSERT", after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        """As it is now: whoever changed it since did not change whose it is."""
        zone, wanted = str(properties["HostedZoneId"]), self._record(properties)
        listed = site.ask("route53", "ListResourceRecordSets", HostedZoneId=zone)["ResourceRecordSets"]
        same = ("Name", "Type", "SetIdentifier")
        name = str(wanted["Name"]).rstrip(".").lower() + "."
        wanted = {**wanted, "Name": name}
        for record in listed:
            if all(record.get(key) == wanted.get(key) for key in same):
                batch = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
                site.ask("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)

    def _change(self, site: Site, action: str, properties: Json) -> None:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": self._record(properties)}]}
        zone = str(properties["HostedZoneId"])
        site.ask("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)

    def _record(self, properties: Json) -> Json:
        given = dict(properties)
        values = [{"Value": str(value)} for value in given.pop("ResourceRecords", None) or ()]
        if "AliasTarget" in given:
            given["AliasTarget"] = {"EvaluateTargetHealth": False, **given["AliasTarget"]}
        changes = [{"ResourceRecordSet": given}]
        shaped = parameters("route53", "ChangeResourceRecordSets", {"ChangeBatch": {"Changes": changes}})
        record: Json = shaped["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]
        return {**record, **({"ResourceRecords": values} if values else {})}


@dataclass(frozen=True)
class _Check:
    fixed: frozenset[str] = frozenset()

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("route53", "CreateHealthCheck", properties)
        made = site.ask("route53", "CreateHealthCheck", **{**asked, "CallerReference": str(uuid.uuid4())})
        return Made(made["HealthCheck"]["Id"], {"HealthCheckId": made["HealthCheck"]["Id"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = parameters("route53", "UpdateHealthCheck", after["HealthCheckConfig"])
        site.ask("route53", "UpdateHealthCheck", **{**asked, "HealthCheckId": made.id})
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("route53", "DeleteHealthCheck", HealthCheckId=made.id))


@dataclass(frozen=True)
class _Distribution:
    fixed: frozenset[str] = frozenset()

    def create(self, site: Site, properties: Json) -> Made:
        made = site.ask("cloudfront", "CreateDistribution", **self._asked("CreateDistribution", site, properties))
        found = made["Distribution"]
        return Made(found["Id"], {"DomainName": found["DomainName"], "Id": found["Id"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        tag = site.ask("cloudfront", "GetDistributionConfig", Id=made.id)["ETag"]
        asked = self._asked("UpdateDistribution", site, after)
        site.ask("cloudfront", "UpdateDistribution", Id=made.id, IfMatch=tag, **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        def gone() -> None:
            tag = site.ask("cloudfront", "GetDistributionConfig", Id=made.id)["ETag"]
            site.ask("cloudfront", "DeleteDistribution", Id=made.id, IfMatch=tag)

        with_absent_fine(gone)

    def _asked(self, operation: str, site: Site, properties: Json) -> Json:
        """What CloudFormation fills in by itself: the caller's reference, and a comment."""
        config = {"Comment": "", "CallerReference": site.name(), **properties["DistributionConfig"]}
        return parameters("cloudfront", operation, {"DistributionConfig": config})


@dataclass(frozen=True)
class _Safety:
    """An assertion or a gate over routing controls."""

    fixed: frozenset[str] = frozenset({"ControlPanelArn", "RuleConfig", "AssertionRule", "GatingRule"})

    def create(self, site: Site, properties: Json) -> Made:
        told = {name: properties[name] for name in ("ControlPanelArn", "Name", "RuleConfig")}
        asked = {name: {**told, **properties[name]} for name in ("AssertionRule", "GatingRule") if properties.get(name)}
        made = site.ask(_CONFIG, "CreateSafetyRule", **parameters(_CONFIG, "CreateSafetyRule", asked))
        [rule] = (made[name] for name in ("AssertionRule", "GatingRule") if made.get(name))
        return Made(rule["SafetyRuleArn"], {"SafetyRuleArn": rule["SafetyRuleArn"], "Status": "DEPLOYED"})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask(_CONFIG, "DeleteSafetyRule", SafetyRuleArn=made.id))


def _arc(noun: str, **attributes: str) -> Plain:
    arn = f"{noun}Arn"
    return Plain(
        _CONFIG, f"Create{noun}", f"{noun}.{arn}", drop=f"Delete{noun}", by={arn: "{id}"},
        attributes={arn: "{id}", "Status": f"{noun}.Status", **attributes},
        renamed={"Name": "ClusterName" if noun == "Cluster" else f"{noun}Name"},
        fixed=frozenset({"Name", "ClusterArn", "ControlPanelArn"}),
    )  # fmt: skip


KINDS: dict[str, Kind] = {
    "AWS::Route53::RecordSet": _Record(),
    "AWS::Route53::HealthCheck": _Check(),
    "AWS::CloudFront::Distribution": _Distribution(),
    "AWS::CloudFront::OriginAccessControl": Kept("origins let everybody in", attributes={"Id": "{id}"}),
    "AWS::CloudFront::ResponseHeadersPolicy": Kept("answers have no headers", attributes={"Id": "{id}"}),
    "AWS::CloudFront::CachePolicy": Kept("nothing is cached", attributes={"Id": "{id}"}),
    "AWS::CloudFront::OriginRequestPolicy": Kept("origins are asked alike", attributes={"Id": "{id}"}),
    "AWS::Route53RecoveryControl::Cluster": _arc("Cluster"),
    "AWS::Route53RecoveryControl::ControlPanel": _arc("ControlPanel"),
    "AWS::Route53RecoveryControl::RoutingControl": _arc("RoutingControl"),
    "AWS::Route53RecoveryControl::SafetyRule": _Safety(),
    "AWS::ARCRegionSwitch::Plan": Kept(
        "nobody executes it", attributes={"Arn": "arn:aws:arc-region-switch::{account}:plan/{id}"}
    ),
}
