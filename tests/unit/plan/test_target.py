"""The standby that is proposed: the least exposure among those that could take the work."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from dr_core.observation.model import Verdict
from dr_core.plan.target import propose
from dr_core.replication.exposure import StoreExposure
from dr_core.standing.model import RegionStatus
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application
from tests.conftest import TOPOLOGIES

HOME, DUB, FRA = "eu-north-1", "eu-west-1", "eu-central-1"
Role = Literal["active", "standby", "fenced", "unfenced"]


@dataclass(frozen=True)
class Standing:
    active: str | None
    regions: dict[str, RegionStatus]
    stores: tuple[StoreExposure, ...]
    active_reason: str = field(default="two regions write")


def region(verdict: Verdict = Verdict.HEALTHY, role: Role = "standby") -> RegionStatus:
    return RegionStatus(role=role, verdict=verdict, reasons=(), observed_at=None)


def store(where: str, seconds: float | None, *, gate: bool = True) -> StoreExposure:
    return StoreExposure(
        kind="aurora_global", name="tickets", region=where, gate=gate, exposure_seconds=seconds, threshold_seconds=60,
        age_seconds=1, verdict="unknown" if seconds is None else "ok", source="test", reason="",
    )  # fmt: skip


@pytest.fixture(scope="module")
def app() -> Application:
    return load_checked(TOPOLOGIES / "three.yaml").applications["tickets"]


H, G, U, D = Verdict.HEALTHY, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.DOWN


@pytest.mark.parametrize(
    ("dub", "fra", "expected", "why"),
    [
        ((H, 3.0), (H, 0.5), FRA, "the least exposure"),
        ((H, 0.5), (H, 3.0), DUB, "the least exposure"),
        ((H, 0.5), (H, 0.5), DUB, "the order of the file, when they are alike"),
        ((H, 3.0), (G, 0.5), DUB, "a healthy one before a degraded one"),
        ((G, 9.0), (U, 0.5), DUB, "a degraded one before one that nobody saw"),
        ((H, None), (H, 300.0), FRA, "a known exposure before an unknown one"),
        ((H, None), (H, None), DUB, "unknown is no reason to propose nothing"),
        ((D, 0.1), (U, None), FRA, "one that is down is never proposed"),
    ],
)
def test_the_proposed_target(
    app: Application, dub: tuple[Verdict, float | None], fra: tuple[Verdict, float | None], expected: str, why: str
) -> None:
    regions = {HOME: region(D, "active"), DUB: region(dub[0]), FRA: region(fra[0])}
    found = propose(app, Standing(HOME, regions, (store(DUB, dub[1]), store(FRA, fra[1]))))
    assert (found.region, found.exposure_seconds) == (expected, {DUB: dub[1], FRA: fra[1]}[expected]), why
    other = DUB if expected == FRA else FRA
    assert other in found.reason, "what speaks against the others is said"


def test_a_region_that_must_not_write_is_not_proposed(app: Application) -> None:
    regions = {HOME: region(H, "active"), DUB: region(H, "unfenced"), FRA: region(D)}
    found = propose(app, Standing(HOME, regions, (store(DUB, 0.1), store(FRA, 0.2))))
    assert found.region is None
    assert found.reason == (
        "no standby can be proposed: eu-west-1 is unfenced since the last forced failover; eu-central-1 is down"
    )


def test_nothing_is_proposed_while_nobody_knows_what_is_active(app: Application) -> None:
    found = propose(app, Standing(None, {}, ()))
    assert (found.region, found.reason) == (None, "which region is active cannot be said: two regions write")


def test_stores_that_gate_nothing_do_not_decide(app: Application) -> None:
    regions = {HOME: region(H, "active"), DUB: region(), FRA: region()}
    bucket = store(DUB, 900.0, gate=False)
    assert propose(app, Standing(HOME, regions, (store(DUB, 0.1), bucket, store(FRA, 0.2)))).region == DUB
