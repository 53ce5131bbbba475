"""A queue in memory that delivers at least once, and topics that lead into it."""

import itertools
import json

from dr_core.detection.port import Arrived
from dr_core.errors import UnreachableError


class MemoryQueue:
    """`down`: it does not answer. What was received and not deleted comes again when it is `forgotten`."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._there: dict[str, str] = {}
        self._taken: set[str] = set()
        self.down = False

    def put(self, body: str) -> None:
        self._there[f"m-{next(self._numbers)}"] = body

    def forgotten(self) -> None:
        """The visibility timeout of everything is over."""
        self._taken.clear()

    @property
    def left(self) -> int:
        """How many messages nobody has deleted."""
        return len(self._there)

    def receive(self, wait_s: int) -> tuple[Arrived, ...]:
        self._answers()
        found = [(key, body) for key, body in self._there.items() if key not in self._taken][:10]
        self._taken |= {key for key, _ in found}
        return tuple(Arrived(key, key, body) for key, body in found)

    def delete(self, arrived: tuple[Arrived, ...]) -> None:
        self._answers()
        for one in arrived:
            self._there.pop(one.receipt, None)

    def publish(self, topic_arn: str, text: str) -> None:
        self._answers()
        self.put(json.dumps({"Type": "Notification", "TopicArn": topic_arn, "Message": text}))

    def _answers(self) -> None:
        if self.down:
            raise UnreachableError("The queue did not answer.")
