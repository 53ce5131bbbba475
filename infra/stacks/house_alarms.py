"""Alarms of the bot itself in one region: its processes, its store, and the use of its widest role."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from infra.alarms import Limit, alarm, metric, missing_tasks
from infra.house import House
from infra.place import Level, Part
from infra.playbooks import Page
from infra.stacks.signals import Signals

_BUSY_PERCENT = 90
_LEFT_BYTES = 2 * 1024**3


class HouseAlarms(Part):
    """The bot's own alarms"""

    concern = "house-alarms"
    level = Level.HOUSE

    def build(self) -> None:
        place, self.topic = self.place, self.place.stack(Signals).topic
        self.add_stack_dependency(place.stack(Signals))
        house = House(place.config)
        for process in ("bot", "worker"):
            service = house.service(process)
            alarm(self, f"{service}-{place.region}-gone", Page.BOT_GONE,
                  f"Fewer {process}s run in {place.region} than are wanted.",
                  Limit(missing_tasks(house.name, service), 1, 5, 5), self.topic)  # fmt: skip
        if place.region == place.config.topology.control_region:
            self._store(house)
        self._break_glass(house)

    def _store(self, house: House) -> None:
        who = {"DBInstanceIdentifier": house.store}
        alarm(self, f"{house.store}-busy", Page.STORE_BUSY,
              f"The processors of the bot's own store have been {_BUSY_PERCENT} % busy for a quarter of an hour.",
              Limit(metric("AWS/RDS", "CPUUtilization", who), _BUSY_PERCENT, 15, 15), self.topic)  # fmt: skip
        left = metric("AWS/RDS", "FreeStorageSpace", who, "Minimum", minutes=5)
        alarm(self, f"{house.store}-full", Page.STORE_FULL, "The bot's own store has less than 2 GiB left.",
              Limit(left, _LEFT_BYTES, 3, 3, below=True), self.topic)  # fmt: skip

    def _break_glass(self, house: House) -> None:
        """Nobody takes this role unseen: CloudTrail tells of it in the region whose STS was asked."""
        role = f"arn:aws:iam::{self.account}:role/{house.name}-break-glass"
        told = f"{house.name}-break-glass was taken in {self.region}. What to do: {Page.BREAK_GLASS_TAKEN.path}"
        events.Rule(
            self, "BreakGlass", description=told,
            event_pattern=events.EventPattern(
                source=["aws.sts"], detail_type=["AWS API Call via CloudTrail"],
                detail={"eventName": ["AssumeRole"], "requestParameters": {"roleArn": [role]}},
            ),
            targets=[targets.SnsTopic(self.topic, message=events.RuleTargetInput.from_text(told))],
        )  # fmt: skip
