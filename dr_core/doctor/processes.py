"""The bots and workers over one store: which live, which fell silent, what each leads and which runs it has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from dr_core.doctor.result import Check, CheckState
from dr_core.store import leases, replicas, run_leases
from dr_core.store.engine import Tx

ALIVE = timedelta(seconds=30)
"""Three beats of a bot: a process that has not described itself for this long is not there any more, or hangs."""

KINDS = {
    "worker": "Start `dr worker`: without one nothing is observed and no run moves.",
    "bot": "Start `dr bot`: without one Slack hears nothing.",
}
"""What there must be at least one of, and the way out where there is none."""


class ProcessState(StrEnum):
    """Silent: it did not say that it ends, and does not beat any more."""

    ALIVE = "alive"
    SILENT = "silent"


@dataclass(frozen=True)
class Process:
    """One replica as the store knows it."""

    name: str
    kind: str
    version: str
    age_s: float
    leads: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def state(self) -> ProcessState:
        return ProcessState.ALIVE if self.age_s <= ALIVE.total_seconds() else ProcessState.SILENT


def processes(tx: Tx) -> tuple[Process, ...]:
    """Every remembered process; leases and runs are the store's word, not the process's own."""
    now, held, owned = tx.now(), leases.holders(tx), run_leases.owners(tx)
    return tuple(
        Process(
            one.name,
            one.kind,
            one.version,
            age_s=max(0.0, (now - one.beat_at).total_seconds()),
            leads=tuple(name for name, owner in sorted(held.items()) if owner == one.name),
            runs=tuple(run for run, owner in sorted(owned.items()) if owner == one.name),
        )
        for one in sorted(replicas.all(tx), key=lambda one: (one.kind, one.name))
    )


def process_checks(found: Collection[Process]) -> tuple[Check, ...]:
    """Each kind as a whole, and then each process."""
    kinds = (kind_check(kind, found, way_out) for kind, way_out in KINDS.items())
    return (*kinds, *(one_check(process) for process in found))


def kind_check(kind: str, found: Collection[Process], way_out: str) -> Check:
    """Whether any lives, and whether all that live are of one version."""
    alive = [process for process in found if process.kind == kind and process.state is ProcessState.ALIVE]
    name = f"{kind} processes"
    if not alive:
        detail = f"none was heard of in the last {ALIVE.total_seconds():.0f} s"
        return Check(name=name, state=CheckState.WARNING, detail=detail, way_out=way_out)
    versions = sorted({process.version for process in alive})
    detail = f"{len(alive)} alive, version {', '.join(versions)}"
    if len(versions) > 1:
        way = "Finish the roll-out, so that all of them run one version."
        return Check(name=name, state=CheckState.WARNING, detail=detail, way_out=way)
    return Check(name=name, state=CheckState.OK, detail=detail)


def one_check(process: Process) -> Check:
    """Kind, version, age of its last beat, what it leads and owns; a silent one is a finding."""
    parts = [f"version {process.version}", f"last beat {process.age_s:.0f} s ago"]
    parts += [f"leads {', '.join(process.leads)}"] if process.leads else []
    parts += [f"carries out {', '.join(process.runs)}"] if process.runs else []
    detail = "; ".join(parts)
    if process.state is ProcessState.ALIVE:
        return Check(name=process.name, state=CheckState.OK, detail=detail)
    way_out = (
        f"It ended without a word or hangs: look at its log. Others take over what it led; it is forgotten after "
        f"{replicas.FORGOTTEN_AFTER.total_seconds() / 60:.0f} minutes."
    )
    return Check(name=process.name, state=CheckState.WARNING, detail=f"silent; {detail}", way_out=way_out)
