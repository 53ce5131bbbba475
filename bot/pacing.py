"""How fast Slack takes calls: so many at once, then one every so often; and silence after a 429 for as long as it says.

https://docs.slack.dev/apis/web-api/rate-limits: about one message a second in a channel with short bursts, and 50 a
minute for `chat.update`. Both are limits of the workspace: one process at a time announces.
"""

import asyncio
from collections.abc import Awaitable, Callable

from dr_core.clock import Clock
from dr_core.errors import ThrottledError

Sleep = Callable[[float], Awaitable[None]]
POST_EVERY_S, POSTS_AT_ONCE = 1.0, 2
UPDATE_EVERY_S, UPDATES_AT_ONCE = 1.3, 5
_SILENCE_S = 30.0


class SlackThrottledError(ThrottledError):
    """Slack asks for fewer calls; `retry_after_s` is how long nothing of that method is sent."""

    code = "slack-throttled"

    def __init__(self, method: str, retry_after_s: float) -> None:
        super().__init__(f"Slack asks for fewer calls ({method}); it is tried again in {retry_after_s:.0f} s.")
        self.retry_after_s = retry_after_s


class Pace:
    """Turns by key (a channel, or everything): `at_once` of them, then one every `every_s`."""

    def __init__(self, clock: Clock, every_s: float, at_once: int, sleep: Sleep = asyncio.sleep) -> None:
        self._clock, self._every_s, self._slack_s, self._sleep = clock, every_s, every_s * (at_once - 1), sleep
        self._due: dict[str, float] = {}

    async def turn(self, key: str) -> None:
        """Wait for it. Turns are given in the order in which they were asked for."""
        now = self._clock.monotonic()
        due = max(self._due.get(key, now), now)
        self._due[key] = due + self._every_s
        if (wait := due - self._slack_s - now) > 0:
            await self._sleep(wait)


class Silence:
    """What Slack said about when a method may be called again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def check(self, method: str) -> None:
        """SlackThrottledError while Slack wants to hear nothing of `method`."""
        left = self._until.get(method, 0.0) - self._clock.monotonic()
        if left > 0:
            raise SlackThrottledError(method, left)

    def asked(self, method: str, retry_after: str | None) -> SlackThrottledError:
        """A 429 came; `retry_after` is its header, in seconds."""
        wait = float(retry_after) if retry_after and retry_after.strip().isdigit() else _SILENCE_S
        self._until[method] = self._clock.monotonic() + wait
        return SlackThrottledError(method, wait)
