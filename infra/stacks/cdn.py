"""CloudFront in front of the regions: reads go over to the standby's origin by themselves, writes never do."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_route53 as route53

from dr_core.topology.deployment import Existing
from dr_core.topology.traffic import CloudFront
from infra.config import Config
from infra.edge import DEFAULT, Behaviour, Origin, access_name, behaviours, name_of, without_origin
from infra.hosts import zone_of
from infra.place import Level, Part, Place
from infra.running.certificates import certificate
from infra.running.logs import log_bucket
from infra.words import camel

EDGE_HOME = "us-east-1"
"""Where CloudFront takes certificates from, whatever region serves:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html"""
_ALIASED = "Z2FDTNDATAQYW2"
"""The hosted zone of every distribution:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-route53-recordset-aliastarget.html"""
_FAILURES = [500, 502, 503, 504]
_READS = ["GET", "HEAD", "OPTIONS"]
_ATTEMPTS, _TIMEOUT_S = 2, 4
"""How long the first origin is tried: 8 s before the second is asked."""
_NO_LOGS = frozenset(
    (
        "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
        "me-central-1", "me-south-1", "mx-central-1",
    )
)  # fmt: skip
"""Regions that an account opts into, and to which CloudFront delivers no standard logs:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html"""


class EdgeCertificate(Part):
    """The certificate of the application's distributions"""

    concern = "certificate"
    level = Level.APPLICATION_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return bool(_names(place))

    @classmethod
    def one_region(cls, config: Config) -> str:
        return EDGE_HOME

    def build(self) -> None:
        made = certificate(self, _names(self.place))
        cdk.CfnOutput(self, "CertificateArn", value=made.ref)


class Cdn(Part):
    """The application's distributions"""

    concern = "cdn"
    level = Level.APPLICATION_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(True for _ in _fronts(place))

    @classmethod
    def one_region(cls, config: Config) -> str:
        """Where the logs may stand, which hold addresses of people."""
        regions = (config.topology.control_region, *config.regions)
        return next((region for region in regions if region not in _NO_LOGS), regions[0])

    def build(self) -> None:
        self._logs = None if self.region in _NO_LOGS else log_bucket(self, "Logs", writes_acls=True)
        for index, spec in _fronts(self.place):
            self._distribution(index, spec)

    def _distribution(self, index: int, spec: CloudFront) -> None:
        app, path = self.place.app, f"applications.{self.place.owner}.traffic.{index}.cloudfront"
        found, name = behaviours(app), name_of(app, spec)
        config = self._config(index, found, name)
        made = cloudfront.CfnDistribution(self, f"Distribution{index}", distribution_config=config)
        self.writes(f"{path}.distribution", f"Distribution{index}Id", made.ref)
        if name is not None:
            self._lead(index, name, made.attr_domain_name, path)
        if missing := without_origin(app):
            where = " and ".join(missing)
            why = f"no read is answered from {where}: no address is named there, or two others come first"
            self.left_to_people(path, why)
        if self._logs is None:
            self.left_to_people(f"{path}.distribution", "CloudFront writes no logs to any of these regions")

    def _config(self, index: int, found: tuple[Behaviour, ...], name: str | None) -> dict[str, Any]:
        origins = list(dict.fromkeys(origin for behaviour in found for origin in behaviour.origins))
        groups = list(dict.fromkeys(behaviour.origins for behaviour in found if len(behaviour.origins) > 1))
        config: dict[str, Any] = {
            "enabled": True,
            "comment": self.place.owner,
            "httpVersion": "http2and3",
            "ipv6Enabled": True,
            "priceClass": "PriceClass_100",
            "origins": [self._origin(one) for one in origins],
            "defaultCacheBehavior": next(_behaviour(one) for one in found if one.path == DEFAULT),
            "viewerCertificate": self._certificate(name),
        }
        if groups:
            config["originGroups"] = {"quantity": len(groups), "items": [_group(one) for one in groups]}
        if others := [_behaviour(one) | {"pathPattern": one.path} for one in found if one.path != DEFAULT]:
            config["cacheBehaviors"] = others
        if name is not None:
            config["aliases"] = [name]
        if self._logs is not None:
            config["logging"] = {"bucket": self._logs.bucket_regional_domain_name, "prefix": f"{index}/"}
        return config

    def _origin(self, origin: Origin) -> dict[str, Any]:
        made: dict[str, Any] = {
            "id": _id(origin),
            "domainName": origin.domain,
            "connectionAttempts": _ATTEMPTS,
            "connectionTimeout": _TIMEOUT_S,
        }
        if origin.port is None:
            # The identity is empty where access is controlled by the origin access control.
            return made | {
                "s3OriginConfig": {"originAccessIdentity": ""},
                "originAccessControlId": self._access(origin),
            }
        return made | {
            "customOriginConfig": {
                "originProtocolPolicy": "https-only", "httpsPort": origin.port, "originSslProtocols": ["TLSv1.2"],
            }
        }  # fmt: skip

    def _access(self, origin: Origin) -> str:
        """One for each bucket, whichever of the application's distributions read it."""
        at = f"Access{camel(_bucket(origin))}"
        found = self.node.try_find_child(at)
        control = found or cloudfront.CfnOriginAccessControl(
            self, at,
            origin_access_control_config={
                "name": access_name(self.place.owner, _bucket(origin)),
                "originAccessControlOriginType": "s3",
                "signingBehavior": "always",
                "signingProtocol": "sigv4",
            },
        )  # fmt: skip
        return str(control.attr_id)

    def _certificate(self, name: str | None) -> dict[str, Any]:
        if name is None:
            return {"cloudFrontDefaultCertificate": True}
        part = self.place.elsewhere(EdgeCertificate, EDGE_HOME)
        known = self.node.try_find_child("CertificateArn")
        arn = known.value_as_string if known else self.output_of("CertificateArn", part, "CertificateArn")
        return {"acmCertificateArn": arn, "minimumProtocolVersion": "TLSv1.2_2021", "sslSupportMethod": "sni-only"}

    def _lead(self, index: int, name: str, domain: str, path: str) -> None:
        zone = zone_of(self.place.config, self.place.owner, name)
        if zone is None:
            self.left_to_people(f"{path}.probe", f"no hosted zone is named for {name}: lead it to the distribution")
            return
        for kind in ("A", "AAAA"):
            route53.CfnRecordSet(
                self, f"Front{index}{kind}", hosted_zone_id=zone, name=name, type=kind,
                alias_target={"dnsName": domain, "hostedZoneId": _ALIASED, "evaluateTargetHealth": False},
            )  # fmt: skip


