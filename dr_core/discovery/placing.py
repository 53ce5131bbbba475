"""Which record of a name belongs to which region, and why. Pure: the region's name, else the writer's traffic."""

from collections.abc import Mapping
from dataclasses import dataclass

from dr_core.discovery.found import HealthCheck, Records, RecordSet


@dataclass(frozen=True)
class Placed:
    """`regions` maps a region to its record. `unplaced` belong to no region that could be told; `guessed` says why."""

    records: Records
    regions: dict[str, RecordSet]
    unplaced: tuple[RecordSet, ...]
    guessed: str = ""


def place(records: Records, regions: tuple[str, ...], active: str, checks: Mapping[str, HealthCheck]) -> Placed:
    """By a region's name in the record, its values or its health check; else by the one that has the traffic."""
    placed: dict[str, RecordSet] = {}
    left: list[RecordSet] = []
    for record in records.sets:
        named = [region for region in regions if _names(record, region, checks)]
        if len(named) == 1 and named[0] not in placed:
            placed[named[0]] = record
        else:
            left.append(record)
    leading = [record for record in left if record.role == "PRIMARY" or (record.weight or 0) > 0]
    guessed = ""
    if active not in placed and len(leading) == 1:
        placed[active] = leading[0]
        left.remove(leading[0])
        guessed = f"{leading[0].identifier} has the traffic, and {active} is active"
    open_regions = [region for region in regions if region not in placed]
    if active in placed and len(left) == len(open_regions) == 1:
        placed[open_regions[0]] = left[0]
        guessed = guessed or "the one record left for the one region left"
        left = []
    ordered = {region: placed[region] for region in regions if region in placed}
    return Placed(records, ordered, tuple(left), guessed)


def _names(record: RecordSet, region: str, checks: Mapping[str, HealthCheck]) -> bool:
    check = checks.get(record.check or "")
    # An inverted check is a switch: it may watch something in the other region.
    texts = (record.identifier, *record.values, check.host if check and not check.inverted else "")
    return any(region in text for text in texts)


def takeover(placed: Placed, checks: Mapping[str, HealthCheck]) -> tuple[str, str, str, str] | None:
    """(standby's region, bucket, key, health check) where an inverted check watches an object in a bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html: BUCKET.s3.REGION.amazonaws.com/KEY.
    """
    for record in placed.records.sets:
        check = checks.get(record.check or "")
        if check is None or not check.inverted or ".s3." not in check.host:
            continue
        bucket, _, rest = check.host.partition(".s3.")
        return rest.partition(".")[0], bucket, check.path.lstrip("/"), check.id
    return None
