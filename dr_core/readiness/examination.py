"""What an examination is: it names inquiries about one application; each asks the world and judges purely."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from dr_core.aws.clients import ClientOf
from dr_core.observation.model import Observation
from dr_core.plan.step import Mode, Severity
from dr_core.readiness.model import Check, CheckState
from dr_core.readiness.surroundings import Surroundings
from dr_core.topology.model import Application, Topology

T = TypeVar("T")

EVERYWHERE = "global"
"""The lane of what has one home for all regions, such as DNS; a dead region does not silence it."""
ACROSS = "across"
"""The lane of what compares regions. Its questions do not raise for a silent region: they tell which one it was."""
HERE = "here"
"""The lane of what asks nobody."""


@dataclass(frozen=True)
class Subject:
    """The application that is examined, and what may be asked about it.

    `client_of(service, region)` makes a client that only looks (short timeouts, one attempt), as the application's role
    where it has one; `own_client_of` one as the product itself. `observation` is the last one that the store has;
    `active` is where the application is believed to be at work.
    """

    name: str
    topology: Topology
    client_of: ClientOf
    observation: Observation | None
    active: str
    now: datetime
    surroundings: Surroundings
    own_client_of: Callable[[str, str], Any] | None = None

    @property
    def application(self) -> Application:
        return self.topology.applications[self.name]

    @property
    def standbys(self) -> tuple[str, ...]:
        """Every region that the application could be moved to."""
        return tuple(region for region in self.application.regions if region != self.active)


@dataclass(frozen=True)
class About:
    """What a check is about; it makes the checks, so that each says where its answer comes from and when it was seen.

    `region` None: no single region. A blocking finding stops a request for its region, or every one where it has none.
    """

    area: str
    subject: str
    region: str | None
    source: str
    at: datetime

    def ok(self, code: str, message: str, *, evidence: str = "") -> Check:
        return self._check(code, CheckState.OK, Severity.INFO, message, evidence, "")

    def blocking(self, code: str, message: str, *, evidence: str = "", way_out: str, mode: Mode | None = None) -> Check:
        """The way out always ends with the override, so that there is one. `mode`: the only one that it stops."""
        text = f"{way_out} To go on all the same: --override {code}"
        made = self._check(code, CheckState.FINDING, Severity.BLOCKING, message, evidence, text)
        return made if mode is None else made.model_copy(update={"mode": mode})

    def warning(self, code: str, message: str, *, evidence: str = "", way_out: str = "") -> Check:
        return self._check(code, CheckState.FINDING, Severity.WARNING, message, evidence, way_out)

    def info(self, code: str, message: str, *, evidence: str = "", way_out: str = "") -> Check:
        return self._check(code, CheckState.FINDING, Severity.INFO, message, evidence, way_out)

    def unknown(self, code: str, reason: str, *, way_out: str = "") -> Check:
        """It could not be asked, or the answer says nothing: never good, never bad."""
        return self._check(code, CheckState.UNKNOWN, Severity.WARNING, reason, "", way_out)

    def _check(
        self, code: str, state: CheckState, severity: Severity, message: str, evidence: str, way_out: str
    ) -> Check:
        return Check(
            code=code,
            area=self.area,
            region=self.region,
            subject=self.subject,
            state=state,
            severity=severity,
            message=message,
            evidence=evidence,
            way_out=way_out,
            source=self.source,
            checked_at=self.at,
        )


@dataclass(frozen=True, eq=False)
class Inquiry(Generic[T]):
    """One thing to look at. `ask` may call AWS as often as it must and raises DrError; `judge` is pure.

    `code` is that of the unknown check where `ask` fails. `lane` is what goes silent together: a region, or one of the
    lanes above. `region` is what the checks are about: the lane where it is left out, none with `anywhere`.
    """

    code: str
    area: str
    subject: str
    lane: str
    source: str
    ask: Callable[[], T]
    judge: Callable[[T, About], Iterable[Check]]
    region: str | None = field(default=None)
    anywhere: bool = False

    def about(self, at: datetime) -> About:
        """What its checks are about when it was answered at `at`."""
        lane = None if self.anywhere or self.lane in (EVERYWHERE, ACROSS, HERE) else self.lane
        return About(self.area, self.subject, self.region or lane, self.source, at)


class Examination(Protocol):
    """A module's one public function: what there is to ask about an application. It asks nothing by itself."""

    def __call__(self, subject: Subject, /) -> Iterable[Inquiry[Any]]: ...