def _behaviour(found: Behaviour) -> dict[str, Any]:
    """Reads only: a group takes no others. Objects are kept at the edge; what a service says is asked for each time."""
    objects = found.origins[0].port is None
    policy = cloudfront.CachePolicy.CACHING_OPTIMIZED if objects else cloudfront.CachePolicy.CACHING_DISABLED
    made: dict[str, Any] = {
        "targetOriginId": _group_id(found.origins) if len(found.origins) > 1 else _id(found.origins[0]),
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": _READS,
        "cachedMethods": ["GET", "HEAD"],
        "compress": True,
        "cachePolicyId": policy.cache_policy_id,
        "responseHeadersPolicyId": cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS.response_headers_policy_id,
    }
    if not objects:
        # All but the host: the origin's certificate and listener know the region's own name.
        forwarded = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
        made["originRequestPolicyId"] = forwarded.origin_request_policy_id
    return made


def _group(origins: tuple[Origin, ...]) -> dict[str, Any]:
    return {
        "id": _group_id(origins),
        "failoverCriteria": {"statusCodes": {"quantity": len(_FAILURES), "items": _FAILURES}},
        "members": {"quantity": len(origins), "items": [{"originId": _id(one)} for one in origins]},
    }


def _id(origin: Origin) -> str:
    return f"service-{origin.region}" if origin.port else _bucket(origin)


def _bucket(origin: Origin) -> str:
    return origin.domain.partition(".s3.")[0]


def _group_id(origins: tuple[Origin, ...]) -> str:
    return f"{_id(origins[0])}-first"


def _fronts(place: Place) -> Iterator[tuple[int, CloudFront]]:
    """(number of the entry, entry) of the distributions that are made here."""
    app = place.app
    if behaviours(app) and Existing.DISTRIBUTION not in place.config.built(place.owner).existing:
        for index, entry in enumerate(app.traffic):
            if entry.cloudfront:
                yield index, entry.cloudfront


def _names(place: Place) -> tuple[str, ...]:
    found = (name_of(place.app, spec) for _, spec in _fronts(place))
    return tuple(dict.fromkeys(name for name in found if name is not None))
