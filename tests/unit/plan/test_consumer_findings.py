"""What preflight says of consumers before anybody acts."""

import pytest

from dr_core.observation.model import ConsumerState, Flow
from dr_core.plan.checks import consumers
from dr_core.plan.checks.case import Case
from dr_core.plan.failover import build
from dr_core.plan.step import Mode

HOME, AWAY, THIRD = "ap-south-1", "ap-south-2", "ap-east-1"
ON, OFF = Flow.ON, Flow.OFF


@pytest.mark.parametrize(
    ("home", "away", "third", "planned", "forced"),
    [
        (ON, OFF, OFF, [], []),
        (ON, ON, OFF, ["two-consume"], ["two-consume"]),
        (OFF, OFF, OFF, ["none-consumes"], ["none-consumes"]),
        (OFF, ON, OFF, [], []),
        (ON, OFF, ON, ["consumed-elsewhere"], ["consumed-elsewhere"]),
        (None, OFF, OFF, ["consumers-not-observed"], []),
        (ON, None, OFF, ["consumers-not-observed"], ["consumers-not-observed"]),
    ],
)
def test_what_speaks_against_moving_a_consumer(make_topology, observe, clock, home, away, third, planned, forced):
    regions = (HOME, AWAY, THIRD)
    topology = make_topology(
        regions=regions, standby=[AWAY, THIRD], consumers=[{"eventbridge_schedule": {"schedule": "nightly"}}]
    )
    seen = observe(
        consumers=tuple(
            ConsumerState(
                region=region, kind="eventbridge_schedule", name="nightly", flow=flow, observed_at=clock.now()
            )
            for region, flow in zip(regions, (home, away, third), strict=True)
        )
    )
    for mode, codes in ((Mode.PLANNED, planned), (Mode.FORCED, forced)):
        plan = build(topology, "pay", source=HOME, target=AWAY, mode=mode)
        found = consumers.findings(Case(topology, plan, seen, clock.now()))
        assert [finding.code for finding in found] == codes
        blocks = [finding for finding in found if finding.severity == "blocking"]
        assert [finding.code for finding in blocks] == [code for code in codes if code == "consumed-elsewhere"]
        assert all("--override consumed-elsewhere" in finding.way_out for finding in blocks)


def test_what_was_never_looked_at_is_said(make_topology, observe, clock):
    topology = make_topology(consumers=[{"lambda_event_source": {"function": "f"}}])
    plan = build(topology, "pay", source=HOME, target=AWAY, mode=Mode.PLANNED)
    found = consumers.findings(Case(topology, plan, observe(), clock.now()))
    assert [finding.code for finding in found] == ["consumers-not-observed"]
