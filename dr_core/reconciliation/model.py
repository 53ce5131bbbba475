"""Lost writes as values: what an item is about, and where what was lost may still be found."""

from datetime import datetime
from enum import StrEnum

from dr_core.span import duration
from dr_core.value import Value


class ItemKind(StrEnum):
    SNAPSHOT = "snapshot"
    """RDS kept the old primary's last state in a snapshot."""
    OLD_DATABASE = "old-database"
    """Nothing rejoins by itself: the old database still has what was not copied, for as long as it is there."""
    NOT_FOUND = "not-found"
    """Writes were lost, or may have been, and no snapshot of them turned up."""


class Kept(StrEnum):
    """How far the copy of a snapshot is that stays."""

    WANTED = "wanted"
    ASKED = "asked"
    YES = "yes"
    NO = "no"


class Lost(Value):
    """What an item is about. `loss_s`: the run's own figure, None where it is not known.

    `copy_name` is the manual snapshot of `snapshot`; `expires_at` when RDS removes the latter. `trouble` is why the
    copy is not there yet.
    """

    region: str
    cluster: str
    loss_s: float | None
    loss_reason: str = ""
    snapshot: str = ""
    arn: str = ""
    taken_at: datetime | None = None
    expires_at: datetime | None = None
    copy_name: str = ""
    kept: Kept = Kept.NO
    trouble: str = ""


class Item(Value):
    """One thing that a person has to look at. Open while `signed_at` is None; `subject` is unique within its kind."""

    id: str
    kind: ItemKind
    application: str
    subject: str
    opened_at: datetime
    run: str
    lost: Lost
    signed_at: datetime | None = None
    signed_by: str | None = None
    note: str = ""
    version: int = 1

    @property
    def open(self) -> bool:
        return self.signed_at is None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do but for people."""
        return self.kind is not ItemKind.SNAPSHOT or self.lost.kept in (Kept.YES, Kept.NO)

    @property
    def sentence(self) -> str:
        """What it is, in words without mark-up."""
        lost = self.lost
        how_much = "an unknown amount" if lost.loss_s is None else f"at most {duration(lost.loss_s)}"
        since = f"Run {self.run} gave up {how_much} of writes of {self.application}"
        if self.kind is ItemKind.NOT_FOUND:
            return f"{since}, and RDS has no snapshot of them in {lost.region}: not found"
        if self.kind is ItemKind.OLD_DATABASE:
            return f"{since}: what was lost is only in {lost.cluster} in {lost.region}, which must not be removed"
        return f"{since}: what {lost.cluster} had alone is in snapshot {lost.snapshot} in {lost.region}, {self._copy()}"

    def _copy(self) -> str:
        lost = self.lost
        until = f", which RDS removes at {lost.expires_at:%Y-%m-%d %H:%M}Z" if lost.expires_at else ""
        if lost.kept is Kept.YES:
            return f"kept as {lost.copy_name}"
        if lost.kept is Kept.NO:
            return f"which is gone and could not be kept: {lost.trouble or 'no reason is known'}"
        trouble = f": {lost.trouble}" if lost.trouble else ""
        return f"being copied to {lost.copy_name}{until}{trouble}"
