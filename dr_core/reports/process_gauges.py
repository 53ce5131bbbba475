"""The bots and workers as `/metrics` of each of them shows them, read from the store when it is asked."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dr_core.doctor.processes import KINDS, Process, ProcessState, processes
from dr_core.errors import DrError
from dr_core.store import leases
from dr_core.store.engine import Store, Tx


class ProcessGauges(Collector):
    """`dr_replicas` and `dr_lease_held`; absent while the store cannot be asked, since unknown is not zero."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Registering asks nothing of the store."""
        yield from _families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        replicas, held = _families()
        try:
            found, names, holders = self._store.read(_look)
        except DrError:
            return
        for kind in sorted({*KINDS, *(process.kind for process in found)}):
            for state in ProcessState:
                count = sum(process.kind == kind and process.state is state for process in found)
                replicas.add_metric([kind, state.value], count)
        for name in names:
            held.add_metric([name], float(holders.get(name) == self._name))
        yield replicas
        yield held


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("dr_replicas", "Bots and workers over this store", labels=["kind", "state"]),
        GaugeMetricFamily("dr_lease_held", "1 while this process holds the lease", labels=["lease"]),
    )


def _look(tx: Tx) -> tuple[tuple[Process, ...], tuple[str, ...], dict[str, str]]:
    return processes(tx), leases.names(tx), leases.holders(tx)
