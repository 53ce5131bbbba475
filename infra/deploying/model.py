"""What `dr deploy` answers with: each has a schema of its own, from `dr.deploy-check/1` to `dr.deploy-report/1`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from dr_core.doctor.result import Check, CheckState
from dr_core.value import Shown
from infra.deploying.changes import Act, Change


class Bill(Shown):
    """What a part of the templates costs a month, in USD. `unknown`: what is in it without a price that is known."""

    region: str
    usd: Decimal
    unknown: tuple[str, ...] = ()


class Estimate(Shown):
    """`total` in `currency` at the configuration's rate; None where that is not USD and no rate is given."""

    size: str
    bills: tuple[Bill, ...]
    usd: Decimal
    currency: str
    total: Decimal | None
    monthly: Decimal | None
    burst: Decimal | None
    fits: str
    assumptions: tuple[str, ...]
    unknown: tuple[str, ...]
    prices_of: str
    rto: tuple[str, ...] = ()


class CheckReport(Shown):
    """`ok`: nothing failed; a warning and an unknown are listed, and fail nothing."""

    schema_: Literal["dr.deploy-check/1"] = Field(default="dr.deploy-check/1", alias="schema")
    at: datetime
    ok: bool
    checks: tuple[Check, ...]


class ValidationReport(Shown):
    """As the one of `check`, of what stands. `unknown`: how many lines nobody could tell; with any, not all is well."""

    schema_: Literal["dr.deploy-validation/1"] = Field(default="dr.deploy-validation/1", alias="schema")
    at: datetime
    ok: bool
    unknown: int
    checks: tuple[Check, ...]


class StackPlan(Shown):
    """`status` None: it does not stand yet. `waits`: what has to come first, so that it was not compared."""

    stack: str
    region: str
    phase: int
    status: str | None
    changes: tuple[Change, ...] = ()
    waits: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Unchanged, to be made, to be changed, or not known yet."""
        if self.status is None:
            return "new"
        if self.waits:
            return "not compared"
        return "changes" if self.changes else "unchanged"

    def count(self, act: Act) -> int:
        return sum(change.act is act for change in self.changes)


class Leftover(Shown):
    """A stack of this deployment that stands and that `dr.yaml` no longer makes."""

    stack: str
    region: str
    status: str
    made_at: datetime | None = None


class DeployPlan(Shown):
    """`left`: by place in `dr.yaml`, what no stack makes. `frozen`: why `apply` would refuse; empty where it would not.

    `unset`: ids in `dr.yaml` that only stand for what AWS will assign. `leftovers`: in the order of taking them down;
    `unasked`: by region, why nobody could look for any there.
    """

    schema_: Literal["dr.deploy-plan/1"] = Field(default="dr.deploy-plan/1", alias="schema")
    at: datetime
    stacks: tuple[StackPlan, ...]
    left: dict[str, str]
    unset: tuple[str, ...]
    frozen: tuple[str, ...]
    estimate: Estimate | None
    leftovers: tuple[Leftover, ...] = ()
    unasked: dict[str, str] = Field(default_factory=dict)

    @property
    def destructive(self) -> tuple[tuple[StackPlan, Change], ...]:
        return tuple((stack, change) for stack in self.stacks for change in stack.changes if change.destructive)


class SizesReport(Shown):
    """What each size costs and means."""

    schema_: Literal["dr.deploy-sizes/1"] = Field(default="dr.deploy-sizes/1", alias="schema")
    at: datetime
    chosen: str
    sizes: tuple[Estimate, ...]


class StackResult(Shown):
    """`outcome`: made, changed, unchanged, failed, or not begun. `why`: for each resource that failed."""

    stack: str
    region: str
    phase: int
    outcome: Literal["made", "changed", "unchanged", "failed", "not begun"]
    status: str | None
    why: tuple[str, ...] = ()


class ApplyReport(Shown):
    """`ok`: every stack is as it was asked for. `next`: what has to be done now, one command a line."""

    schema_: Literal["dr.deploy-apply/1"] = Field(default="dr.deploy-apply/1", alias="schema")
    at: datetime
    ok: bool
    took_s: float
    stacks: tuple[StackResult, ...]
    error: str = ""
    next: tuple[str, ...] = ()


class IdLine(Shown):
    """An id that AWS assigned, for a place in `dr.yaml`. `now` is what stands there."""

    path: str
    now: str
    value: str


class CopyLine(Shown):
    """Something of a region that another lacks, by its name. `done`: it was copied; `problem`: why it was not."""

    kind: str
    name: str
    source: str
    target: str
    done: bool = False
    problem: str = ""


class SyncReport(Shown):
    """`written`: dr.yaml was changed. `diff`: the lines of dr.yaml that change, as a unified diff."""

    schema_: Literal["dr.deploy-sync/1"] = Field(default="dr.deploy-sync/1", alias="schema")
    at: datetime
    ok: bool
    path: str
    written: bool
    ids: tuple[IdLine, ...]
    diff: tuple[str, ...]
    copies: tuple[CopyLine, ...]
    notes: tuple[str, ...]


class StackReport(Shown):
    """What stands. `by`: who had it changed last, by CloudTrail's word. None, with `notes`: not known."""

    stack: str
    region: str
    status: str | None
    changed_at: datetime | None
    by: str | None
    drift: str | None
    drifted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class DeployReport(Shown):
    """What stands. `leftovers` and `unasked`: as in the plan."""

    schema_: Literal["dr.deploy-report/1"] = Field(default="dr.deploy-report/1", alias="schema")
    at: datetime
    name: str
    account: str
    size: str
    versions: dict[str, str]
    stacks: tuple[StackReport, ...]
    left: dict[str, str]
    unset: tuple[str, ...]
    estimate: Estimate | None
    leftovers: tuple[Leftover, ...] = ()
    unasked: dict[str, str] = Field(default_factory=dict)


def not_known(unasked: Mapping[str, str]) -> list[str]:
    """Why nobody could look for leftovers, a sentence a region."""
    return [
        f"whether {region} has stacks that dr.yaml no longer makes is not known: {why}"
        for region, why in unasked.items()
    ]


def nothing_failed(checks: Iterable[Check]) -> bool:
    return all(check.state is not CheckState.FAILED for check in checks)
