"""What is copied beside the database: brought up to date or compared, moved with it, and what is missing prepared."""

from collections.abc import Iterator

from dr_core.plan.kinds import (
    backfill_buckets,
    check_rules,
    compare_parameters,
    drain_buckets,
    failover_cache,
    prepare_backfill,
    promote_secrets,
    sync_parameters,
)
from dr_core.plan.layers.layer import Layer, Names, Steps, distinct
from dr_core.plan.move import Move
from dr_core.plan.step import Step


def prepare(move: Move, after: Names) -> Layer:
    """A mere comparison holds nothing up; what is missing at home is copied there while both sides are well."""
    rules = distinct(check_rules.plan(move, pair) for pair in check_rules.copied(move))
    parameters = move.app.parameters
    compared = bool(parameters.paths or parameters.flags)
    if move.forced:
        return Layer.of(loose=(*((compare_parameters.plan(move),) if compared else ()), *rules))
    synced = (sync_parameters.plan(move),) if compared else ()
    return Layer.of(synced, _backfilled(move, after) if move.homeward else (), loose=rules)


def promote(move: Move, after: Names) -> Layer:
    """Beside the database. Users wait for the caches and, where its bucket is a gate, for what is still pending."""
    caches = (entry.elasticache_global for entry in move.app.cache if entry.elasticache_global is not None)
    moved = distinct(failover_cache.plan(move, cache, after) for cache in caches)
    if move.forced:
        return Layer.of(moved)
    drained = [(pair.spec.gate, drain_buckets.plan(move, pair, after)) for pair in check_rules.copied(move)]
    named = distinct(step for _, step in drained)
    gates = [step for (gate, _), step in zip(drained, named, strict=True) if gate]
    return Layer.of(moved, gates, loose=[step for step in named if step not in gates])


def settle(move: Move, after: Names) -> Layer:
    """Nothing waits for it. Secrets are torn off only where the request gives their primaries up."""
    given_up: tuple[Step, ...] = ()
    if move.forced and move.app.secrets and promote_secrets.GIVE_UP in move.overrides:
        given_up = (promote_secrets.plan(move, after),)
    prepared = () if move.homeward else distinct(prepare_backfill.plan(move, *one, after) for one in _by_batch(move))
    return Layer.of(loose=(*given_up, *prepared))


def _backfilled(move: Move, after: Names) -> Steps:
    return distinct(backfill_buckets.plan(move, *one, after) for one in _by_batch(move))


def _by_batch(move: Move) -> Iterator[tuple[check_rules.BucketsMove, str]]:
    """Buckets for which a role stands ready to copy what live replication left out."""
    for pair in check_rules.copied(move):
        if pair.spec.batch_role_arn is not None:
            yield pair, pair.spec.batch_role_arn
