"""An ECS service's size by hand, and what Application Auto Scaling makes of it. Pure."""

import json

from dr_core.aws.cli import asked, at_least, aws, is_
from dr_core.capacity.scalable_targets import ACTIVITIES, DIMENSION, NAMESPACE, resource_of
from dr_core.errors import RejectedError
from dr_core.topology.capacity import Capacity, EcsService

Lines = tuple[str, ...]


def running(entry: Capacity, region: str) -> str:
    return _count(_spec(entry), region, "runningCount")


def left(entry: Capacity, region: str) -> str:
    """A task that is being stopped is not counted: ECS's running count has none."""
    return running(entry, region)


def grow(entry: Capacity, region: str, count: int) -> Lines:
    spec = _spec(entry)
    enough = at_least(_count(spec, region, "desiredCount"), count)
    return (*_released(spec, region, count), f"{enough} || {_resize(spec, region, count)}")


def fence(entry: Capacity, region: str, *options: str) -> Lines:
    """Where nothing scales the service, there is nothing to suspend: registering it would begin to."""
    spec = _spec(entry)
    held = _register(spec, region, "--suspended-state", _state(suspended=True), *options)
    return (_if_registered(spec, region, held, *options), _resize(spec, region, 0, *options))


def stand_by(entry: Capacity, region: str, count: int) -> Lines:
    spec = _spec(entry)
    return (*_released(spec, region, count), _resize(spec, region, count))


def at_rest(entry: Capacity, region: str, count: int) -> str:
    return is_(running(entry, region), str(count))


def held(entry: Capacity, region: str) -> str:
    """The condition that nothing scales it: it is no scalable target, or one of which all is suspended."""
    whole = " && ".join(f"SuspendedState.{activity}" for activity in ACTIVITIES)
    return is_(_targets(_spec(entry), region, f"length(ScalableTargets[?!({whole})])"), "0")


def _released(spec: EcsService, region: str, least: int) -> Lines:
    """The most is raised first: a least above it is refused."""
    most = _targets(spec, region, "ScalableTargets[0].MaxCapacity")
    raised = f"{at_least(most, least)} || {_register(spec, region, '--max-capacity', str(least))}"
    freed = _register(spec, region, "--min-capacity", str(least), "--suspended-state", _state(suspended=False))
    return tuple(_if_registered(spec, region, line) for line in (raised, freed))


def _if_registered(spec: EcsService, region: str, line: str, *options: str) -> str:
    """The line is run where the service is a scalable target; a call that fails ends it like any other."""
    number = _targets(spec, region, "length(ScalableTargets)", *options)
    return f'found="$({number})" && {{ [ "$found" = 0 ] || {line}; }}'


def _targets(spec: EcsService, region: str, query: str, *options: str) -> str:
    words = ("--service-namespace", NAMESPACE, "--resource-ids", resource_of(spec), "--scalable-dimension", DIMENSION)
    return aws("application-autoscaling", "describe-scalable-targets", *words, *options, *asked(query), region=region)


def _register(spec: EcsService, region: str, *more: str) -> str:
    words = ("--service-namespace", NAMESPACE, "--resource-id", resource_of(spec), "--scalable-dimension", DIMENSION)
    return aws("application-autoscaling", "register-scalable-target", *words, *more, region=region)


def _state(*, suspended: bool) -> str:
    return json.dumps(dict.fromkeys(ACTIVITIES, suspended))


def _count(spec: EcsService, region: str, figure: str) -> str:
    words = ("--cluster", spec.cluster, "--services", spec.service, *asked(f"services[0].{figure}"))
    return aws("ecs", "describe-services", *words, region=region)


def _resize(spec: EcsService, region: str, count: int, *more: str) -> str:
    words = ("--cluster", spec.cluster, "--service", spec.service, "--desired-count", str(count))
    return aws("ecs", "update-service", *words, *more, "--query", "service.desiredCount", region=region)


def _spec(entry: Capacity) -> EcsService:
    if entry.ecs is None:
        raise RejectedError("This is no ECS service.")
    return entry.ecs
