"""What detection asks of the queue in which alarms and events arrive."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """One message. `id` stays the same when it is delivered again, `receipt` is of this delivery."""

    id: str
    receipt: str
    body: str


class SignalSource(Protocol):
    """A queue that delivers at least once. All of it raises DeniedError, RejectedError, ThrottledError or
    UnreachableError."""

    def receive(self, wait_s: int) -> tuple[Arrived, ...]:
        """Up to ten messages; waits up to `wait_s` seconds (0 to 20) for the first one. What is not deleted within the
        queue's visibility timeout comes again."""
        ...

    def delete(self, arrived: tuple[Arrived, ...]) -> None:
        """They need not come again. One that could not be deleted does."""
        ...


class Topic(Protocol):
    """Where the doctor's test begins."""

    def publish(self, topic_arn: str, text: str) -> None:
        """Send one message through; raises as above."""
        ...
