"""Is a secret readable in a region, by its description? Values are never asked for."""

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import SignalState
from dr_core.replication.port import SecretView


def judge_secret(region: str, view: SecretView) -> Judgement:
    """A secret that is scheduled for deletion or has no current version is there and of no use."""
    if view.deleted:
        return SignalState.BAD, "scheduled for deletion"
    if view.current_version is None:
        return SignalState.BAD, "no current version"
    return SignalState.OK, "replica" if view.primary_region not in (None, region) else "primary"
