"""The IAM actions by which lost writes are found and kept, and on which resources. Pure."""

from dr_core.reconciliation.search import PREFIX
from dr_core.topology.model import Application

_MOMENT = "2000-01-01-00-00-00"


def needed(app: Application, region: str, account: str) -> tuple[tuple[str, str], ...]:
    """(action, resource) in the region of the old primary; names stand for any of their kind.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
    """
    aurora = app.database.aurora_global if app.database else None
    cluster = aurora.clusters.get(region) if aurora is not None else None
    if cluster is None:
        return ()
    arn = f"arn:aws:rds:{region}:{account}"
    snapshots = (f"{PREFIX}{cluster.lower()}-{_MOMENT}", f"dr-lost-writes-{cluster.lower()}-0000000000")
    copied = tuple(("rds:CopyDBClusterSnapshot", f"{arn}:cluster-snapshot:{name}") for name in snapshots)
    return (("rds:DescribeDBClusterSnapshots", f"{arn}:cluster:{cluster}"), *copied)
