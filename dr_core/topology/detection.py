"""How an outage is noticed: how often it is looked, for how long it must last, and where alarms of the team arrive."""

import re
from datetime import timedelta

from pydantic import Field

from dr_core.topology.scalars import Duration, PositiveDuration, Region, TopicArn, Url
from dr_core.value import Value

_ACCOUNT_IN_URL = re.compile(r"^https?://[^/]+/(?:[^/]+/)?([0-9]{12})/[^/]+$")


class SignalQueue(Value):
    """An SQS queue to which SNS topics and EventBridge rules send. `fresh_for`: how long a state that was told counts,
    since nobody tells it again while it lasts."""

    region: Region
    url: Url
    topics: tuple[TopicArn, ...] = Field((), max_length=20)
    fresh_for: PositiveDuration = timedelta(minutes=15)

    @property
    def account(self) -> str | None:
        """The account that the queue's address names."""
        found = _ACCOUNT_IN_URL.match(self.url)
        return found[1] if found else None

    @property
    def name(self) -> str:
        """The queue's own name, for people."""
        return self.url.rpartition("/")[2]


class Detection(Value):
    """`propose` False: verdicts are made and told, and nothing is proposed."""

    interval: PositiveDuration = timedelta(seconds=10)
    hold_down: Duration = timedelta(seconds=30)
    cooldown: Duration = timedelta(minutes=30)
    propose: bool = True
    queue: SignalQueue | None = None
