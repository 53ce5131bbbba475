"""Schedules of EventBridge Scheduler: enabled or disabled in a region.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html: an update replaces all of a schedule,
and what it leaves out goes back to its default. So everything that was read is sent back, and the state with it.
"""

import hashlib
from datetime import datetime
from functools import partial
from typing import Any

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.consumers.port import consumer_name
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import ConsumerState, Flow
from dr_core.topology.capacity import Consumer, EventBridgeSchedule


class Schedules:
    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = partial(client_of, "scheduler")
        self._clock = clock

    def state(self, entry: Consumer, region: str) -> ConsumerState:
        state = str(self._read(_schedule(entry), region)["State"])
        return ConsumerState(
            region=region,
            kind=entry.kind,
            name=consumer_name(entry),
            flow=Flow.OFF if state == "DISABLED" else Flow.ON,
            detail=f"the schedule is {state.lower()}",
            observed_at=self._clock.now(),
        )

    def turn_on(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(_schedule(entry), region, "ENABLED", claim)

    def turn_off(self, entry: Consumer, region: str, claim: Claim) -> None:
        self._turn(_schedule(entry), region, "DISABLED", claim)

    def _turn(self, spec: EventBridgeSchedule, region: str, state: str, claim: Claim) -> None:
        read = self._read(spec, region)
        client = self._client(region)
        taken = client.meta.service_model.operation_model("UpdateSchedule").input_shape.members
        whole = {name: value for name, value in read.items() if name in taken and value is not None}
        if _is_past(whole.get("StartDate"), self._clock.now()):
            # It says nothing any more, and the service takes no start that is gone by.
            del whole["StartDate"]
        try:
            with aws_errors("scheduler", region, "UpdateSchedule"):
                client.update_schedule(**whole | {"State": state, "ClientToken": token(claim, read, region, state)})
        except AwsRejectedError as error:
            if error.aws_code == "ConflictException":
                raise UnreachableError(f"EventBridge schedule {spec.schedule} is just being changed.") from error
            raise

    def _read(self, spec: EventBridgeSchedule, region: str) -> dict[str, Any]:
        with aws_errors("scheduler", region, "GetSchedule"):
            answer: dict[str, Any] = self._client(region).get_schedule(Name=spec.schedule, GroupName=spec.group)
        return answer


def token(claim: Claim, read: dict[str, Any], region: str, state: str) -> str:
    """The same for every attempt of a step at one version of the schedule: the late one of two then updates nothing.

    Of another version it is another, or the answer to an earlier update would be taken for this one's.
    """
    version = read.get("LastModificationDate")
    said = "\n".join((claim.token, region, str(read.get("Arn")), state, str(version)))
    return hashlib.sha256(said.encode()).hexdigest()


def _is_past(moment: object, now: datetime) -> bool:
    return isinstance(moment, datetime) and moment <= now


def _schedule(entry: Consumer) -> EventBridgeSchedule:
    if entry.eventbridge_schedule is None:
        raise RejectedError(f"{consumer_name(entry)} is no EventBridge schedule.")
    return entry.eventbridge_schedule
