"""Requests and acknowledgements in plain Python: what domain.md says, in as few words as possible.

The machine asks it before each press what will come of it, and compares afterwards. It knows nothing of the product.
"""

from dataclasses import dataclass, field
from enum import StrEnum

APPROVERS = ("U0ADA", "U0GRACE", "U0LINUS")
EVERYBODY = (*APPROVERS, "U0RITA")
WAITS_S = 900.0
LEAST_REST_S = 300.0
OBJECTION_S = 3600.0
REQUIRED = {"planned": 1, "forced": 2}
RELATED = {"ledger": ("ledger", "basket"), "basket": ("basket", "ledger"), "search": ("search",)}


class Answer(StrEnum):
    """What comes of a press."""

    DONE = "done"
    REFUSED = "refused"
    CONFLICT = "conflict"
    USAGE = "usage"


@dataclass
class Ask:
    """One request as people know it."""

    id: str
    application: str
    mode: str
    source: str
    target: str
    requester: str
    approvers: frozenset[str]
    expires_at: float
    must_type: str | None
    round: int = 1
    state: str = "open"
    acked: dict[int, set[str]] = field(default_factory=dict)
    objected: dict[int, set[str]] = field(default_factory=dict)

    @property
    def counted(self) -> set[str]:
        return self.acked.setdefault(self.round, set())

    @property
    def missing(self) -> int:
        return max(0, REQUIRED[self.mode] - len(self.counted))

    def waits(self, now: float) -> bool:
        return self.state == "open" and now < self.expires_at


@dataclass
class Oracle:
    """Everything that was asked, and who is there."""

    asks: dict[str, Ask] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    denials: list[tuple[str, str, float]] = field(default_factory=list)

    def approvers(self) -> frozenset[str]:
        return frozenset(APPROVERS) - self.gone

    def touch(self, ask: Ask, now: float, *, moved: bool) -> Answer | None:
        """Whoever touches a waiting request ends it if its time is over or the world has changed."""
        if ask.state == "open" and now >= ask.expires_at:
            ask.state = "expired"
            return Answer.CONFLICT
        if ask.state in ("open", "expired") and moved:
            ask.state = "void"
            return Answer.CONFLICT
        return None

    def expire(self, now: float) -> None:
        """The clock of requests is looked at."""
        for ask in self.asks.values():
            if ask.state == "open" and now >= ask.expires_at:
                ask.state = "expired"

    def approve(
        self,
        ask: Ask,
        user: str,
        now: float,
        *,
        round_: int,
        typed: str | None,
        moved: bool,
        occupied: bool,
        aborting: bool,
    ) -> Answer:
        ended = self.touch(ask, now, moved=moved)
        if ended is not None:
            return ended
        if user in self.gone:
            return Answer.REFUSED
        if aborting and ask.state == "open":
            return Answer.CONFLICT
        if user in ask.counted and ask.state in ("open", "approved"):
            return Answer.CONFLICT
        if ask.state != "open" or round_ != ask.round:
            return Answer.CONFLICT
        if user == ask.requester or user not in self.approvers() or user not in ask.approvers:
            return Answer.REFUSED
        if occupied:
            return Answer.CONFLICT
        if ask.must_type is not None and typed != ask.must_type:
            return Answer.USAGE
        ask.counted.add(user)
        if ask.missing == 0:
            ask.state = "approved"
        else:
            ask.expires_at = max(ask.expires_at, now + LEAST_REST_S)
        return Answer.DONE

    def deny(self, ask: Ask, user: str, now: float, *, moved: bool) -> Answer:
        ended = self.touch(ask, now, moved=moved) if ask.state == "open" else None
        if ended is not None or ask.state != "open":
            return Answer.CONFLICT
        if user not in self.approvers():
            return Answer.REFUSED
        lately = any(
            who == user and where == ask.application and now - at <= OBJECTION_S for who, where, at in self.denials
        )
        objectors = ask.objected.setdefault(ask.round, set())
        if lately and not objectors - {user}:
            objectors.add(user)
            return Answer.CONFLICT
        ask.state = "denied"
        self.denials.append((user, ask.application, now))
        return Answer.DONE

    def cancel(self, ask: Ask, user: str, now: float, *, moved: bool) -> Answer:
        ended = self.touch(ask, now, moved=moved) if ask.state == "open" else None
        if ended is not None or ask.state != "open":
            return Answer.CONFLICT
        if user in self.gone or (user != ask.requester and user not in self.approvers()):
            return Answer.REFUSED
        ask.state = "cancelled"
        return Answer.DONE

    def renew(self, ask: Ask, user: str, now: float, *, moved: bool, occupied: bool) -> Answer:
        if ask.state not in ("open", "expired"):
            return Answer.CONFLICT
        if user in self.gone:
            return Answer.REFUSED
        if ask.waits(now) and user not in self.approvers() and user != ask.requester:
            return Answer.REFUSED
        if moved:
            ask.state = "void"
            return Answer.CONFLICT
        if occupied or self.twin(ask.application, ask.mode, ask.source, now, besides=ask.id):
            return Answer.CONFLICT
        self.new_round(ask, now)
        return Answer.DONE

    def new_round(self, ask: Ask, now: float) -> None:
        ask.round += 1
        ask.state, ask.expires_at = "open", now + WAITS_S

    def twin(self, application: str, mode: str, source: str, now: float, *, besides: str = "") -> bool:
        """Whether another waiting request asks for the same."""
        return any(
            (ask.application, ask.mode, ask.source) == (application, mode, source)
            and ask.waits(now)
            and ask.id != besides
            for ask in self.asks.values()
        )
