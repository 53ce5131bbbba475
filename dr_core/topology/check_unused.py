"""What the file may say and this version does not act on yet: said aloud, so that nobody relies on it. Pure."""

from dr_core.topology.model import Topology

CARRIED_OUT = frozenset(
    {"timezone", "health_digest", "replication_report", "budget_report", "cost_review", "drill", "full_drill"}
)
"""The parts of `schedule` that are run."""


def unused(topology: Topology) -> tuple[str, ...]:
    """Paths, in the order of the file. Applications' kinds are not among them: their plans have blocking findings."""
    schedule = topology.schedule
    said = {
        **{
            f"schedule.{name}": getattr(schedule, name) is not None
            for name in type(schedule).model_fields
            if name not in CARRIED_OUT
        },
    }
    return tuple(path for path, given in said.items() if given)
