"""Readings of what AWS copies by itself (keys, tables, caches) and of settings by name; purely.

Each takes what the two regions said, or the error in its place. `in_step` False is measured; None is not known.
"""

from collections.abc import Mapping

from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import Figure, Reading
from dr_core.replication.copies import ACTIVE, ENABLED, CacheView, FlagsView, KeyProof, KeyView, TableView
from dr_core.replication.names import compare
from dr_core.replication.port import Measurement
from dr_core.replication.readings import Towards, compared, said, timed

# Settings are compared once a minute.
COMPARED_EVERY_S = 60.0
# A comparison that could not be made leaves the last one good for two minutes: one more try, and no longer.
UNCOMPARED_PERIOD_S = 40.0
# A key that worked is tried again after a minute (kms.py).
PROVEN_EVERY_S = 60.0
_ASSOCIATED = "associated"
_SERVING = ("available", "modifying", "snapshotting")


# -- keys -----------------------------------------------------------------------------------------------------------


def key_reading(
    where: Towards, source: KeyView | DrError, copy: KeyView | DrError, proof: KeyProof | DrError
) -> Reading:
    """In step when what the source's key closes is opened by the target's, and both are enabled."""
    told = f"KMS DescribeKey, Encrypt in {where.source_region}, Decrypt in {where.region}"
    in_step, reason = _compared_keys(source, copy, proof)
    proven = isinstance(proof, KeyProof) and in_step is True
    at = min(where.at, proof.tried_at) if isinstance(proof, KeyProof) and proven else where.at
    figures = () if isinstance(proof, DrError) or proof.took_ms is None else (_round_trip(proof, told),)
    return compared(where, in_step, reason, told, at=at, period_s=PROVEN_EVERY_S, figures=figures)


def _round_trip(proof: KeyProof, source: str) -> Figure:
    return Figure(name="round_trip", value=proof.took_ms, unit="ms", measured_at=proof.tried_at, source=source)


def _compared_keys(
    source: KeyView | DrError, copy: KeyView | DrError, proof: KeyProof | DrError
) -> tuple[bool | None, str]:
    if isinstance(copy, DrError):
        return said(copy)
    if copy.state != ENABLED:
        return False, f"the key in {copy.region} is {copy.state}"
    if isinstance(source, DrError):
        return None, source.message
    if source.state != ENABLED:
        return False, f"the key in {source.region} is {source.state}"
    if source.key_id != copy.key_id:
        return False, f"two keys, not one: {source.key_id} in {source.region}, {copy.key_id} in {copy.region}"
    if isinstance(proof, DrError):
        return None, proof.message
    if proof.works is None:
        return None, f"the same key, but it cannot be tried: {proof.detail.rstrip('.')}"
    return proof.works, proof.detail


# -- tables ---------------------------------------------------------------------------------------------------------


def table_reading(
    where: Towards, source: TableView | DrError, copy: TableView | DrError, lag: Measurement | DrError
) -> Reading:
    """Timed by what arrived, unless a region says that the replica is not there or not at work: then not in step."""
    told = f"DynamoDB DescribeTable, {where.source_region} and {where.region}"
    wrong = _broken_replica(where, source, copy)
    if wrong is not None:
        return compared(where, False, wrong, told)
    unseen = [view.message.rstrip(".") for view in (source, copy) if isinstance(view, DrError)]
    reason = lag.message if isinstance(lag, DrError) else lag.reason
    return timed(where, lag, "; ".join(dict.fromkeys(part for part in unseen if part not in reason)))


def _broken_replica(where: Towards, source: TableView | DrError, copy: TableView | DrError) -> str | None:
    for view in (copy, source):
        if isinstance(view, RejectedError):
            return view.message
    views = [view for view in (source, copy) if isinstance(view, TableView)]
    for view in views:
        if view.status not in (ACTIVE, "UPDATING"):
            return f"the table in {view.region} is {view.status}"
        other = where.region if view.region == where.source_region else where.source_region
        status = view.replicas.get(other)
        if status is None:
            return f"{view.region} has no replica in {other}"
        if not status.startswith((ACTIVE, "UPDATING")):
            return f"the replica in {other} is {status}, says {view.region}"
    return None


