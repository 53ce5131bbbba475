"""CloudWatch's figures that an alarm and a graph have in common: how far copies are behind."""

from collections.abc import Iterable

from aws_cdk import aws_cloudwatch as watch

from dr_core.topology.model import Application
from dr_core.topology.stores import AuroraEngine, AuroraGlobal, RdsReplica
from infra.alarms import MINUTE, metric
from infra.stacks.cache import NODES


def database_lag(app: Application, database: AuroraGlobal | RdsReplica, region: str) -> list[watch.Metric]:
    """Of Aurora in milliseconds, of a replica in seconds; a primary and a source have none.

    Aurora's stands by cluster, or by cluster and source: which of them is published depends on the engine's version.
    """
    own = database.parts[region]
    if isinstance(database, RdsReplica):
        return [metric("AWS/RDS", "ReplicaLag", {"DBInstanceIdentifier": own}, region=region)]
    name = "ReplicationLag" if database.engine is AuroraEngine.MYSQL else "RPOLag"
    cluster = {"DBClusterIdentifier": own}
    sources = [{**cluster, "SourceRegion": one} for one in app.regions if one != region]
    return [metric("AWS/RDS", f"AuroraGlobalDB{name}", one, region=region) for one in (cluster, *sources)]


def of_nodes(group: str, name: str, region: str) -> list[watch.Metric]:
    """A figure of each node of the cache in the region; of how far it is behind a primary publishes none."""
    nodes = [f"{group}-{number:03}" for number in range(1, NODES + 1)]
    return [metric("AWS/ElastiCache", name, {"CacheClusterId": node}, region=region) for node in nodes]


def largest(figures: Iterable[watch.Metric]) -> watch.MathExpression:
    """Where none is, it is the primary, or the bot's own verdict says that it is not known: zero."""
    found: dict[str, watch.IMetric] = {f"m{n}": one for n, one in enumerate(figures)}
    newest = ", ".join(f"FILL({one}, 0)" for one in found)
    return watch.MathExpression(expression=f"MAX([{newest}])", using_metrics=found, label="Lag", period=MINUTE)
