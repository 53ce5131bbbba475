"""How Route 53 answers a name, and what each of its records follows. Pure.

With one writer nothing but a switch may move users: a routing control, a take-over object, or weights of 100 and 0. So
such records follow no health and evaluate no target. Where every region may serve, health does move them, by itself.
Records are weighted wherever a run changes them, also where every region serves: records by latency prefer nobody, so
that no run could shift users by them.
"""

from dataclasses import dataclass
from enum import StrEnum

from dr_core.topology.model import Application
from dr_core.topology.traffic import Route53Records, StandbyTakesOver

_ALL = 100


class Follows(StrEnum):
    """What makes a record healthy."""

    NOTHING = "nothing"
    HEALTH = "health"
    SWITCH = "switch"
    CONTROL = "control"


@dataclass(frozen=True)
class Answer:
    """One region's record. `role`: of a failover pair; else it has a `weight`. `evaluates`: the target's own health."""

    region: str
    identifier: str
    follows: Follows
    evaluates: bool
    weight: int | None = None
    role: str | None = None


def answers(app: Application, spec: Route53Records) -> tuple[Answer, ...]:
    """The records of the name, in the order of the application's regions."""
    regions = [region for region in app.regions if region in spec.set_identifiers]
    free = app.database is None
    controls = next((entry.arc_routing_controls for entry in app.traffic if entry.arc_routing_controls), None)
    takeover = next((entry.standby_takes_over for entry in app.traffic if entry.standby_takes_over), None)
    watched = {region for entry in app.health for region in entry.route53 or {}} >= set(regions)
    own = Follows.HEALTH if free and watched else Follows.NOTHING
    if controls is not None:
        return tuple(
            Answer(region, spec.set_identifiers[region], Follows.CONTROL, free, weight=_share(spec, region))
            for region in regions if region in controls.controls
        )  # fmt: skip
    if takeover is not None and not app.active_active:
        return _pair(spec, app.primary, taken_over_by(app, spec, takeover), Follows.SWITCH, Follows.NOTHING, free)
    # Route 53 takes no PRIMARY without a check, but for an alias, which can follow its target.
    paired = len(regions) == len(app.regions) == 2 and (watched or spec.type != "CNAME")
    if free and paired and not app.active_active and app.canary is None:
        return _pair(spec, app.primary, regions[1], own, own, free)
    return tuple(
        Answer(region, spec.set_identifiers[region], own, free, weight=_weight(app, spec, region)) for region in regions
    )


def taken_over_by(app: Application, spec: Route53Records, takeover: StandbyTakesOver) -> str | None:
    """The standby behind the SECONDARY record: the first with a bucket, of which a pair of records has room for one."""
    return next((one for one in app.standby if one in takeover.bucket and one in spec.set_identifiers), None)


def without_record(app: Application, spec: Route53Records) -> tuple[str, ...]:
    """The regions that the topology names a record for and that get none."""
    made = {answer.region for answer in answers(app, spec)}
    return tuple(region for region in spec.set_identifiers if region not in made)


def _pair(
    spec: Route53Records, first: str, second: str | None, main: Follows, other: Follows, free: bool
) -> tuple[Answer, ...]:
    roles = ((first, "PRIMARY", main), (second, "SECONDARY", other))
    return tuple(
        Answer(region, spec.set_identifiers[region], follows, free, role=role)
        for region, role, follows in roles if region is not None and region in spec.set_identifiers
    )  # fmt: skip


def _share(spec: Route53Records, region: str) -> int:
    return spec.weights.get(region, _ALL)


def _weight(app: Application, spec: Route53Records, region: str) -> int:
    if app.active_active:
        return _share(spec, region)
    return _ALL if region == app.primary else 0
