"""The catalogue: every step kind that can be carried out, bound to its ports."""

from dr_core.plan.catalogue import Catalogue
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


def make_catalogue(ports: Ports) -> Catalogue:
    return {
        scale_target.KIND: scale_target.ScaleTarget(ports),
        sync_parameters.KIND: sync_parameters.SyncParameters(ports),
        compare_parameters.KIND: compare_parameters.CompareParameters(ports),
        fence_source.KIND: fence_source.FenceSource(ports),
        switchover_aurora.KIND: switchover_aurora.SwitchoverAurora(ports),
        failover_aurora.KIND: failover_aurora.FailoverAurora(ports),
        take_over.KIND: take_over.TakeOver(ports),
        give_back.KIND: give_back.GiveBack(ports),
        switch_records.KIND: switch_records.SwitchRecords(ports),
        verify_writer.KIND: verify_writer.VerifyWriter(ports),
        verify_dns.KIND: verify_dns.VerifyDns(ports),
        verify_write.KIND: verify_write.VerifyWrite(ports),
        verify_health.KIND: verify_health.VerifyHealth(ports),
        scale_to_standby.KIND: scale_to_standby.ScaleToStandby(ports),
    }
