"""What the product asks about cost, of billing and of buckets. Everything here only reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from dr_core.budget.model import AwsBudget, Cost, Money, Recommendation, TaggedCost, Usage
from dr_core.topology.model import Account


@dataclass(frozen=True)
class TagFilter:
    """Only what carries one of these values of a cost allocation tag."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Period:
    """Whole days in UTC; `until` is the first one that is not in it."""

    since: date
    until: date


class Billing(Protocol):
    """Cost Explorer, AWS Budgets and the Cost Optimization Hub of one account.

    Each raises DrError: DeniedError, ThrottledError, UnreachableError, or RejectedError where there is nothing to tell.
    """

    def account(self, role: Account | None) -> str: ...

    def costs(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Cost, ...]: ...

    def usages(self, role: Account | None, period: Period, only: TagFilter | None) -> tuple[Usage, ...]: ...

    def tagged(self, role: Account | None, period: Period, key: str) -> tuple[TaggedCost, ...]: ...

    def outlook(self, role: Account | None, period: Period, only: TagFilter | None) -> Money: ...

    def budgets(self, role: Account | None, account: str) -> tuple[AwsBudget, ...]: ...

    def recommendations(self, role: Account | None, regions: Sequence[str]) -> tuple[Recommendation, ...]: ...


class BucketKeeping(Protocol):
    """How one bucket keeps old versions."""

    def expires_noncurrent(self, role: Account | None, region: str, bucket: str) -> bool:
        """Whether a rule over the whole bucket removes noncurrent versions."""
        ...

    def noncurrent_bytes(self, role: Account | None, region: str, bucket: str) -> tuple[int, bool]:
        """Bytes in noncurrent versions, and whether all were counted."""
        ...
