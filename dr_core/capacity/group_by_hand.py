"""An Auto Scaling group's size by hand. Pure.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html: a least above the desired
capacity raises that too.
"""

from dr_core.aws.cli import Raw, answer, asked, at_least, aws, is_, text
from dr_core.capacity.groups import GONE, HELD, IN_SERVICE, WARMED
from dr_core.errors import RejectedError
from dr_core.topology.capacity import Capacity

Lines = tuple[str, ...]
Name = str | Raw


def running(entry: Capacity, region: str) -> str:
    return serving(_name(entry), region)


def left(entry: Capacity, region: str) -> str:
    return listed(_name(entry), region)


def grow(entry: Capacity, region: str, count: int) -> Lines:
    name = _name(entry)
    return (resume(name, region), _room(name, region, count), _update(name, region, "--min-size", str(count)))


def fence(entry: Capacity, region: str, *options: str) -> Lines:
    name = _name(entry)
    none = ("--min-size", "0", "--desired-capacity", "0")
    return (suspend(name, region, *options), _update(name, region, *none, *options))


def stand_by(entry: Capacity, region: str, count: int) -> Lines:
    name = _name(entry)
    size = ("--min-size", str(count), "--desired-capacity", str(count))
    return (resume(name, region), _room(name, region, count), _update(name, region, *size))


def at_rest(entry: Capacity, region: str, count: int) -> str:
    return is_(running(entry, region), str(count))


def serving(name: Name, region: str) -> str:
    """Prints how many instances of a group are in service."""
    return _counted(name, region, f"LifecycleState=={text(IN_SERVICE)}")


def listed(name: Name, region: str) -> str:
    """Prints how many instances of a group are there, serving or not; those of a warm pool stay."""
    return _counted(name, region, f"LifecycleState!={text(GONE)} && !starts_with(LifecycleState, {text(WARMED)})")


def suspend(name: Name, region: str, *options: str) -> str:
    words = ("--auto-scaling-group-name", name, "--scaling-processes", *HELD)
    return aws("autoscaling", "suspend-processes", *words, *options, region=region)


def resume(name: Name, region: str) -> str:
    words = ("--auto-scaling-group-name", name, "--scaling-processes", *HELD)
    return aws("autoscaling", "resume-processes", *words, region=region)


def behind(printed: str) -> Raw:
    """The group whose name a command prints."""
    return Raw(answer(printed))


def _counted(name: Name, region: str, which: str) -> str:
    return _described(name, region, f"length(AutoScalingGroups[0].Instances[?{which}])")


def _room(name: str, region: str, count: int) -> str:
    most = _described(name, region, "AutoScalingGroups[0].MaxSize")
    return f"{at_least(most, count)} || {_update(name, region, '--max-size', str(count))}"


def _update(name: str, region: str, *more: str) -> str:
    return aws("autoscaling", "update-auto-scaling-group", "--auto-scaling-group-name", name, *more, region=region)


def _described(name: Name, region: str, query: str) -> str:
    words = ("--auto-scaling-group-names", name, *asked(query))
    return aws("autoscaling", "describe-auto-scaling-groups", *words, region=region)


def _name(entry: Capacity) -> str:
    if entry.autoscaling is None:
        raise RejectedError("This is no Auto Scaling group.")
    return entry.autoscaling.group
