"""RDS read replicas by hand: the AWS CLI's words for looking at an instance, promoting it, and stopping one. Pure.

https://docs.aws.amazon.com/cli/latest/reference/rds/describe-db-instances.html, promote-read-replica.html and
stop-db-instance.html.
"""

from dr_core.aws.cli import Raw, answer, asked, aws, is_
from dr_core.topology.stores import RdsReplica

_ONE = "DBInstances[0]"
STANDING = f"{_ONE}.[DBInstanceStatus, ReadReplicaSourceDBInstanceIdentifier, StatusInfos[].[Status, Message]][]"
_BACKED_UP = "DBInstances[?BackupRetentionPeriod > `0`].[BackupRetentionPeriod, PreferredBackupWindow][]"
_AS_BEFORE = Raw("${days:+--backup-retention-period $days --preferred-backup-window $window}")
_ALONE = f"not_null({_ONE}.ReadReplicaSourceDBInstanceIdentifier, {_ONE}.DBInstanceStatus)"


def look(spec: RdsReplica, region: str, query: str = STANDING, *more: str) -> str:
    words = ("--db-instance-identifier", spec.instances[region], *asked(query), *more)
    return aws("rds", "describe-db-instances", *words, region=region)


def lag(spec: RdsReplica, region: str) -> str:
    """The last minutes of ReplicaLag, in seconds, each with its time."""
    words = (
        "--namespace", "AWS/RDS", "--metric-name", "ReplicaLag", "--statistics", "Maximum", "--period", "60",
        "--dimensions", f"Name=DBInstanceIdentifier,Value={spec.instances[region]}",
    )  # fmt: skip
    since = '"$(date -u -d "-10 minutes" +%Y-%m-%dT%H:%M:%SZ)"'
    until = '"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'
    command = aws("cloudwatch", "get-metric-statistics", *words, region=region)
    query = " ".join(("--query", "'sort_by(Datapoints, &Timestamp)[].[Timestamp, Maximum]'", "--output", "text"))
    return f"{command} --start-time {since} --end-time {until} {query}"


def backups(spec: RdsReplica, region: str) -> str:
    """Keeps for how many days it is backed up and when, in `$days` and `$window`; nothing where it is not."""
    return f'read -r days window <<< {answer(look(spec, region, _BACKED_UP))}; echo "$days $window"'


def promote(spec: RdsReplica, region: str) -> str:
    """Backed up as before, where `backups` stands before it: RDS would keep one day."""
    named, told = ("--db-instance-identifier", spec.instances[region]), ("--query", "DBInstance.DBInstanceStatus")
    return aws("rds", "promote-read-replica", *named, _AS_BEFORE, *told, region=region)


def promoted(spec: RdsReplica, region: str) -> str:
    """The condition that the instance copies from nobody and is available."""
    return is_(look(spec, region, _ALONE), "available")


def stop(spec: RdsReplica, region: str, *more: str) -> str:
    words = ("--db-instance-identifier", spec.instances[region], "--query", "DBInstance.DBInstanceStatus")
    return aws("rds", "stop-db-instance", *words, *more, region=region)


def stopped(spec: RdsReplica, region: str) -> str:
    return is_(look(spec, region, f"{_ONE}.DBInstanceStatus"), "stopped")
