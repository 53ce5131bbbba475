"""Regions that an account has to opt into, and what SNS does between them. Pure.

https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from collections.abc import Iterable

OPT_IN = frozenset({
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1",
})  # fmt: skip


def delivers(topic: str, queue: str) -> bool:
    """Whether SNS sends from the one region into the other: between two that are opted into it does not."""
    return topic == queue or not {topic, queue} <= OPT_IN


def sns_principals(topics: Iterable[str], queue: str) -> tuple[str, ...]:
    """As whom SNS comes to a queue, by the regions of its topics: between regions it bears an opted one's name."""
    opted = {region for topic in topics if topic != queue for region in (topic, queue) if region in OPT_IN}
    return ("sns.amazonaws.com", *(f"sns.{region}.amazonaws.com" for region in sorted(opted)))
