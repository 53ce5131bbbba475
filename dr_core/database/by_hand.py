"""An Aurora global database by hand: the AWS CLI's words for looking at it and moving its writer. Pure.

https://docs.aws.amazon.com/cli/latest/reference/rds/switchover-global-cluster.html, failover-global-cluster.html and
describe-global-clusters.html.
"""

from dr_core.aws.cli import Raw, answer, asked, aws, is_, text
from dr_core.topology.stores import AuroraGlobal

_ALL = "GlobalClusters[0]"
_WRITERS = f"{_ALL}.GlobalClusterMembers[?IsWriter].DBClusterArn"
_SETTLED = f'join(`" "`, [not_null({_ALL}.FailoverState.Status, `"settled"`), join(`","`, {_WRITERS})])'
MEMBERS = f"{_ALL}.[[Status, FailoverState.Status], GlobalClusterMembers[].[DBClusterArn, IsWriter]][]"


def named(spec: AuroraGlobal, target: str) -> str:
    """Keeps the ARN of the target's member in `$member`: RDS takes nothing else as a target."""
    words = ("--db-cluster-identifier", spec.clusters[target], *asked("DBClusters[0].DBClusterArn"))
    return f'member={answer(aws("rds", "describe-db-clusters", *words, region=target))}; echo "$member"'


def move(spec: AuroraGlobal, operation: str, region: str, *more: str) -> str:
    """Ask RDS in `region` to make `$member` the writer."""
    words = ("--global-cluster-identifier", spec.global_cluster, "--target-db-cluster-identifier", Raw('"$member"'))
    return aws("rds", operation, *words, *more, "--query", "GlobalCluster.FailoverState", region=region)


def look(spec: AuroraGlobal, region: str, query: str = MEMBERS) -> str:
    words = ("--global-cluster-identifier", spec.global_cluster, *asked(query))
    return aws("rds", "describe-global-clusters", *words, region=region)


def moved(spec: AuroraGlobal, region: str) -> str:
    """The condition that `$member` is the only writer and no change of writer is under way, as `region` tells it."""
    return is_(look(spec, region, _SETTLED), Raw('"settled $member"'))


def is_rebuilt(spec: AuroraGlobal, region: str, member: str) -> str:
    """The condition that the member in `member` is a secondary with the writer's data, as `region` tells it."""
    there = f"{_ALL}.GlobalClusterMembers[?contains(DBClusterArn, {text(f':{member}:')})] | [0]"
    told = f"join({text(' ')}, [to_string(IsWriter), not_null(SynchronizationStatus, {text('-')})])"
    return is_(look(spec, region, f"{there}.{told}"), "false connected")


def alone(spec: AuroraGlobal, region: str) -> str:
    """The condition that the region's cluster has a writer of its own."""
    words = ("--db-cluster-identifier", spec.clusters[region])
    query = "length(DBClusters[0].DBClusterMembers[?IsClusterWriter])"
    return is_(aws("rds", "describe-db-clusters", *words, *asked(query), region=region), "1")


def detach(spec: AuroraGlobal, region: str) -> str:
    """The last resort: the member leaves the global cluster and takes writes by itself."""
    words = ("--global-cluster-identifier", spec.global_cluster, "--db-cluster-identifier", Raw('"$member"'))
    return aws("rds", "remove-from-global-cluster", *words, region=region)
