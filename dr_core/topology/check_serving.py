"""Where every region serves: nothing may be there that only one region can have. Pure."""

from collections.abc import Iterator

from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Application, Topology


def check_serving(topology: Topology) -> Iterator[TopologyFinding]:
    """Everything about `active_active` and the weights of records."""
    for name, application in topology.applications.items():
        base = f"applications.{name}"
        yield from _weights(base, application)
        if application.active_active:
            yield from _only_one(base, application)
            yield from _ways(base, application)


def _weights(base: str, application: Application) -> Iterator[TopologyFinding]:
    for index, traffic in enumerate(application.traffic):
        records = traffic.route53_records
        if records is None or not records.weights:
            continue
        path = f"{base}.traffic[{index}].route53_records.weights"
        if not application.active_active:
            yield fatal(
                path, "weights are kept only where every region serves", "Say `active_active: true`, or drop it"
            )
        elif records.weights.keys() != set(application.regions):
            yield fatal(path, f"expected a weight for each of {', '.join(application.regions)}")


def _only_one(base: str, application: Application) -> Iterator[TopologyFinding]:
    """What makes one region different from the others."""
    if application.database is not None:
        message = "every region would serve, and the database has a single writer"
        yield fatal(f"{base}.active_active", message, "Leave it out, or keep the data in tables that all regions write")
    for index, capacity in enumerate(application.capacity):
        if capacity.value.standby != capacity.value.active:
            path = f"{base}.capacity[{index}].{capacity.kind}.standby"
            yield fatal(path, "every region serves: none is smaller than the others", "Give both counts the same value")
    if application.canary is not None:
        yield warning(f"{base}.canary", "every region serves already: no canary is held", "Leave it out")


def _ways(base: str, application: Application) -> Iterator[TopologyFinding]:
    """What users can be shifted by."""
    for index, traffic in enumerate(application.traffic):
        if traffic.standby_takes_over:
            message = "a take-over object sends everybody to one region, and every region is to serve"
            yield fatal(f"{base}.traffic[{index}].standby_takes_over", message, "Use records or routing controls")
    if not any(traffic.route53_records or traffic.arc_routing_controls for traffic in application.traffic):
        message = "every region would serve, and nothing could shift users away from one"
        yield fatal(f"{base}.active_active", message, "Name records or routing controls under traffic")
