"""The sample plans: planned and forced, there and back, for every application of every sample topology."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application, Topology

NIGHTLY = float(os.environ.get("DR_TEST_SCALE", "1")) > 1
TOPOLOGIES = Path(__file__).parents[1] / "topologies"
NAMES = ("shop", "second", "three", "full", "canary")


@dataclass(frozen=True)
class Sample:
    """One plan. `lost`: the source is down while it runs, and comes back some time after its end."""

    topology: str
    application: str
    mode: Mode
    source: str
    target: str
    lost: bool
    overrides: tuple[str, ...] = ()
    returning: bool = False

    @property
    def name(self) -> str:
        state = "-lost" if self.lost else ""
        state += "".join(f"-{code}" for code in self.overrides) + ("-returning" if self.returning else "")
        return f"{self.topology}-{self.application}-{self.mode.value}{state}-{self.source}-to-{self.target}"

    @property
    def loaded(self) -> Topology:
        return _topology(self.topology)

    @property
    def entry(self) -> Application:
        return self.loaded.applications[self.application]

    @property
    def plan(self) -> Plan:
        return build(
            self.loaded, self.application, source=self.source, target=self.target, mode=self.mode,
            overrides=self.overrides, returning=self.returning,
        )  # fmt: skip


@cache
def _topology(name: str) -> Topology:
    return load_checked(TOPOLOGIES / f"{name}.yaml")


@cache
def samples() -> tuple[Sample, ...]:
    """There and back between the primary and each standby; forced when the source is lost, and once when it lives.

    A plan that tries nothing in a lost source is the same with and without it. The plan that has everything is played
    back by night only: its steps are those of the way there.
    """
    everything = (*_all(), *_one_way())
    return tuple(sample for sample in everything if not sample.lost or any(s.best_effort for s in sample.plan.steps))


def _one_way() -> tuple[Sample, ...]:
    """What the others lack, each once: a replica has no way back, and neither has a cluster that was taken out; where
    every region serves, users are shifted away and brought back; documents and webhooks of the team's own, node groups
    and readers, and routing controls are one kind of step each, whichever way they go."""
    home, away = "ca-central-1", "us-west-2"
    return (
        Sample("replicas", "claims", Mode.PLANNED, home, away, lost=False),
        Sample("replicas", "claims", Mode.FORCED, home, away, lost=True),
        Sample("replicas", "desk", Mode.FORCED, away, home, lost=True, overrides=("detach",)),
        Sample("active", "catalog", Mode.PLANNED, "eu-central-1", "eu-west-1", lost=False),
        Sample("active", "catalog", Mode.PLANNED, "eu-west-1", "eu-central-1", lost=False, returning=True),
        Sample("active", "edge", Mode.FORCED, "eu-north-1", "eu-west-1", lost=False),
        Sample("own", "kiosk", Mode.FORCED, "eu-south-1", "eu-west-3", lost=True),
        Sample("pool", "stock", Mode.PLANNED, "eu-south-1", "eu-west-3", lost=False),
        Sample("pool", "stock", Mode.FORCED, "eu-south-1", "eu-west-3", lost=True),
        Sample("controls", "ledger", Mode.FORCED, "eu-west-3", "eu-south-1", lost=True),
    )


def _all() -> tuple[Sample, ...]:
    return tuple(
        Sample(topology, name, mode, source, target, lost, overrides=_overrides(topology, mode))
        for topology in NAMES
        for name, application in _topology(topology).applications.items()
        for standby in application.standby
        for source, target in ((application.primary, standby), (standby, application.primary))
        for mode, lost in ((Mode.PLANNED, False), (Mode.FORCED, False), (Mode.FORCED, True))
        if mode is Mode.PLANNED or lost or (topology, source) == ("shop", application.primary)
        if NIGHTLY or topology != "full" or source == application.primary
    )


def _overrides(topology: str, mode: Mode) -> tuple[str, ...]:
    """Where everything is, secrets are given up too: it adds one step to a plan that is played anyway."""
    return ("give-up-secrets",) if (topology, mode) == ("full", Mode.FORCED) else ()


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
    """One sample of each shape of the small topologies; the others make the same moves with more steps."""
    first: dict[object, Sample] = {}
    for sample in samples():
        if sample.topology in ("shop", "three", "canary"):
            first.setdefault(shape(sample), sample)
    return tuple(first.values())
