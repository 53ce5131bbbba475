"""How many copies an entry wants in a region, by what the region is to do. Pure."""

from dr_core.topology.capacity import Capacity, Sized


def at_work(entry: Capacity) -> int:
    """Where users are served. Aurora's count is of instances: its readers, and the writer that one of them becomes."""
    return _size(entry).active + (1 if entry.aurora_readers else 0)


def waiting(entry: Capacity) -> int:
    """In a standby. A secondary cluster of Aurora has readers only."""
    return _size(entry).standby


def there(entry: Capacity, region: str) -> bool:
    """Whether the entry has something in this region."""
    return entry.aurora_readers is None or region in entry.aurora_readers.clusters


def writes(entry: Capacity) -> bool:
    """Whether it may write to the database, and is fenced. Readers of a database do not, and users read on there."""
    return entry.aurora_readers is None


def enough(entry: Capacity, *, forced: bool) -> int:
    """What must run before the source is fenced. A lost region is not waited for until readers were built: an
    instance that can be promoted is enough, and the others come meanwhile."""
    return 1 if forced and entry.aurora_readers is not None else at_work(entry)


def _size(entry: Capacity) -> Sized:
    size: Sized = entry.value
    return size
