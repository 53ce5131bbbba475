"""How alarms and AWS Health reach people and the bot: a topic in each region, which tells an address and the queue."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from dr_core.topology.detection import SignalQueue
from dr_core.topology.opt_in import delivers
from infra.alarms import Limit, alarm, metric
from infra.house import House, aside_name, our_queue
from infra.place import Level, Part
from infra.playbooks import Page
from infra.stacks.keys import house_key
from infra.stacks.queue import Queue

_SPEAKERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com")
_OLD_S = 300


class Signals(Part):
    """Alarms and events on their way to people and bot"""

    concern = "signals"
    level = Level.HOUSE

    def build(self) -> None:
        """`topic`: where everything of the region is told."""
        place = self.place
        self.house = House(place.config)
        made = topic(self, self.house.topic(place.region), house_key(place))
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html: no condition is supported
        # for EventBridge at a topic, and what is refused is lost in silence.
        bridge = [iam.ServicePrincipal("events.amazonaws.com")]
        made.add_to_resource_policy(
            iam.PolicyStatement(sid="Events", principals=bridge, actions=["sns:Publish"], resources=[made.topic_arn])
        )
        # By its name: whoever tells it something from here adds nothing to its policy, which says enough.
        self.topic = sns.Topic.from_topic_arn(self, "Named", self.house.topic_arn(place.region))
        events.Rule(
            self, "Issues", description="Issues of AWS Health in this region",
            event_pattern=events.EventPattern(
                source=["aws.health"], detail_type=["AWS Health Event"], detail={"eventTypeCategory": ["issue"]}
            ),
            targets=[targets.SnsTopic(self.topic)],
        )  # fmt: skip
        if (named := place.config.topology.detection.queue) is None:
            return
        if self.house.topic_arn(place.region) not in named.topics:
            why = f"{self.house.topic_arn(place.region)} is not among them: the bot would not believe what it tells"
            self.left_to_people("detection.queue.topics", why)
        if (ours := our_queue(place.config)) is None:
            self.left_to_people(
                "detection.queue", "it is of another account, or in a region that nothing is deployed to"
            )
        else:
            self._tells(ours)

    def _tells(self, queue: SignalQueue) -> None:
        """SNS sends into other regions by itself: https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html"""
        self.add_stack_dependency(self.place.elsewhere(Queue, queue.region))
        if not delivers(self.place.region, queue.region):
            why = f"SNS delivers nothing from {self.place.region} to {queue.region}: the bot hears no alarm from here"
            self.left_to_people("detection.queue.region", why)
        elif self.house.topic_arn(self.place.region) in queue.topics:
            arn = f"arn:aws:sqs:{queue.region}:{self.account}:{queue.name}"
            sns.CfnSubscription(self, "ToQueue", topic_arn=self.topic.topic_arn, protocol="sqs", endpoint=arn)
        if self.place.region != queue.region:
            return
        aside = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": aside_name(queue)})
        oldest = metric("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue.name})
        name = self.place.owner
        alarm(self, f"{name}-signals-lost", Page.SIGNALS_LOST, "A signal was put aside: no worker could take it.",
              Limit(aside, 1, 1, 1), self.topic)  # fmt: skip
        alarm(self, f"{name}-signals-waiting", Page.SIGNALS_WAITING, "Signals wait: no worker reads the queue.",
              Limit(oldest, _OLD_S, 3, 3), self.topic)  # fmt: skip


def topic(part: Part, name: str, key: kms.IKey | None) -> sns.Topic:
    """A topic that services of this account may send to, never in the clear; it writes to `deployment.alerts`."""
    made = sns.Topic(part, "Topic", topic_name=name, master_key=key, enforce_ssl=True)
    made.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ServicesOfTheAccount", principals=[iam.ServicePrincipal(one) for one in _SPEAKERS],
            actions=["sns:Publish"], resources=[made.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": part.account}},
        )
    )  # fmt: skip
    made.add_subscription(subscriptions.EmailSubscription(part.place.config.deployment.alerts))
    return made
