"""The region's load balancer: TLS for every name that leads here, and each port that the topology meets it at."""

from aws_cdk import Duration
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3

from infra.hosts import balanced, hosts_of, regional
from infra.place import Part
from infra.running.certificates import certificate
from infra.stacks.network import Network

NAME, ZONE = "BalancerName", "BalancerZone"
"""Outputs, for the records that lead here."""
MEASURED = "BalancerMeasured"
"""Output, for graphs: what CloudWatch knows the load balancer by."""
_TLS = elb.SslPolicy.RECOMMENDED_TLS
_HEALTHY = "200-399"
"""As Route 53 takes it: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html"""


class Balancer:
    """In front of one service or group: a listener for each port, all of them leading to the same targets."""

    def __init__(self, part: Part, log_bucket: s3.IBucket) -> None:
        place = part.place
        self._part = part
        self._met = balanced(place.app, place.region)
        self.made = elb.ApplicationLoadBalancer(
            part, "Balancer", vpc=place.stack(Network).vpc, internet_facing=True, deletion_protection=True,
            drop_invalid_header_fields=True, desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
        )  # fmt: skip
        self.made.log_access_logs(log_bucket)
        self.secured = tuple(one for one in self._met if one.scheme == "https")
        self.plain = tuple(one for one in self._met if one.scheme == "http")

    def lead_to(
        self, target: elb.IApplicationLoadBalancerTarget, port: int, *, grace: Duration
    ) -> elb.ApplicationTargetGroup:
        """TLS ends here; what runs behind speaks HTTP inside the network."""
        part = self._part
        group = elb.ApplicationTargetGroup(
            part, "Targets", vpc=part.place.stack(Network).vpc, port=port, protocol=elb.ApplicationProtocol.HTTP,
            targets=[target], deregistration_delay=grace,
            health_check=elb.HealthCheck(
                path=self._health_path(), healthy_http_codes=_HEALTHY, interval=Duration.seconds(10),
                timeout=Duration.seconds(5), healthy_threshold_count=2, unhealthy_threshold_count=3,
            ),
        )  # fmt: skip
        if self.secured:
            self._secure(group)
        for number in sorted({one.port for one in self.plain}):
            self._plain(group, number)
        return group

    def _health_path(self) -> str:
        place = self._part.place
        return next((one.path for one in regional(place.app, place.region)), "/")

    def _secure(self, group: elb.ApplicationTargetGroup) -> None:
        made = certificate(self._part, hosts_of(self.secured))
        for number in sorted({443, *(one.port for one in self.secured)}):
            self.made.add_listener(
                f"Tls{number}", port=number, protocol=elb.ApplicationProtocol.HTTPS, ssl_policy=_TLS, open=True,
                certificates=[elb.ListenerCertificate.from_arn(made.ref)], default_target_groups=[group],
            )  # fmt: skip

    def _plain(self, group: elb.ApplicationTargetGroup, number: int) -> None:
        """Only what the topology meets without TLS; the rest is told to come back with it."""
        paths = [one.path.partition("?")[0] for one in self.plain if one.port == number]
        listener = self.made.add_listener(
            f"Plain{number}", port=number, protocol=elb.ApplicationProtocol.HTTP, open=True,
            default_action=elb.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
        )  # fmt: skip
        listener.add_target_groups(
            f"Met{number}", target_groups=[group], priority=1, conditions=[elb.ListenerCondition.path_patterns(paths)]
        )
