"""What watches and tells: alarms, topics, queues, budgets, trails."""

from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kept, Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json


@dataclass(frozen=True)
class _Queue:
    """Everything but the name is an attribute; the id is its address."""

    fixed: frozenset[str] = frozenset({"QueueName", "FifoQueue"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("QueueName") or site.name(80))
        url = str(site.ask("sqs", "CreateQueue", QueueName=name, Attributes=self._attributes(properties))["QueueUrl"])
        arn = f"arn:aws:sqs:{site.region}:{site.account}:{name}"
        return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        site.ask("sqs", "SetQueueAttributes", QueueUrl=made.id, Attributes=self._attributes(after))
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("sqs", "DeleteQueue", QueueUrl=made.id))

    def _attributes(self, properties: Json) -> Json:
        given = {name: value for name, value in properties.items() if name not in ("QueueName", "Tags")}
        return dict(parameters("sqs", "SetQueueAttributes", {"Attributes": given})["Attributes"])


@dataclass(frozen=True)
class _QueuePolicy:
    fixed: frozenset[str] = frozenset({"Queues"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("sqs", "SetQueueAttributes", {"Attributes": {"Policy": properties["PolicyDocument"]}})
        for url in properties["Queues"]:
            site.ask("sqs", "SetQueueAttributes", QueueUrl=url, **asked)
        return Made(site.name(), {"Id": site.name()})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        for url in properties["Queues"]:
            asked = {"QueueUrl": url, "Attributes": {"Policy": ""}}
            with_absent_fine(lambda a=asked: site.ask("sqs", "SetQueueAttributes", **a))  # type: ignore[misc]


@dataclass(frozen=True)
class _Topic:
    fixed: frozenset[str] = frozenset({"TopicName", "FifoTopic"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("TopicName") or site.name(200))
        key = {"KmsMasterKeyId": str(properties["KmsMasterKeyId"])} if properties.get("KmsMasterKeyId") else {}
        arn = str(site.ask("sns", "CreateTopic", Name=name, Attributes=key)["TopicArn"])
        for one in properties.get("Subscription") or ():
            site.ask("sns", "Subscribe", TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        key = str(after.get("KmsMasterKeyId") or "")
        site.ask("sns", "SetTopicAttributes", TopicArn=made.id, AttributeName="KmsMasterKeyId", AttributeValue=key)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("sns", "DeleteTopic", TopicArn=made.id))


@dataclass(frozen=True)
class _Budget:
    fixed: frozenset[str] = frozenset()

    def create(self, site: Site, properties: Json) -> Made:
        budget = {"BudgetName": site.name(), **properties["Budget"]}
        told = [
            {"Notification": one["Notification"], "Subscribers": one["Subscribers"]}
            for one in properties.get("NotificationsWithSubscribers") or ()
        ]
        asked = parameters("budgets", "CreateBudget", {"Budget": budget, "NotificationsWithSubscribers": told})
        site.ask("budgets", "CreateBudget", **{**asked, "AccountId": site.account})
        return Made(str(budget["BudgetName"]))

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self.delete(site, made, before)
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gone = {"AccountId": site.account, "BudgetName": made.id}
        with_absent_fine(lambda: site.ask("budgets", "DeleteBudget", **gone))


KINDS: dict[str, Kind] = {
    "AWS::CloudWatch::Alarm": Plain(
        "cloudwatch", "PutMetricAlarm", "{AlarmName}", again=True, named="AlarmName", longest=200,
        drop="DeleteAlarms", by={"AlarmNames": "{id}"}, fixed=frozenset({"AlarmName"}),
        attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
    ),
    "AWS::CloudWatch::CompositeAlarm": Plain(
        "cloudwatch", "PutCompositeAlarm", "{AlarmName}", again=True, named="AlarmName", longest=200,
        drop="DeleteAlarms", by={"AlarmNames": "{id}"}, fixed=frozenset({"AlarmName"}),
        attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
    ),
    "AWS::CloudWatch::Dashboard": Kept("nobody looks at it", named="DashboardName"),
    "AWS::SNS::Topic": _Topic(),
    "AWS::SNS::TopicPolicy": Kept("every topic lets its account publish", attributes={"Id": "{id}"}),
    "AWS::SNS::Subscription": Plain(
        "sns", "Subscribe", "SubscriptionArn", drop="Unsubscribe", by={"SubscriptionArn": "{id}"},
        attributes={"Arn": "{id}"}, fixed=frozenset({"Endpoint", "Protocol", "TopicArn"}),
    ),
    "AWS::SQS::Queue": _Queue(),
    "AWS::SQS::QueuePolicy": _QueuePolicy(),
    "AWS::Budgets::Budget": _Budget(),
    "AWS::Logs::LogGroup": Plain(
        "logs", "CreateLogGroup", "{logGroupName}", drop="DeleteLogGroup", by={"logGroupName": "{id}"},
        named="logGroupName", longest=200, renamed={"LogGroupName": "logGroupName"},
        then={"RetentionInDays": "PutRetentionPolicy"}, fixed=frozenset({"LogGroupName"}),
        attributes={"Arn": "arn:aws:logs:{region}:{account}:log-group:{id}:*"},
    ),
    "AWS::Logs::MetricFilter": Kept("no log is read"),
    "AWS::CloudTrail::Trail": Plain(
        "cloudtrail", "CreateTrail", "{Name}", drop="DeleteTrail", by={"Name": "{id}"}, change="UpdateTrail",
        named="Name", renamed={"TrailName": "Name"}, attributes={"Arn": "TrailARN"}, fixed=frozenset({"TrailName"}),
        then={"IsLogging": "StartLogging"},
    ),
    "AWS::Organizations::Policy": Kept("no organization stands over the account", named="Name"),
    "AWS::Config::ConfigRule": Kept("nothing is recorded of configurations", named="ConfigRuleName"),
    "AWS::Config::ConfigurationRecorder": Kept("nothing is recorded of configurations", named="Name"),
    "AWS::Config::DeliveryChannel": Kept("nothing is recorded of configurations", named="Name"),
}  # fmt: skip
