"""Alarms on Route 53's health checks, whose metrics exist in us-east-1 only: the one place of alarms outside.

They tell people, and not the bot, which asks for the checks itself. https://docs.aws.amazon.com/Route53/latest/
DeveloperGuide/monitoring-health-checks.html
"""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as watch

from dr_core.topology.deployment import assigned_later
from infra.alarms import Limit, alarm, metric
from infra.config import Config
from infra.notes import WRITES
from infra.place import Level, Part, Place
from infra.playbooks import Page
from infra.stacks.dns import Dns
from infra.stacks.signals import topic

CHECKS_HOME = "us-east-1"


class HealthAlarms(Part):
    """Alarms on the health checks of Route 53"""

    concern = "health-alarms"
    level = Level.APPLICATION_ONCE

    @classmethod
    def one_region(cls, config: Config) -> str:
        return CHECKS_HOME

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(check.route53 for check in place.app.health)

    def build(self) -> None:
        """The topic has no key of ours, as there is none in this region; it says an id and a state."""
        tell = topic(self, f"{self.place.owner}-health-checks", None)
        for index, region, check in checks_of(self):
            name = f"{self.place.owner}-{region}-health-check{f'-{index}' if index else ''}"
            status = metric("AWS/Route53", "HealthCheckStatus", {"HealthCheckId": check}, "Minimum")
            alarm(self, name, Page.HEALTH_CHECK, f"Route 53 finds {self.place.owner} in {region} unhealthy.",
                  Limit(status, 1, 3, 3, watch.TreatMissingData.BREACHING, below=True), tell)  # fmt: skip


def checks_of(part: Part) -> Iterator[tuple[int, str, str]]:
    """(number of the entry, region, id); an id that AWS assigns comes from the stack that makes the check."""
    place = part.place
    dns = place.everywhere.get((place.application, Dns.concern, place.config.topology.control_region))
    made = (dns.template_options.metadata or {}).get(WRITES, {}) if dns else {}
    for index, health in enumerate(place.app.health):
        for region, given in (health.route53 or {}).items():
            output = made.get(f"applications.{place.owner}.health.{index}.route53.{region}")
            if dns and output:
                yield index, region, part.output_of(output, dns, output)
            elif not assigned_later(given):
                yield index, region, given
