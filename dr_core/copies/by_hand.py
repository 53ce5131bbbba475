"""Caches, secrets and buckets by hand: the AWS CLI's words for looking at them and for moving them. Pure.

https://docs.aws.amazon.com/cli/latest/reference/elasticache/failover-global-replication-group.html
https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/stop-replication-to-replica.html
https://docs.aws.amazon.com/cli/latest/reference/s3control/create-job.html
"""

import json

from dr_core.aws.cli import Raw, answer, asked, aws, is_, text
from dr_core.copies.backfill import OPERATION, PRIORITY, REPORT, account_of, described, listed_by
from dr_core.replication.port import BucketPair
from dr_core.topology.stores import ElastiCacheGlobal

_BY_HAND = "by hand"
_ONE_PAGE = "--no-paginate"
"""As text the CLI answers a query once a page; what is looked for is on the first one."""

# -- caches ---------------------------------------------------------------------------------------------------------


def named(spec: ElastiCacheGlobal, region: str) -> tuple[str, ...]:
    """Keep the datastore's full name in `$datastore`, and that of the region's member in `$member`."""
    own = f"Members[?ReplicationGroupRegion=={text(region)}].ReplicationGroupId | [0]"
    return (
        f"datastore={answer(_cache(spec, region, 'GlobalReplicationGroupId'))}",
        f'member={answer(_cache(spec, region, own))}; echo "$datastore $member"',
    )


def fail_over(region: str) -> str:
    datastore = ("--global-replication-group-id", Raw('"$datastore"'), "--primary-region", region)
    member: tuple[str | Raw, ...] = (
        "--primary-replication-group-id",
        Raw('"$member"'),
        *asked("GlobalReplicationGroup.Status"),
    )
    return aws("elasticache", "failover-global-replication-group", *datastore, *member, region=region)


def is_primary(spec: ElastiCacheGlobal, region: str) -> str:
    """The condition that the region's member is the primary, and that nothing changes any more."""
    lead = f"Members[?Role=={text('PRIMARY')}].ReplicationGroupRegion | [0]"
    return is_(_cache(spec, region, f"join({text(' ')}, [Status, {lead}])"), f"available {region}")


def members(spec: ElastiCacheGlobal, region: str) -> str:
    return _cache(spec, region, "Members[].[ReplicationGroupRegion, ReplicationGroupId, Role, Status]")


def _cache(spec: ElastiCacheGlobal, region: str, query: str) -> str:
    """By the full name, or by the suffix alone: AWS puts a prefix of its own before it."""
    name = "GlobalReplicationGroupId"
    mine = f"{name}=={text(spec.group)} || ends_with({name}, {text('-' + spec.group)})"
    words = ("--show-member-info", _ONE_PAGE, *asked(f"GlobalReplicationGroups[?{mine}] | [0].{_braced(query)}"))
    return aws("elasticache", "describe-global-replication-groups", *words, region=region)


def _braced(query: str) -> str:
    """A pipe binds weaker than a dot, and a function is no field."""
    return query if query.isalpha() else f"[{query}] | [0]" if "(" in query or "|" in query else query


# -- secrets --------------------------------------------------------------------------------------------------------


def stop_replication(name: str, region: str) -> str:
    words = ("--secret-id", name, *asked("ARN"))
    return aws("secretsmanager", "stop-replication-to-replica", *words, region=region)


def is_its_own(name: str, region: str) -> str:
    """The condition that the secret is no replica of another region's any more."""
    words = ("--secret-id", name, *asked(f"PrimaryRegion || {text(region)}"))
    return is_(aws("secretsmanager", "describe-secret", *words, region=region), region)


# -- buckets --------------------------------------------------------------------------------------------------------


def rules(pair: BucketPair) -> str:
    """Prints each rule of the source: id, status, where it leads, whether changes of replicas go along."""
    sync = "SourceSelectionCriteria.ReplicaModifications.Status"
    query = f"ReplicationConfiguration.Rules[].[ID, Status, Destination.Bucket, {sync}]"
    return aws("s3api", "get-bucket-replication", "--bucket", pair.source, *asked(query), region=pair.source_region)


def owed(pair: BucketPair) -> str:
    """Prints for each enabled rule what it owed in the last ten minutes."""
    enabled = f"ReplicationConfiguration.Rules[?Status=={text('Enabled')}].ID"
    words = ("--bucket", pair.source, *asked(enabled))
    listed = aws("s3api", "get-bucket-replication", *words, region=pair.source_region)
    metric = ("--namespace", "AWS/S3", "--metric-name", "OperationsPendingReplication", "--statistics", "Maximum")
    since = ("--period", "60", "--start-time", Raw('"$(date -u -d -10min +%FT%TZ)"'))
    until: tuple[str | Raw, ...] = (
        "--end-time",
        Raw('"$(date -u +%FT%TZ)"'),
        *asked("Datapoints[].[Timestamp, Maximum]"),
    )
    buckets = (f"Name=SourceBucket,Value={pair.source}", f"Name=DestinationBucket,Value={pair.target}")
    of = ("--dimensions", *buckets, Raw('"Name=RuleId,Value=$rule"'))
    shown = aws("cloudwatch", "get-metric-statistics", *metric, *since, *until, *of, region=pair.target_region)
    return f'for rule in $({listed}); do echo "$rule"; {shown}; done'


def backfill(pair: BucketPair, role_arn: str, *more: str, confirmed: bool = True) -> str:
    """`confirmed`: a person has to confirm the job before it copies."""
    confirmation = "--confirmation-required" if confirmed else "--no-confirmation-required"
    made = (
        *("--account-id", account_of(role_arn), confirmation, "--priority", str(PRIORITY)),
        *("--operation", json.dumps(OPERATION), "--report", json.dumps(REPORT), "--role-arn", role_arn),
        *("--manifest-generator", json.dumps(listed_by(pair)), "--description", described(pair, _BY_HAND)),
    )
    words: tuple[str | Raw, ...] = (
        *made,
        "--client-request-token",
        Raw('"by-hand-$(date +%s)-$RANDOM"'),
        *asked("JobId"),
        *more,
    )
    return aws("s3control", "create-job", *words, region=pair.source_region)


def backfills(pair: BucketPair, role_arn: str) -> str:
    query = f"Jobs[?Description=={text(described(pair, _BY_HAND))}].[JobId, Status]"
    words = ("--account-id", account_of(role_arn), _ONE_PAGE, *asked(query))
    return aws("s3control", "list-jobs", *words, region=pair.source_region)
