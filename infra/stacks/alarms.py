"""Alarms of one application in one region, and the one that says that the region is unwell, which the bot hears."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from dr_core.topology.deployment import Size
from dr_core.topology.stores import AuroraGlobal, S3Buckets
from infra.alarms import MINUTE, Limit, alarm, described, metric, missing_tasks, tells
from infra.buckets import rules_from
from infra.figures import database_lag, largest, of_nodes
from infra.place import Level, Part
from infra.playbooks import Page
from infra.stacks.compute import Compute
from infra.stacks.signals import Signals

_ERROR_PERCENT, _FEW_REQUESTS = 5, 20
_BUSY_PERCENT = 90
_PROMISED_S = 900
"""What S3's Replication Time Control promises; a shorter objective would alarm without anything being wrong."""


class Alarms(Part):
    """The application's alarms in the region"""

    concern = "alarms"
    level = Level.APPLICATION

    def build(self) -> None:
        """`names`: of all alarms that are made here."""
        self.names: list[str] = []
        self.add_stack_dependency(self.place.stack(Signals))
        self.topic = self.place.stack(Signals).topic
        self.prefix = f"{self.place.owner}-{self.place.region}"
        self._unwell([*self._services(), *self._balancer()])
        self._database()
        for storage in self.place.app.storage:
            if isinstance(storage.value, S3Buckets) and self.place.region in storage.value.buckets:
                self._bucket(storage.value)
        self._tables()
        self._caches()

    def _alarm(self, suffix: str, page: Page, what: str, limit: Limit) -> watch.Alarm:
        self.names.append(f"{self.prefix}-{suffix}")
        return alarm(self, self.names[-1], page, what, limit, self.topic)

    @property
    def _rpo_ms(self) -> float:
        return self.place.config.topology.objectives.rpo.total_seconds() * 1000

    # -- whether users are served --------------------------------------------------------------------------------------

    def _services(self) -> Iterator[watch.Alarm]:
        for entry in self.place.app.capacity:
            if entry.ecs:
                yield self._alarm(
                    f"{entry.ecs.cluster}-{entry.ecs.service}-tasks-missing", Page.TASKS_MISSING,
                    f"{entry.ecs.service} runs fewer tasks than are wanted.",
                    Limit(missing_tasks(entry.ecs.cluster, entry.ecs.service), 1, 5, 5),
                )  # fmt: skip

    def _balancer(self) -> Iterator[watch.Alarm]:
        compute = self.place.built.get(Compute.concern)
        if not isinstance(compute, Compute) or compute.balancer is None:
            return
        for number, group in enumerate(compute.target_groups, 1):
            suffix = "" if number == 1 else f"-{number}"
            yield self._alarm(
                f"targets-unwell{suffix}", Page.TARGETS_UNWELL,
                "The load balancer finds targets that do not answer.",
                Limit(group.metrics.unhealthy_host_count(statistic="Minimum", period=MINUTE), 1, 5, 5),
            )  # fmt: skip
        yield self._alarm(
            "errors", Page.ERRORS, f"{_ERROR_PERCENT} % of the requests fail or more.",
            Limit(_failing(compute, compute.balancer), _ERROR_PERCENT, 5, 4),
        )  # fmt: skip

    def _unwell(self, parts: list[watch.Alarm]) -> None:
        """Under the name by which `dr.yaml` hears it; whatever else is named there somebody else has made."""
        name, path = self._named()
        if name is None:
            self.left_to_people(path, "it is an alarm of another place, which nothing here makes")
        elif not parts:
            self.left_to_people(path, "nothing of the application that is built here says whether users are served")
        else:
            made = watch.CompositeAlarm(
                self, "Unwell", composite_alarm_name=name, alarm_rule=watch.AlarmRule.any_of(*parts),
                alarm_description=described(f"{self.place.owner} is unwell in {self.place.region}.",
                                            Page.REGION_UNWELL),
            )  # fmt: skip
            tells(made, self.topic)
            self.names.append(name)

    def _named(self) -> tuple[str | None, str]:
        """(name or None, where it stands in `dr.yaml`)."""
        here = f"arn:aws:cloudwatch:{self.place.region}:{self.account}:alarm:"
        base = f"applications.{self.place.owner}.health"
        named = [
            (health.alarm[self.place.region].removeprefix(here), f"{base}[{index}].alarm.{self.place.region}")
            for index, health in enumerate(self.place.app.health)
            if health.alarm and self.place.region in health.alarm
        ]
        for _, path in named[1:]:
            self.left_to_people(path, "one alarm is made that says that a region is unwell, the first that is named")
        given, path = named[0] if named else (f"{self.prefix}-unwell", base)
        return (None if given.startswith("arn:") else given), path

    # -- whether data is copied ----------------------------------------------------------------------------------------

    def _database(self) -> None:
        database = self.place.app.database.value if self.place.app.database else None
        if database is None:
            return
        own = database.parts[self.place.region]
        aurora = isinstance(database, AuroraGlobal)
        figures = database_lag(self.place.app, database, self.place.region)
        lag = largest(figures) if aurora else figures[0]
        limit = self._rpo_ms if aurora else self._rpo_ms / 1000
        self._alarm("database-lag", Page.DATABASE_LAG,
              "What would be lost of the database is more than the objective allows.",
              Limit(lag, limit, 5, 3))  # fmt: skip
        if aurora and not self.place.is_primary and self.place.config.deployment.size is Size.PILOT_LIGHT:
            return  # no instance, so no processor
        who = {"DBClusterIdentifier" if aurora else "DBInstanceIdentifier": own}
        self._alarm("database-busy", Page.DATABASE_BUSY,
              f"The database's processors have been {_BUSY_PERCENT} % busy for a quarter of an hour.",
              Limit(metric("AWS/RDS", "CPUUtilization", who), _BUSY_PERCENT, 15, 15))  # fmt: skip

    def _bucket(self, spec: S3Buckets) -> None:
        here = spec.buckets[self.place.region]
        limit = max(_PROMISED_S, self._rpo_ms / 1000)
        for rule in rules_from(spec, self.place.region):
            who = {"SourceBucket": here, "DestinationBucket": rule.bucket, "RuleId": rule.id}
            name = f"{here}-{rule.id}"
            self._alarm(f"{name}-lag", Page.BUCKET_LAG, f"Objects of {here} reach {rule.region} too late.",
                  Limit(metric("AWS/S3", "ReplicationLatency", who), limit, 5, 5))  # fmt: skip
            failed = metric("AWS/S3", "OperationsFailedReplication", who, "Sum")
            self._alarm(f"{name}-failed", Page.BUCKET_FAILED, f"S3 could not copy objects of {here} to {rule.region}.",
                  Limit(failed, 1, 5, 1))  # fmt: skip

    def _tables(self) -> None:
        for entry in self.place.app.tables:
            table = entry.dynamodb_global.table if entry.dynamodb_global else None
            for other in self.place.app.regions if table else ():
                if table and other != self.place.region:
                    who = {"TableName": table, "ReceivingRegion": other}
                    lag = metric("AWS/DynamoDB", "ReplicationLatency", who, "Average")
                    self._alarm(f"{table}-to-{other}-lag", Page.TABLE_LAG,
                          f"Items of {table} reach {other} later than the objective allows.",
                          Limit(lag, self._rpo_ms, 5, 3))  # fmt: skip

    def _caches(self) -> None:
        """A primary publishes none; each node may be the one that does."""
        for group in [entry.elasticache_global.group for entry in self.place.app.cache if entry.elasticache_global]:
            lag = largest(of_nodes(group, "GlobalDatastoreReplicationLag", self.place.region))
            self._alarm(f"{group}-lag", Page.CACHE_LAG, f"{group} is further behind than the objective allows.",
                  Limit(lag, self._rpo_ms / 1000, 5, 3))  # fmt: skip


