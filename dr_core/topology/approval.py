"""Who may do what: people with their identities, groups, and the quorums that a plan needs."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from dr_core.topology.scalars import Count, GroupId, PositiveDuration, Text, UserId
from dr_core.value import Value


class Person(Value):
    """One human being with all identities."""

    name: Text = Field(max_length=80)
    slack: UserId | None = None
    aws: tuple[Text, ...] = ()


class Group(Value):
    """People by Slack user group or by user ids; both empty means nobody is named."""

    usergroup: GroupId | None = None
    users: tuple[UserId, ...] = ()

    @property
    def empty(self) -> bool:
        return self.usergroup is None and not self.users


class Quorum(Value):
    required: Count = Field(default=1, ge=1, le=10)
    expires_after: PositiveDuration = timedelta(minutes=15)


class ForcedQuorum(Quorum):
    """Data may be lost: two people at least, also where only `expires_after` is given."""

    required: Count = Field(default=2, ge=2, le=10)


class Approval(Value):
    approvers: Group
    break_glass: Group = Group()
    requesters: Group = Group()
    planned: Quorum = Quorum()
    forced: ForcedQuorum = ForcedQuorum()
    prepare: Literal["read", "auto"] = "read"

    @field_validator("approvers")
    @classmethod
    def _somebody(cls, group: Group) -> Group:
        if group.empty:
            raise ValueError("expected a usergroup or users")
        return group
