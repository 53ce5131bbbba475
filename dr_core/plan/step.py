"""A plan and its steps as values, and the digest that an acknowledgement is bound to."""

import hashlib
from enum import StrEnum
from functools import lru_cache

import rfc8785
from pydantic import Field, JsonValue

from dr_core.value import Value


class Mode(StrEnum):
    PLANNED = "planned"
    FORCED = "forced"


class Plane(StrEnum):
    """Which half of AWS a step leans on; only data planes are built to survive a regional event."""

    DATA = "data"
    CONTROL = "control"


class Segment(StrEnum):
    """Part of the RTO that a step's time is counted in, in the order of a run."""

    PREPARE = "prepare"
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
    """One node of a plan. `params` is what its kind needs; `after` names the steps that must be done before it."""

    name: str
    kind: str
    title: str
    after: tuple[str, ...] = ()
    segment: Segment
    region: str | None
    home_region: str | None
    plane: Plane
    params: dict[str, JsonValue] = Field({})
    irreversible: bool = False
    best_effort: bool = False
    deadline_s: float
    undo: str | None = None

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


class Plan(Value):
    """What a request asks for and a run carries out, exactly as stored."""

    application: str
    mode: Mode
    source: str
    target: str
    steps: tuple[Step, ...]
    overrides: tuple[str, ...] = ()
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
        }

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@lru_cache(maxsize=256)
def stored_plan(text: str) -> Plan:
    """A plan as stored (JSON). Plans never change once stored, and are read at every tick."""
    return Plan.model_validate_json(text)
