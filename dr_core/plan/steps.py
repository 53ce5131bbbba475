"""The list of all step kinds, and what is asked of the one that a step names."""

from dr_core.plan.catalogue import Catalogue
from dr_core.plan.kind import Kind
from dr_core.plan.kinds import (
    compare_parameters,
    failover_aurora,
    fence_source,
    give_back,
    scale_target,
    scale_to_standby,
    switch_records,
    switchover_aurora,
    sync_parameters,
    take_over,
    verify_dns,
    verify_health,
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
        fence_source.KIND,
        switchover_aurora.KIND,
        failover_aurora.KIND,
        take_over.KIND,
        give_back.KIND,
        switch_records.KIND,
        verify_writer.KIND,
        verify_dns.KIND,
        verify_write.KIND,
        verify_health.KIND,
        scale_to_standby.KIND,
    )
}


def make_catalogue(ports: Ports) -> Catalogue:
    """Every kind, bound to the ports that it is carried out with."""
    return {name: kind.carry_out(ports) for name, kind in KINDS.items()}
