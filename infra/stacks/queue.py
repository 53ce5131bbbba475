"""The queue that signals wait in until a worker reads them, where `detection.queue` says (docs/detection.md)."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from infra.config import Config
from infra.house import aside_name, our_queue, sns_names
from infra.place import Level, Part, Place
from infra.stacks.keys import house_key

_TRIES = 5
"""So often a worker may die over a message before it is put aside."""


class Queue(Part):
    """The bot's queue of alarms and events"""

    concern = "queue"
    level = Level.HOUSE_ONCE

    @classmethod
    def one_region(cls, config: Config) -> str:
        queue = our_queue(config)
        return queue.region if queue else config.topology.control_region

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return our_queue(place.config) is not None

    def build(self) -> None:
        """Only the topics that `dr.yaml` names may send."""
        spec = our_queue(self.place.config)
        assert spec is not None
        key = house_key(self.place)
        aside = sqs.Queue(
            self, "Aside", queue_name=aside_name(spec), encryption_master_key=key, enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )  # fmt: skip
        queue = sqs.Queue(
            self, "Queue", queue_name=spec.name, encryption_master_key=key, enforce_ssl=True,
            retention_period=cdk.Duration.days(1), visibility_timeout=cdk.Duration.seconds(60),
            dead_letter_queue=sqs.DeadLetterQueue(queue=aside, max_receive_count=_TRIES),
        )  # fmt: skip
        if spec.topics:
            named = iam.PolicyStatement(
                sid="NamedTopics", principals=[iam.ServicePrincipal(one) for one in sns_names(self.place.config)],
                actions=["sqs:SendMessage"], resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": [*spec.topics]}},
            )  # fmt: skip
            queue.add_to_resource_policy(named)
