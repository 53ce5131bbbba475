"""Alarms: each says what is wrong in one line and which page tells what to do, and tells the region's topic."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

from infra.place import Part
from infra.playbooks import Page

MINUTE = cdk.Duration.minutes(1)


@dataclass(frozen=True)
class Limit:
    """`metric` at `threshold` or beyond, in `bad` of `of` periods. `silent`: what no figure at all means."""

    metric: watch.IMetric
    threshold: float
    of: int
    bad: int
    silent: watch.TreatMissingData = watch.TreatMissingData.NOT_BREACHING
    below: bool = False


def alarm(part: Part, name: str, page: Page, what: str, limit: Limit, topic: sns.ITopic) -> watch.Alarm:
    """The end of an alarm is told, too: the bot believes that a region is well again no sooner."""
    compared = watch.ComparisonOperator
    made = watch.Alarm(
        part, f"Alarm-{name}", alarm_name=name, alarm_description=described(what, page), metric=limit.metric,
        threshold=limit.threshold, evaluation_periods=limit.of, datapoints_to_alarm=limit.bad,
        comparison_operator=compared.LESS_THAN_THRESHOLD if limit.below
        else compared.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=limit.silent,
    )  # fmt: skip
    tells(made, topic)
    return made


def tells(made: watch.AlarmBase, topic: sns.ITopic) -> None:
    made.add_alarm_action(actions.SnsAction(topic))
    made.add_ok_action(actions.SnsAction(topic))


def described(what: str, page: Page) -> str:
    return f"{what} What to do: {page.path}"


def metric(
    namespace: str, name: str, dimensions: dict[str, str], statistic: str = "Maximum", *, minutes: int = 1,
    region: str | None = None,
) -> watch.Metric:  # fmt: skip
    """One figure of CloudWatch."""
    return watch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic=statistic, region=region,
        period=cdk.Duration.minutes(minutes),
    )  # fmt: skip


def tasks(cluster: str, service: str, name: str, region: str | None = None) -> watch.Metric:
    """Container Insights' count of a service's tasks: `RunningTaskCount`, `DesiredTaskCount`."""
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    return metric("ECS/ContainerInsights", name, dimensions, "Average", region=region)


def missing_tasks(cluster: str, service: str) -> watch.MathExpression:
    """How many are fewer than are wanted. None of both is zero: nothing is wanted of a standby that waits."""
    wanted, running = tasks(cluster, service, "DesiredTaskCount"), tasks(cluster, service, "RunningTaskCount")
    return watch.MathExpression(
        expression="FILL(wanted, 0) - FILL(running, 0)", using_metrics={"wanted": wanted, "running": running},
        label="Tasks missing", period=MINUTE,
    )  # fmt: skip
