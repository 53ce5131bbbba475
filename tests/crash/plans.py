"""The sample plans: planned and forced, there and back, for every application of every sample topology."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application, Topology

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
NAMES = ("shop", "second", "three", "full")


@dataclass(frozen=True)
class Sample:
    """One plan. `lost`: the source is down while it runs, and comes back some time after its end."""

    topology: str
    application: str
    mode: Mode
    source: str
    target: str
    lost: bool

    @property
    def name(self) -> str:
        state = "-lost" if self.lost else ""
        return f"{self.topology}-{self.application}-{self.mode.value}{state}-{self.source}-to-{self.target}"

    @property
    def loaded(self) -> Topology:
        return _topology(self.topology)

    @property
    def entry(self) -> Application:
        return self.loaded.applications[self.application]

    @property
    def plan(self) -> Plan:
        return build(self.loaded, self.application, source=self.source, target=self.target, mode=self.mode)


@cache
def _topology(name: str) -> Topology:
    return load_checked(TOPOLOGIES / f"{name}.yaml")


@cache
def samples() -> tuple[Sample, ...]:
    """There and back between the primary and each standby; forced when the source is lost, and once when it lives."""
    return tuple(
        Sample(topology, name, mode, source, target, lost)
        for topology in NAMES
        for name, application in _topology(topology).applications.items()
        for standby in application.standby
        for source, target in ((application.primary, standby), (standby, application.primary))
        for mode, lost in ((Mode.PLANNED, False), (Mode.FORCED, False), (Mode.FORCED, True))
        if mode is Mode.PLANNED or lost or (topology, source) == ("shop", application.primary)
    )


def shape(sample: Sample) -> object:
    """What a plan is but for names and regions: two plans of one shape make the same transitions."""
    numbers = {step.name: n for n, step in enumerate(sample.plan.steps)}
    steps = tuple(
        (step.kind, step.segment, step.best_effort, tuple(numbers[name] for name in step.after))
        for step in sample.plan.steps
    )
    return steps, sample.lost


@cache
def shapes() -> tuple[Sample, ...]:
    """One sample of each shape."""
    first: dict[object, Sample] = {}
    for sample in samples():
        first.setdefault(shape(sample), sample)
    return tuple(first.values())
