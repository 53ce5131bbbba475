"""How far a change of writer is: FailoverState first, then who writes; and what the service said about it. Pure."""

import re
from collections.abc import Sequence

from pydantic import JsonValue

from dr_core.database.port import DatabaseEvent
from dr_core.errors import RejectedError
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.replication.port import Measurement

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html: RDS-EVENT-0185 and 0238.
_ENDED = re.compile(r"^Global (switchover|failover) to DB cluster .* (finished|completed)\b")


def writers(state: DatabaseState) -> tuple[str, ...]:
    return tuple(member.region for member in state.members if member.is_writer)


def member_in(state: DatabaseState, region: str) -> MemberState | None:
    return next((member for member in state.members if member.region == region), None)


def last_lag(lag: Measurement) -> dict[str, JsonValue]:
    """A writer publishes no lag, so the newest datapoint of a promoted one is the last before its promotion."""
    return {
        "lag_seconds": lag.seconds,
        "lag_measured_at": lag.measured_at.isoformat() if lag.measured_at else None,
        "lag_source": lag.source,
        "lag_reason": lag.reason,
    }


def evidence_of(state: DatabaseState) -> dict[str, JsonValue]:
    return {
        "writers": list(writers(state)),
        "failover_status": state.failover_status,
        "failover_to": state.failover_to,
        "data_loss_allowed": state.data_loss_allowed,
        "observed_via": state.observed_via,
        "observed_at": state.observed_at.isoformat(),
    }


def progress_of(state: DatabaseState, target: str) -> StepObservation:
    """Any status in FailoverState means under way, a listed one or not. RejectedError when the target is no member."""
    evidence, present = evidence_of(state), writers(state)
    if target not in {member.region for member in state.members if not member.detached}:
        raise RejectedError(f"{target} is not a member of the global cluster any more.")
    if state.failover_status is not None:
        towards = f" to {state.failover_to}" if state.failover_to else ""
        return StepObservation(Progress.UNDER_WAY, f"FailoverState is {state.failover_status}{towards}", evidence)
    if present == (target,):
        return StepObservation(Progress.SATISFIED, f"{target} is the writer", evidence)
    return StepObservation(Progress.ABSENT, f"the writer is {', '.join(present) or 'nobody'}", evidence)


def without_loss(state: DatabaseState) -> bool:
    """Whether FailoverState tells of a switchover: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverState.html"""
    return state.failover_status is not None and (
        state.data_loss_allowed is False
        or (state.data_loss_allowed is None and state.failover_status == "switching-over")
    )


def outcome_of(events: Sequence[DatabaseEvent]) -> dict[str, JsonValue]:
    """How the newest change of writer ended, in the service's words; without them it is unknown."""
    for event in reversed(events):
        if match := _ENDED.match(event.message):
            return {
                "data_loss_allowed": match[1] == "failover",
                "service_said": event.message,
                "service_said_at": event.at.isoformat(),
            }
    return {"data_loss_allowed": None, "service_said": None}
