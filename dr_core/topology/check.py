"""Cross-checks between the parts of the topology. Pure: what needs AWS or Slack is asked by `doctor` and preflight."""

from collections.abc import Iterator

from dr_core.topology.check_applications import check_applications
from dr_core.topology.check_deployment import check_deployment
from dr_core.topology.check_people import check_people
from dr_core.topology.check_regions import check_regions
from dr_core.topology.check_serving import check_serving
from dr_core.topology.cron import parse_cron
from dr_core.topology.duties import Schedule
from dr_core.topology.findings import Severity, TopologyFinding, fatal, warning
from dr_core.topology.model import Topology
from dr_core.topology.opt_in import delivers


def check_topology(topology: Topology) -> tuple[TopologyFinding, ...]:
    """Every finding, the fatal ones first, otherwise in the order of the checks."""
    findings = [
        *check_regions(topology),
        *check_people(topology),
        *check_applications(topology),
        *check_serving(topology),
        *_schedule(topology.schedule),
        *_detection(topology),
        *check_deployment(topology),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.FATAL))


def _schedule(schedule: Schedule) -> Iterator[TopologyFinding]:
    for name in type(schedule).model_fields:
        text = getattr(schedule, name)
        if name == "timezone" or text is None:
            continue
        try:
            cron = parse_cron(text)
        except ValueError as error:
            yield fatal(f"schedule.{name}", str(error))
            continue
        if cron.numbered_weekdays:
            yield warning(
                f"schedule.{name}", "the day of week is a number, counted from Sunday = 0", "Write mon, tue ..."
            )


def _detection(topology: Topology) -> Iterator[TopologyFinding]:
    detection = topology.detection
    if detection.hold_down < detection.interval:
        yield warning("detection.hold_down", "it is shorter than the interval: one look decides", "Use 3 intervals")
    if detection.hold_down >= topology.objectives.rto:
        yield warning("detection.hold_down", "it uses up the whole recovery time objective", "Lower it or raise rto")
    yield from _queue(topology)


def _queue(topology: Topology) -> Iterator[TopologyFinding]:
    """Alarms that nobody would hear, and a queue that is silent just when its region is."""
    queue = topology.detection.queue
    if queue is None:
        for name, application in topology.applications.items():
            for index, health in enumerate(application.health):
                if health.alarm:
                    path = f"applications.{name}.health[{index}].alarm"
                    yield warning(path, "nobody hears of these alarms", "Name a queue under detection.queue")
        return
    inside = topology.residency.allowed_regions
    for path, region in (
        ("detection.queue.region", queue.region),
        *((f"detection.queue.topics[{index}]", arn.split(":")[3]) for index, arn in enumerate(queue.topics)),
    ):
        if region not in inside:
            yield fatal(path, f"{region} is no allowed region", "Choose one of residency.allowed_regions")
        elif not delivers(region, queue.region):
            message = f"SNS delivers nothing from {region} to {queue.region}: both are opted into"
            yield warning(path, message, "Put the queue into a region that is enabled by default")
    for name, application in topology.applications.items():
        if application.primary == queue.region:
            yield warning(
                "detection.queue.region",
                f"{name} lives in {queue.region}: in its outage no alarm would arrive",
                "Put the queue and its topics into another region",
            )
