"""The list of all step kinds, and what is asked of the one that a step names."""

from dr_core.plan.catalogue import Catalogue
from dr_core.plan.kind import Kind
from dr_core.plan.kinds import (
    canary_hold,
    canary_start,
    check_rules,
    compare_parameters,
    custom_lambda,
    custom_plugin,
    custom_ssm,
    custom_webhook,
    detach_aurora,
    drain_buckets,
    failover_aurora,
    failover_cache,
    fence_source,
    give_back,
    prepare_backfill,
    promote_replica,
    promote_secrets,
    scale_target,
    scale_to_standby,
    shift_weights,
    start_consumers,
    stop_consumers,
    stop_instance,
    switch_controls,
    switch_records,
    switchover_aurora,
    sync_parameters,
    take_over,
    verify_away,
    verify_consumers,
    verify_dns,
    verify_health,
    verify_origin,
    verify_promoted,
    verify_write,
    verify_writer,
)
from dr_core.plan.ports import Ports

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        scale_target.KIND,
        sync_parameters.KIND,
        compare_parameters.KIND,
        check_rules.KIND,
        canary_start.KIND,
        canary_hold.KIND,
        fence_source.KIND,
        stop_consumers.KIND,
        switchover_aurora.KIND,
        failover_aurora.KIND,
        detach_aurora.KIND,
        promote_replica.KIND,
        stop_instance.KIND,
        failover_cache.KIND,
        drain_buckets.KIND,
        switch_controls.KIND,
        take_over.KIND,
        give_back.KIND,
        switch_records.KIND,
        shift_weights.KIND,
        start_consumers.KIND,
        verify_writer.KIND,
        verify_promoted.KIND,
        verify_dns.KIND,
        verify_away.KIND,
        verify_write.KIND,
        verify_health.KIND,
        verify_origin.KIND,
        verify_consumers.KIND,
        scale_to_standby.KIND,
        promote_secrets.KIND,
        prepare_backfill.KIND,
        custom_lambda.KIND,
        custom_ssm.KIND,
        custom_webhook.KIND,
        custom_plugin.KIND,
    )
}


def make_catalogue(ports: Ports) -> Catalogue:
    """Every kind, bound to the ports that it is carried out with."""
    return {name: kind.carry_out(ports) for name, kind in KINDS.items()}
