"""CloudWatch alarms that say that a region is unwell: moto's, which change with the region and tell their topics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html

An alarm over a metric of one minute needs one bad minute, and one good one; what it measures is not played.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.sns.models import sns_backends

from bot.sandbox.world.api import Call, Operations, Parameters, Reply
from bot.sandbox.world.ground import Ground

PERIOD_S = 60.0
OK, ALARM = "OK", "ALARM"


@dataclass(frozen=True)
class Watching:
    """The alarm `name`, which lives in `home`, says how `region` is."""

    region: str
    home: str
    name: str


class Alarms:
    PAGES: ClassVar[dict[str, str]] = {
        "cloudwatch": "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._watching: set[Watching] = set()
        ground.faults.subscribe(self._regions_changed)

    def operations(self) -> Operations:
        return {
            ("cloudwatch", "SetAlarmState"): self.set_state,
            ("cloudwatch", "PutCompositeAlarm"): self.put_composite,
        }

    def watch(self, one: Watching, topics: Sequence[str]) -> None:
        """There is such an alarm, and from now on it changes with the region and tells these topics."""
        cloudwatch_backends[self._account][one.home].put_metric_alarm(
            name=one.name,
            namespace="AWS/ApplicationELB",
            metric_name="UnHealthyHostCount",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=int(PERIOD_S),
            threshold=0.0,
            statistic="Maximum",
            description=f"{one.region} is unwell",
            dimensions=[],
            alarm_actions=list(topics),
            ok_actions=list(topics),
        )
        self.follow(one)

    def follow(self, one: Watching) -> None:
        """Such an alarm changes with the region from now on, or from when somebody makes it."""
        self._watching.add(one)

    def set_state(self, call: Call) -> Reply:
        """At once, and its topics are told where the state is another one; the next evaluation sets it right."""
        alarm = self._alarm(call.region, call.text("AlarmName"))
        before = alarm.state_value if alarm is not None else None
        reply = call.forward()
        if alarm is not None and reply.ok and alarm.state_value != before:
            self._tell(call.region, alarm, str(before))
        return reply

    def put_composite(self, call: Call) -> Parameters:
        """Kept with its rule, which is not evaluated: it changes with its region where the topology says of which."""
        asked = call.parameters
        cloudwatch_backends[self._account][call.region].put_metric_alarm(
            name=call.text("AlarmName"),
            namespace="",
            metric_name="",
            comparison_operator="",
            evaluation_periods=0,
            period=0,
            threshold=0.0,
            statistic="",
            description=str(asked.get("AlarmDescription") or ""),
            dimensions=[],
            alarm_actions=list(asked.get("AlarmActions") or ()),
            ok_actions=list(asked.get("OKActions") or ()),
            rule=call.text("AlarmRule"),
        )
        return {}

    def _regions_changed(self) -> None:
        for one in self._watching:
            state = OK if self._faults.up(one.region) else ALARM
            self._timeline.after(PERIOD_S, partial(self._evaluate, one, state))

    def _evaluate(self, one: Watching, state: str) -> None:
        """As it is by then; an alarm of a dead region evaluates nothing."""
        lasts = state == (OK if self._faults.up(one.region) else ALARM)
        alarm = self._alarm(one.home, one.name)
        if alarm is None or not lasts or alarm.state_value == state or not self._faults.up(one.home):
            return
        before = alarm.state_value
        alarm.update_state("Threshold Crossed: 1 datapoint of the last minute", "{}", state)
        self._tell(one.home, alarm, before)

    def _tell(self, region: str, alarm: Alarm, before: str) -> None:
        actions: Mapping[str, list[str]] = {OK: alarm.ok_actions, ALARM: alarm.alarm_actions}
        message = self._message(region, alarm, before)
        for topic in actions.get(alarm.state_value, alarm.insufficient_data_actions):
            backend = sns_backends[self._account][region]
            if topic in backend.topics:
                backend.publish(json.dumps(message), topic, subject=f'{alarm.state_value}: "{alarm.name[:60]}"')

    def _message(self, region: str, alarm: Alarm, before: str) -> dict[str, Any]:
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self._account,
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": f"{self._timeline.now:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000",
            "Region": region,
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": before,
            "AlarmActions": alarm.alarm_actions,
        }

    def _alarm(self, region: str, name: str) -> Alarm | None:
        found: Alarm | None = cloudwatch_backends[self._account][region].alarms.get(name)
        return found
