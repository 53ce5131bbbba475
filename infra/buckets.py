"""Which rules carry objects from a bucket to its counterparts, by names that whoever watches them knows, too. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from dr_core.topology.stores import S3Buckets


@dataclass(frozen=True)
class Rule:
    """`prefix` empty: the whole bucket. `priority` is its own among the rules of its bucket."""

    id: str
    priority: int
    prefix: str
    region: str
    bucket: str


def rules_from(spec: S3Buckets, region: str) -> Iterator[Rule]:
    """One for each prefix and each other region; the same prefixes go back, so that a failover needs no other rules."""
    wanted = [
        (other, bucket, number, prefix)
        for other, bucket in spec.buckets.items()
        if other != region
        for number, prefix in enumerate(spec.prefixes or ("",), 1)
    ]
    for priority, (other, bucket, number, prefix) in enumerate(wanted, 1):
        yield Rule(f"to-{other}-{number}", priority, prefix, other, bucket)
