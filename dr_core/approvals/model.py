"""Requests, acknowledgements and people as values."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from dr_core.plan.step import Finding, Plan
from dr_core.replication.exposure import StoreExposure
from dr_core.value import Value


class Face(StrEnum):
    SLACK = "slack"
    TERMINAL = "terminal"
    SCHEDULE = "schedule"
    DETECTION = "detection"
    WORKER = "worker"


class Actor(Value):
    """Who does something. `person` is the key that requester and uniqueness go by: `person:<name>` or `slack:<id>`."""

    person: str
    display: str
    face: Face
    slack_user: str | None = None
    team: str | None = None


BOT = Actor(person="bot", display="DR bot", face=Face.SCHEDULE)
"""Who does what nobody asked for: the bot by itself."""


class RequestState(StrEnum):
    OPEN = "open"  # its present round waits for acknowledgements
    QUEUED = "queued"  # its quorum is complete, and its run is made when the turn comes to it
    APPROVED = "approved"  # its quorum was complete, and its run stands
    DENIED = "denied"  # an approver ended it
    CANCELLED = "cancelled"  # its requester or an approver took it back
    EXPIRED = "expired"  # nobody completed the quorum in time; a new round may
    VOID = "void"  # what was asked for would not be done any more


class Ack(Value):
    """One person's acknowledgement of one round. `accepted_limit_s`: None is `unknown` accepted."""

    person: str
    display: str
    round: int
    digest: str
    accepted_limit_s: int | None
    at: datetime
    kind: str
    proof: str


class Request(Value):
    """A request for a plan. `loss_limit_s` None is `unknown`; findings and stores are as seen when its round opened.

    `supersedes`: the run that ends when this request's quorum is complete. `signals`: what detection proposes it for.
    """

    id: str
    application: str
    plan: Plan
    digest: str
    loss_limit_s: int | None
    state: RequestState
    round: int
    version: int
    requester: Actor
    reason: str
    channel: str | None
    opened_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    approvers_at_open: frozenset[str]
    supersedes: str | None = None
    findings: tuple[Finding, ...] = ()
    stores: tuple[StoreExposure, ...] = ()
    incident_since: datetime | None = None
    detected_at: datetime | None = None
    signals: tuple[str, ...] = ()
    acks: tuple[Ack, ...] = ()

    @property
    def round_acks(self) -> tuple[Ack, ...]:
        """The acknowledgements that count: those of the present round."""
        return tuple(ack for ack in self.acks if ack.round == self.round)


class RosterUser(Value):
    name: str
    team: str | None = None
    guest: bool = False
    bot: bool = False
    deleted: bool = False


class Roster(Value):
    """Slack membership as last read, with its time. Slack user ids throughout."""

    at: datetime
    team: str | None = None
    incident_members: frozenset[str]
    approvers: frozenset[str]
    requesters: frozenset[str] | None = None
    break_glass: frozenset[str] = frozenset()
    users: dict[str, RosterUser] = Field({})
    incident_channel_shared: bool = False