# -- caches ---------------------------------------------------------------------------------------------------------


def cache_reading(where: Towards, source: CacheView | DrError, copy: CacheView | DrError) -> Reading:
    """Timed by the lag of the target's member; not in step when it is no member, or the writes go elsewhere."""
    told = f"ElastiCache DescribeGlobalReplicationGroups, {where.region}"
    if isinstance(copy, DrError):
        in_step, reason = said(copy)
        return compared(where, in_step, reason, told)
    wrong = _broken_cache(where, source, copy)
    if wrong is not None:
        return compared(where, False, wrong, told)
    if copy.lag is None:
        return compared(where, None, f"{copy.datastore} has no lag towards {where.region}", told)
    return timed(where, copy.lag)


def _broken_cache(where: Towards, source: CacheView | DrError, copy: CacheView) -> str | None:
    own = copy.member(where.region)
    if own is None or copy.own_status is None:
        return f"{copy.datastore} has no member in {where.region}"
    primary = copy.primary if isinstance(source, DrError) else source.primary or copy.primary
    if primary is not None and primary != where.source_region:
        return f"{copy.datastore} takes writes in {primary}, not in the active region {where.source_region}"
    if own.status != _ASSOCIATED:
        return f"the member in {where.region} is {own.status}"
    if copy.own_status not in _SERVING:
        return f"replication group {own.group} in {where.region} is {copy.own_status}"
    return None


# -- settings by name -----------------------------------------------------------------------------------------------


def parameter_reading(
    where: Towards, source: Mapping[str, str] | DrError, copy: Mapping[str, str] | DrError
) -> Reading:
    """In step when every parameter of the source is in the copy with the same fingerprint; values are never shown."""
    told = f"SSM fingerprints, {where.source_region} and {where.region}"
    if isinstance(source, DrError) or isinstance(copy, DrError):
        missing = [error.message for error in (source, copy) if isinstance(error, DrError)]
        return _settings(where, None, missing[0], told)
    found = compare(source, copy)
    if found.empty:
        return _settings(where, None, "there are no parameters under this path in either region", told)
    figures = found.figures("parameters", where.at, told)
    return _settings(where, found.in_step, found.sentence(where.region), told, figures)


def flags_reading(where: Towards, source: FlagsView | DrError, copy: FlagsView | DrError) -> Reading:
    """In step when both regions have the same flags deployed; version numbers are counted by each region for itself."""
    told = f"AppConfig deployments, {where.source_region} and {where.region}"
    if isinstance(source, DrError):
        return _settings(where, None, source.message, told)
    if isinstance(copy, DrError):
        in_step, reason = said(copy)
        return _settings(where, in_step, reason, told)
    moving = "".join(f"; under way in {view.region}: {view.under_way}" for view in (source, copy) if view.under_way)
    if source.version is None:
        return _settings(where, None, f"nothing is deployed in {source.region}{moving}", told)
    if copy.version is None:
        return _settings(where, False, f"nothing is deployed in {copy.region}{moving}", told)
    found = compare(source.fingerprints, copy.fingerprints)
    words = f"{found.sentence(where.region)}; version {source.version} here, {copy.version} there{moving}"
    # A configuration without any flag is the same everywhere.
    figures = found.figures("flags", where.at, told)
    return _settings(where, found.in_step is not False, words, told, figures)


def _settings(
    where: Towards, in_step: bool | None, reason: str, told: str, figures: tuple[Figure, ...] = ()
) -> Reading:
    period_s = UNCOMPARED_PERIOD_S if in_step is None else COMPARED_EVERY_S
    return compared(where, in_step, reason, told, period_s=period_s, figures=figures)
