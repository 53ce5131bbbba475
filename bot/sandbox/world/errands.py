"""What the team's own functions and webhooks were told, once a token, and when they will have done it.

How one behaves is said by a word of its name: `fails`, `hangs` (takes it, and is never done), `silent` (gives no
answer) or `slow`; any other needs twenty seconds. The documents that go to and fro are the product's: `dr.custom/1`.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.world.ground import Ground

TAKES_S = 20.0
SLOW_S = 600.0
BEHAVIOURS = ("fails", "hangs", "silent", "slow")


@dataclass
class Told:
    """One errand as it arrived: how often, and when it is done."""

    who: str
    verb: str
    done_at: float
    times: int = 1


def behaviour(name: str) -> str:
    """The word of a name that says how it behaves; empty: it does what it is told."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((word for word in BEHAVIOURS if word in words), "")


class Errands:
    """Kept by token and verb, whoever was told: a check asks about what another one does."""

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self.told: dict[tuple[str, str], Told] = {}

    def tell(self, who: str, event: dict[str, Any], *, at_once: bool = False) -> dict[str, Any]:
        """The answer to an errand. The same token again has no second effect."""
        token, verb = str(event.get("token", "")), str(event.get("verb", ""))
        known = self.told.get((token, verb))
        if known is not None:
            known.times += 1
        else:
            takes = 0.0 if at_once else {"hangs": math.inf, "slow": SLOW_S}.get(behaviour(who), TAKES_S)
            due = self._timeline.monotonic + takes / self._timeline.speed
            known = self.told[token, verb] = Told(who, verb, due)
        return self._state(known)

    def ask(self, event: dict[str, Any]) -> dict[str, Any]:
        """The answer of a check."""
        known = self.told.get((str(event.get("token", "")), str(event.get("of", ""))))
        return {"done": False, "detail": "nobody told me to"} if known is None else self._state(known)

    def _state(self, known: Told) -> dict[str, Any]:
        done = self._timeline.monotonic >= known.done_at
        return {"done": done, "detail": "done" if done else "still at it", "under_way": not done}


def event_of(body: bytes) -> dict[str, Any] | None:
    """The document in a body; None where it is another one."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("schema") == "dr.custom/1" else None
