"""Aurora's readers by hand: made, and taken away, under the names that the product gives them. Pure."""

from dr_core.aws.cli import Raw, answer, asked, at_least, aws, is_, text
from dr_core.capacity.reader_names import name_of
from dr_core.errors import RejectedError
from dr_core.topology.capacity import AuroraReaders, Capacity

Lines = tuple[str, ...]
_LAST_TIER = "15"


def running(entry: Capacity, region: str) -> str:
    return _instances(_cluster(entry, region), region, '[?DBInstanceStatus==`"available"`]')


def left(entry: Capacity, region: str) -> str:
    return _instances(_cluster(entry, region), region, "[]")


def grow(entry: Capacity, region: str, count: int) -> Lines:
    """The first instance of the cluster says of which class the others are."""
    cluster = _cluster(entry, region)
    there = _instances(cluster, region, "[]")
    names = (name_of(cluster, number) for number in range(1, count + 1))
    return tuple(f"{at_least(there, count)} || {_made(entry, name, region)}" for name in names)


def fence(entry: Capacity, region: str, *options: str) -> Lines:
    raise RejectedError("Readers write nothing: there is nothing to fence.")


def stand_by(entry: Capacity, region: str, count: int) -> Lines:
    """Only what was made under our names goes, and nothing that writes: `available` again when it is refused."""
    cluster = _cluster(entry, region)
    more = at_least(_instances(cluster, region, '[?DBInstanceStatus!=`"deleting"`]'), count + 1)
    names = (name_of(cluster, number) for number in reversed(range(1, _spec(entry).active + 2)))
    return tuple(f"! {_exists(cluster, name, region)} || ! {more} || {_gone(name, region)}" for name in names)


def at_rest(entry: Capacity, region: str, count: int) -> str:
    """What others made stays, however many that are."""
    cluster = _cluster(entry, region)
    unsettled = _instances(cluster, region, '[?DBInstanceStatus!=`"available"`]')
    return is_(unsettled, "0")


def _made(entry: Capacity, name: str, region: str) -> str:
    cluster = _cluster(entry, region)
    engine = Raw(answer(_described(cluster, region)))
    kind = _spec(entry).instance_class or Raw(answer(_query(cluster, region, "DBInstances[0].DBInstanceClass")))
    words: tuple[str | Raw, ...] = (
        "--db-instance-identifier", name, "--db-cluster-identifier", cluster, "--promotion-tier", _LAST_TIER,
        "--engine", engine, "--db-instance-class", kind, "--query", "DBInstance.DBInstanceStatus",
    )  # fmt: skip
    return f"{_exists(cluster, name, region)} || {aws('rds', 'create-db-instance', *words, region=region)}"


def _gone(name: str, region: str) -> str:
    words = ("--db-instance-identifier", name, "--query", "DBInstance.DBInstanceStatus")
    return aws("rds", "delete-db-instance", *words, region=region)


def _exists(cluster: str, name: str, region: str) -> str:
    return at_least(_instances(cluster, region, f"[?DBInstanceIdentifier=={text(name)}]"), 1)


def _instances(cluster: str, region: str, which: str) -> str:
    return _query(cluster, region, f"length(DBInstances{which})")


def _query(cluster: str, region: str, query: str) -> str:
    words = ("--filters", f"Name=db-cluster-id,Values={cluster}", *asked(query))
    return aws("rds", "describe-db-instances", *words, region=region)


def _described(cluster: str, region: str) -> str:
    words = ("--db-cluster-identifier", cluster, *asked("DBClusters[0].Engine"))
    return aws("rds", "describe-db-clusters", *words, region=region)


def _spec(entry: Capacity) -> AuroraReaders:
    if entry.aurora_readers is None:
        raise RejectedError("These are no readers of Aurora.")
    return entry.aurora_readers


def _cluster(entry: Capacity, region: str) -> str:
    return _spec(entry).clusters[region].lower()
