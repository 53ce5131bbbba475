"""Who acts, for the resource to judge."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """`token` is the same over all attempts of a step, `epoch` grows with each owner of `run`."""

    token: str
    run: str
    epoch: int
