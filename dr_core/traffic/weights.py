"""Weights of a name's records, by region, and which ones are refused. Pure."""

from collections.abc import Mapping

from dr_core.errors import RejectedError
from dr_core.topology.traffic import Route53Records
from dr_core.traffic.port import Record

MOST = 255
"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-weighted.html"""


def weights_of(records: tuple[Record, ...]) -> dict[str, int]:
    """The weighted records' weights; empty where the records are of another routing."""
    return {record.region: record.weight for record in records if record.weight is not None}


def in_words(records: tuple[Record, ...]) -> str:
    """The weights for people: `eu-west-1 95, eu-west-3 5`."""
    return ", ".join(f"{region} {weight}" for region, weight in weights_of(records).items()) or "no weights"


def refuse_weights(spec: Route53Records, records: tuple[Record, ...], wanted: Mapping[str, int]) -> None:
    """RejectedError for weights that Route 53 would not take, or that would leave no region on.

    Records that are all 0 are answered alike: what looks like nobody would be everybody.
    """
    now = weights_of(records)
    known = {record.region for record in records}
    for region, weight in wanted.items():
        if region not in known:
            raise RejectedError(f"{spec.name} has no record for {region}.")
        if region not in now:
            raise RejectedError(f"The record of {spec.name} for {region} is not weighted.")
        if not 0 <= weight <= MOST:
            raise RejectedError(f"A weight is a number from 0 to {MOST}, not {weight}.")
    if not any({**now, **wanted}.values()):
        raise RejectedError(f"No region of {spec.name} would be left on.", hint="Leave a weight to one of them.")
