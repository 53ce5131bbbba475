"""The mark that the last owner left at a resource: which run, which epoch, which of its acts. Pure."""

import re
from dataclasses import dataclass

from dr_core.claim import Claim
from dr_core.errors import LeaseLostError

_WORDS = re.compile(r"\bdr run=(\S+) epoch=(\d+) act=(\d+)\b")


@dataclass(frozen=True)
class Mark:
    """`act` counts the acts of one owner, so that no two of them leave the same words."""

    run: str
    epoch: int
    act: int

    @property
    def words(self) -> str:
        return f"dr run={self.run} epoch={self.epoch} act={self.act}"


def read_mark(text: str) -> Mark | None:
    """The mark in `text`; None when somebody else's words stand there."""
    found = _WORDS.search(text)
    return Mark(found[1], int(found[2]), int(found[3])) if found else None


def next_mark(seen: Mark | None, claim: Claim, where: str) -> Mark:
    """What `claim` leaves in place of `seen`. LeaseLostError when a later owner of the same run was there.

    Another run's mark is an earlier run's: a run ends before the next one of its application begins, and this one's
    lease was live when the mark was read.
    """
    if seen is None or seen.run != claim.run:
        return Mark(claim.run, claim.epoch, 1)
    if seen.epoch > claim.epoch:
        raise LeaseLostError(
            f"{where} was changed by a later owner of run {claim.run} (epoch {seen.epoch}; this one has {claim.epoch})."
        )
    return Mark(claim.run, claim.epoch, seen.act + 1 if seen.epoch == claim.epoch else 1)
