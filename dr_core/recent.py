"""Answers that are good for a while: what is older, or was never kept, has to be asked for again."""

from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from dr_core.clock import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Whoever asks decides what is worth keeping; an error never is."""

    def __init__(self, clock: Clock, lasts: timedelta) -> None:
        self._clock = clock
        self._lasts = lasts
        self._kept: dict[Key, tuple[datetime, Value]] = {}

    def get(self, key: Key) -> Value | None:
        kept = self._kept.get(key)
        # A clock that was set back must not make an answer last for ever.
        if kept is None or not timedelta(0) <= self._clock.now() - kept[0] < self._lasts:
            return None
        return kept[1]

    def put(self, key: Key, value: Value) -> Value:
        self._kept[key] = (self._clock.now(), value)
        return value
