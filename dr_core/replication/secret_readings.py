"""Readings of secrets: whether both regions stand on the same version, and how many replicas fail; purely."""

from datetime import datetime

from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import Figure, Reading
from dr_core.replication.port import SecretView
from dr_core.replication.readings import Towards, compared


def secret_reading(where: Towards, source: SecretView | DrError, copy: SecretView | DrError) -> Reading:
    """In step when both regions stand on the same version; there is no clock in it, so there are no seconds."""
    in_step, reason = _compared_secret(where.region, source, copy)
    told = f"Secrets Manager DescribeSecret, {where.source_region} and {where.region}"
    figures = (_failed_replicas(source, copy, told, where.at),)
    return compared(where, in_step, reason, told, figures=figures)


def _compared_secret(region: str, source: SecretView | DrError, copy: SecretView | DrError) -> tuple[bool | None, str]:
    """A replica that fails is not in step even where the versions are equal: the next one will not arrive."""
    if isinstance(source, DrError):
        return None, source.message
    if isinstance(copy, DrError):
        # The source has it and the copy's region said that it does not: that is compared, and they differ.
        status = source.replicas.get(region)
        told = f"; replica status {status}" if status is not None else ""
        return (False if isinstance(copy, RejectedError) else None), f"{copy.message.rstrip('.')}{told}"
    # The primary describes its replicas, and after a change of roles the primary may be the copy.
    status = source.replicas.get(region) or copy.replicas.get(source.region)
    told = f"; replica status {status}" if status is not None else f"; {_relation(source, copy)}"
    for view in (source, copy):
        if view.deleted:
            return False, f"the secret is marked for deletion in {view.region}{told}"
        if view.current_version is None:
            return False, f"no current version in {view.region}{told}"
    if source.current_version != copy.current_version:
        return False, f"the current versions differ: {source.current_version} and {copy.current_version}{told}"
    if status is not None and status.startswith("Failed"):
        return False, f"replication fails, although both stand on version {source.current_version}{told}"
    return True, f"the same current version in both{told}"


def _relation(source: SecretView, copy: SecretView) -> str:
    """What the two are to each other where neither tells of the other's status."""
    if source.primary_region is None and copy.primary_region is None:
        return "neither is a replica of the other"
    return f"the primary is in {source.primary_region or copy.primary_region}"


def _failed_replicas(source: SecretView | DrError, copy: SecretView | DrError, where: str, at: datetime) -> Figure:
    """How many replicas the primary calls failed, wherever they are, with the reasons that it gives."""
    views = [view for view in (source, copy) if isinstance(view, SecretView) and view.replicas]
    if not views:
        errors = [view.message for view in (source, copy) if isinstance(view, DrError)]
        reason = errors[0] if errors else "neither region describes replicas"
        return Figure(
            name="failed_replicas", value=None, unit="replicas", measured_at=None, source=where, reason=reason
        )
    failed = {name: text for name, text in views[0].replicas.items() if text.startswith("Failed")}
    reason = "; ".join(f"{name} {text}" for name, text in sorted(failed.items()))
    value = float(len(failed))
    return Figure(name="failed_replicas", value=value, unit="replicas", measured_at=at, source=where, reason=reason)
