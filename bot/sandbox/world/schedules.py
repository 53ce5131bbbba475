"""EventBridge Scheduler where moto is too kind: an update replaces all of a schedule, and a token makes it idempotent.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html

What AWS's documentation leaves open and is decided here: a token is known for as long as the world lives, and a start
that is gone by is refused when a schedule is changed, as it is when one is made.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from moto.scheduler.models import scheduler_backends

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply
from bot.sandbox.world.call_log import plain
from bot.sandbox.world.ground import Ground

_EARLIEST = timedelta(minutes=5)


class Schedules:
    PAGES: ClassVar[dict[str, str]] = {
        "scheduler": "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._asked: dict[tuple[str, str], str] = {}

    def operations(self) -> Operations:
        return {("scheduler", "UpdateSchedule"): self.update}

    def enabled(self, region: str, group: str, name: str) -> bool:
        """Whether it runs its target."""
        known = scheduler_backends[self._account][region].schedule_groups.get(group)
        return known is not None and name in known.schedules and known.schedules[name].state == "ENABLED"

    def update(self, call: Call) -> Parameters | Reply:
        """All of it is replaced: what is left out has its default again. A known token changes nothing."""
        asked = call.parameters
        token = asked.get("ClientToken")
        said = json.dumps(plain(asked), sort_keys=True, default=str)
        known = self._asked.get((call.region, str(token))) if token else None
        if known is not None and known != said:
            raise AwsError("ConflictException", "The token was used for another update.", 409)
        schedule = self._schedule(call)
        if known is not None:
            return {"ScheduleArn": schedule.arn}
        start = asked.get("StartDate")
        if isinstance(start, datetime) and _aware(start) < self._timeline.now - _EARLIEST:
            raise AwsError("ValidationException", "The StartDate you specify cannot be earlier than 5 minutes ago.")
        reply = call.forward()
        if reply.ok:
            schedule.state = asked.get("State") or "ENABLED"
            schedule.action_after_completion = asked.get("ActionAfterCompletion") or "NONE"
            if token:
                self._asked[call.region, str(token)] = said
        return reply

    def _schedule(self, call: Call) -> Any:
        group, name = str(call.parameters.get("GroupName") or "default"), call.text("Name")
        known = scheduler_backends[self._account][call.region].schedule_groups.get(group)
        if known is None or name not in known.schedules:
            raise AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.", 404)
        return known.schedules[name]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
