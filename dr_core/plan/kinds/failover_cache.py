"""Make the target's member the primary of a global cache. Needs nothing of the source, in either mode."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.copies import by_hand
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation, refused_unless_under_way
from dr_core.plan.kind import Kind, Late, Need, Published, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.replication.copies import PRIMARY, Datastore
from dr_core.topology.stores import ElastiCacheGlobal

FAILOVER_S = 180.0
"""Three times what AWS names. Then users are let in without it: a cache is rebuilt, and no application stops for it."""
_ALONE = "primary-only"


class CacheMove(Params):
    cache: ElastiCacheGlobal
    source: str
    target: str


def plan(move: Move, cache: ElastiCacheGlobal, after: tuple[str, ...]) -> Step:
    params = CacheMove(account=move.app.account, cache=cache, source=move.source, target=move.target)
    return KIND.step(
        move,
        f"Make {move.target} the primary of global cache {cache.group} (loses what was not replicated)",
        params,
        after=after,
        of=cache.group,
        # It is tried on in the background, and users are served meanwhile as with a cold cache.
        tried=True,
        undo=f"Make {move.source} the primary of {cache.group} again",
    )


def undo(taken: Taken) -> tuple[Step, ...]:
    """The member that was the primary before; one of an application that goes back follows it."""
    params = CacheMove.model_validate(taken.step.params)
    roles = taken.before.get("roles")
    known = roles.items() if isinstance(roles, dict) else ()
    primary = next((region for region, role in known if role == PRIMARY), taken.back.target)
    if primary == params.target:
        if not taken.moved:
            return ()
        primary = taken.back.target
    title = f"Make {primary} the primary of global cache {params.cache.group} again (loses what was not replicated)"
    again = CacheMove(account=params.account, cache=params.cache, source=params.target, target=primary)
    step = taken.make(KIND.name, title, again, of=params.cache.group, tried=True)
    return (step.model_copy(update={"region": primary, "home_region": primary}),)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """AWS puts five letters and a hyphen before the name that people give, which is all that `dr.yaml` must know."""
    params = CacheMove.model_validate(step.params)
    arn = f"arn:aws:elasticache::{account}:globalreplicationgroup:"
    return (
        Need("elasticache:FailoverGlobalReplicationGroup", params.target, (f"{arn}*{params.cache.group}",)),
        Need("elasticache:DescribeGlobalReplicationGroups", params.target, (f"{arn}*",)),
    )


def commands(step: Step) -> Recipe:
    params = CacheMove.model_validate(step.params)
    return Recipe(
        act=(*by_hand.named(params.cache, params.target), by_hand.fail_over(params.target)),
        until=(by_hand.is_primary(params.cache, params.target),),
        show=(by_hand.members(params.cache, params.target),),
        note="What was not replicated is lost: a cache has no failover without that.",
        stuck="Where it does not become the primary, go on: the application finds a cache that takes no writes. Come "
        "back to this when users are served.",
    )


@dataclass(frozen=True)
class FailoverCache:
    """Done when the target is the primary and the datastore is available; the last lag before stands in the evidence.

    Any status but the two that AWS says nothing can happen in means under way.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = CacheMove.model_validate(step.params)
        caches = self.ports.of(params.account).caches
        seen = caches.state(params.cache, params.target)
        evidence = _evidence(seen)
        own = seen.member(params.target)
        if own is None:
            raise RejectedError(f"{seen.datastore} has no member in {params.target}.")
        if seen.status.lower() not in ("available", _ALONE):
            return StepObservation(Progress.UNDER_WAY, f"{seen.datastore} is {seen.status}", evidence)
        if own.role != PRIMARY:
            primary = seen.primary or "nobody"
            return StepObservation(Progress.ABSENT, f"the primary of {seen.datastore} is {primary}", evidence)
        lag = caches.lag(params.cache, params.target)
        measured: dict[str, JsonValue] = {
            "lag_seconds": lag.seconds,
            "lag_measured_at": lag.measured_at.isoformat() if lag.measured_at else None,
            "lag_source": lag.source,
            "lag_reason": lag.reason,
        }
        detail = f"{params.target} is the primary of {seen.datastore}"
        return StepObservation(Progress.SATISFIED, detail, {**evidence, **measured})

    def act(self, step: Step, claim: Claim) -> None:
        params = CacheMove.model_validate(step.params)
        # A second call while the first one works is refused; that must not count as a failure.
        with refused_unless_under_way(self, step):
            self.ports.of(params.account).caches.failover(params.cache, target=params.target)


def _evidence(seen: Datastore) -> dict[str, JsonValue]:
    return {
        "datastore": seen.datastore,
        "status": seen.status,
        "roles": {member.region: member.role for member in seen.members},
        "observed_via": seen.region,
    }


KIND = Kind(
    "failover-cache",
    does="Makes the target's member the primary of an ElastiCache global datastore.",
    segment=Segment.PROMOTE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=FAILOVER_S,
    late=Late.REFUSED,
    actions=("elasticache:FailoverGlobalReplicationGroup", "elasticache:DescribeGlobalReplicationGroups"),
    carry_out=FailoverCache,
    by_hand=commands,
    needs=needs,
    back="Fail over back.",
    undo=undo,
    published=Published(60.0, "published: AWS's disaster recovery workshop names 1 minute"),
)