def _failing(compute: Compute, balancer: elb.ApplicationLoadBalancer) -> watch.MathExpression:
    """Percent of the requests that failed, at a target or at the balancer itself; of few requests none, but where no
    target answers. A request that found no target counts as the balancer's own error, and not among the requests.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    figures: dict[str, watch.IMetric] = {
        "target": balancer.metrics.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, period=MINUTE),
        "own": balancer.metrics.http_code_elb(elb.HttpCodeElb.ELB_5XX_COUNT, period=MINUTE),
        "brought": balancer.metrics.request_count(period=MINUTE),
    }
    for number, group in enumerate(compute.target_groups):
        figures[f"answer{number}"] = group.metrics.healthy_host_count(statistic="Maximum", period=MINUTE)
    answering = " + ".join(f"FILL({one}, 0)" for one in figures if one.startswith("answer"))
    own = "FILL(own, 0)"
    if not compute.awaited:
        # Health checkers ask a standby that waits, too: that nothing answers them there is nobody's failure.
        figures |= {"wanted": compute.wanted_tasks} if compute.wanted_tasks else {}
        own = f"IF(FILL({'wanted' if compute.wanted_tasks else 'brought'}, 0) > 0, {own}, 0)"
    failed, asked = f"(FILL(target, 0) + {own})", f"(FILL(brought, 0) + {own})"
    return watch.MathExpression(
        # Nothing has failed where nobody asked: what is added keeps that from being divided by zero.
        expression=f"IF(({asked} >= {_FEW_REQUESTS}) OR ({answering} < 1), 100 * {failed} / (0.001 + {asked}), 0)",
        using_metrics=figures, label="Percent failed", period=MINUTE,
    )  # fmt: skip
