"""A plan and its steps as values, and the digest that an acknowledgement is bound to."""

import hashlib
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import rfc8785
from pydantic import Field, JsonValue

from dr_core.value import Value


class Mode(StrEnum):
    PLANNED = "planned"
    FORCED = "forced"


class Purpose(StrEnum):
    """What a plan is for. The way to the primary region, both regions being well, is a failback."""

    FAILOVER = "failover"
    FAILBACK = "failback"
    ROLLBACK = "rollback"
    DRILL = "drill"


class Plane(StrEnum):
    """Which half of AWS a step leans on; only data planes are built to survive a regional event."""

    DATA = "data"
    CONTROL = "control"


class Segment(StrEnum):
    """Part of a run, in order; the time of all but `settle` counts in the RTO."""

    PREPARE = "prepare"
    CANARY = "canary"
    FENCE = "fence"
    PROMOTE = "promote"
    SWITCH = "switch"
    VERIFY = "verify"
    SETTLE = "settle"


class Severity(StrEnum):
    BLOCKING = "blocking"
    WARNING = "warning"
    INFO = "info"


class Step(Value):
    """One node of a plan. `params` is what its kind needs; `after` names the steps that must be done before it.

    `follow_up` False: where it was not reached in time, it is not tried on after the end of its run.
    """

    name: str
    kind: str
    title: str
    after: tuple[str, ...] = ()
    segment: Segment
    region: str | None = None
    home_region: str | None = None
    plane: Plane
    params: dict[str, JsonValue] = Field({})
    irreversible: bool = False
    best_effort: bool = False
    deadline_s: float
    undo: str | None = None
    follow_up: bool = True

    @property
    def promotes(self) -> bool:
        """Whether the application lives in the target with it: what is only tried beside a database is not it."""
        return self.segment is Segment.PROMOTE and not self.best_effort

    def intent(self) -> dict[str, JsonValue]:
        """What an acknowledgement covers: everything that changes what is done, nothing that only describes it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "after": list(self.after),
            "segment": self.segment.value,
            "region": self.region,
            "params": self.params,
            "best_effort": self.best_effort,
            # Only where it is said, so that plans which were acknowledged before it existed keep their digest.
            **({} if self.follow_up else {"follow_up": False}),
        }


class Policy(Value):
    """How many people must acknowledge, and for how long a request waits."""

    required: int
    expires_after_s: float


class Finding(Value):
    """Something preflight saw. A blocking one stops a request unless the request overrides its `code`."""

    code: str
    severity: Severity
    message: str
    evidence: str = ""
    way_out: str = ""


class Left(Value):
    """A step of a run that its rollback does not take back: why, and what to do instead."""

    step: str
    title: str
    why: str
    instead: str


class AsLeft(Value):
    """What a run left somewhere, as its step saw it at its end: `of` capacity, weights or controls."""

    of: str
    name: str
    region: str = ""
    seen: dict[str, JsonValue]
    at: datetime


class Plan(Value):
    """What a request asks for and a run carries out, exactly as stored.

    Where every region serves, `returning` tells the way back to `target` from the shift away from `source`. `undoes`:
    the run that a rollback takes back, `left` what it leaves of it, `as_left` what it expects to find.
    """

    application: str
    mode: Mode
    source: str
    target: str
    steps: tuple[Step, ...]
    overrides: tuple[str, ...] = ()
    returning: bool = False
    purpose: Purpose = Purpose.FAILOVER
    undoes: str | None = None
    left: tuple[Left, ...] = ()
    as_left: tuple[AsLeft, ...] = ()
    policy: Policy

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON of the plan's intent."""
        return hashlib.sha256(rfc8785.dumps(self.intent())).hexdigest()

    def intent(self) -> dict[str, JsonValue]:
        """What the plan does: two plans that differ in words only have the same."""
        return {
            "application": self.application,
            "mode": self.mode.value,
            "source": self.source,
            "target": self.target,
            "overrides": [*sorted(self.overrides)],
            "policy": self.policy.model_dump(mode="json"),
            "steps": [step.intent() for step in self.steps],
            **({"returning": True} if self.returning else {}),
            **({"purpose": self.purpose.value} if self.purpose is not Purpose.FAILOVER else {}),
            **({"undoes": self.undoes} if self.undoes else {}),
        }

    def leans_on(self, region: str) -> bool:
        """Whether it cannot be carried out without the region."""
        return any(step.home_region == region and not step.best_effort for step in self.steps)

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@lru_cache(maxsize=256)
def stored_plan(text: str) -> Plan:
    """A plan as stored (JSON). Plans never change once stored, and are read at every tick."""
    return Plan.model_validate_json(text)
