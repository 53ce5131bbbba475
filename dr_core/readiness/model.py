"""What one preflight of an application found, as values. What could not be asked is unknown, with the reason."""

from datetime import datetime
from enum import StrEnum

from dr_core.plan.step import Mode, Severity
from dr_core.value import Value


class CheckState(StrEnum):
    OK = "ok"
    FINDING = "finding"
    UNKNOWN = "unknown"


class Check(Value):
    """One question and its answer. `area` groups what is asked together, `subject` is the thing that was looked at.

    `region` None: it concerns no single region. `evidence` is what was seen, never a secret's or parameter's value.
    A blocking finding stops a request for `region` unless `--override CODE` is given with it. `mode` None: it concerns
    a planned and a forced failover alike.
    """

    code: str
    area: str
    region: str | None
    subject: str
    state: CheckState
    severity: Severity
    message: str
    evidence: str = ""
    way_out: str = ""
    source: str
    checked_at: datetime
    mode: Mode | None = None


class Sheet(Value):
    """One preflight over one application; `complete` False when it was cut short at its time limit.

    `active` and `topology` (a digest of dr.yaml) say what was examined: another one needs another preflight.
    `unknown_since`: the first of the sheets in a row that left the same things unknown; None: this one.
    """

    application: str
    at: datetime
    duration_s: float
    complete: bool
    checks: tuple[Check, ...]
    active: str | None = None
    topology: str = ""
    unknown_since: datetime | None = None

    @property
    def blocking(self) -> tuple[Check, ...]:
        found = (check for check in self.checks if check.state is CheckState.FINDING)
        return tuple(check for check in found if check.severity is Severity.BLOCKING)

    @property
    def hindering(self) -> tuple[Check, ...]:
        """What would stop leaving the active region; what is wrong in that region itself only stops coming back."""
        return tuple(check for check in self.blocking if check.region is None or check.region != self.active)

    @property
    def unknown(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.state is CheckState.UNKNOWN)
