"""How the Aurora readers are called that this product makes: by the name it knows which are its own. Pure."""

import re
from collections.abc import Iterable, Iterator
from itertools import count, islice

_LONGEST = 63
"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html: letters, digits and hyphens."""
_ROOM = 3


def prefix(cluster: str) -> str:
    return f"dr-{cluster.lower()}"[: _LONGEST - _ROOM].rstrip("-") + "-"


def is_ours(instance: str, cluster: str) -> bool:
    return re.fullmatch(re.escape(prefix(cluster)) + r"\d+", instance) is not None


def name_of(cluster: str, number: int) -> str:
    return f"{prefix(cluster)}{number}"


def new_names(cluster: str, taken: Iterable[str], missing: int) -> Iterator[str]:
    """The lowest numbers that are free: whoever asks again with the same cluster before him gives the same names."""
    known = frozenset(taken)
    return islice((name for n in count(1) if (name := name_of(cluster, n)) not in known), missing)
