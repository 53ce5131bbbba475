"""What the last preflight found joins a plan's findings: with its age, for its target and mode, and overridable."""

from datetime import timedelta

import pytest

from dr_core.plan.failover import build
from dr_core.plan.preflight import preflight
from dr_core.plan.step import Mode, Severity
from dr_core.readiness.model import Check, CheckState, Sheet

HOME, AWAY = "ap-south-1", "ap-south-2"


@pytest.fixture
def check(clock):
    def make(code="missing:secret", *, region=AWAY, severity=Severity.BLOCKING, state=CheckState.FINDING, **changes):
        made = Check(
            code=code, area="secrets", region=region, subject="pay/key", state=state, severity=severity,
            message=f"{code} in {region}.", evidence="seen", way_out=f"Mend it. --override {code}", source="a test",
            checked_at=clock.now() - timedelta(seconds=90),
        )  # fmt: skip
        return made.model_copy(update=changes)

    return make


@pytest.fixture
def findings(clock, topology, observe):
    """`findings(*checks, age=..., mode=...)` as {code: finding}; only what the sheet brings."""

    def make(*checks, age=timedelta(), mode=Mode.PLANNED, sheet=True):
        plan = build(topology, "pay", source=HOME, target=AWAY, mode=mode)
        made = Sheet(application="pay", at=clock.now() - age, duration_s=1.0, complete=True, checks=checks)
        without = {
            f.code for f in preflight(topology, plan, observe(), clock.now(), made.model_copy(update={"checks": ()}))
        }
        found = preflight(topology, plan, observe(), clock.now(), made if sheet else None)
        return {f.code: f for f in found if f.code not in without or f.code.startswith("readiness")}

    return make


def test_a_blocking_finding_of_the_target_blocks_with_its_age_and_its_override(findings, check):
    found = findings(check())["missing:secret"]
    assert found.severity is Severity.BLOCKING
    assert "90 s ago" in found.evidence
    assert "--override missing:secret" in found.way_out


def test_a_finding_of_another_region_does_not_block(findings, check):
    assert findings(check(region=HOME)) == {}


def test_a_finding_of_no_region_blocks_everywhere(findings, check):
    assert "missing:zone" in findings(check("missing:zone", region=None))


def test_a_finding_of_the_other_mode_does_not_block(findings, check):
    denied = check("permission:rds:SwitchoverGlobalCluster", mode=Mode.PLANNED)
    assert findings(denied, mode=Mode.FORCED) == {}
    assert list(findings(denied)) == ["permission:rds:SwitchoverGlobalCluster"]


def test_what_would_stop_the_other_mode_is_told_and_stops_nothing(findings, check):
    way_out = "Promote it. To go on all the same: --override colours-differ"
    found = findings(check("colours-differ", mode=Mode.PLANNED, way_out=way_out), mode=Mode.FORCED)["colours-differ"]
    assert (found.severity, found.way_out) == (Severity.WARNING, "Promote it.")


def test_warnings_and_unknowns_stay_in_the_readiness_report(findings, check):
    warning = check("ttl", severity=Severity.WARNING)
    unknown = check("unknown", state=CheckState.UNKNOWN, severity=Severity.WARNING)
    assert findings(warning, unknown) == {}


def test_several_of_a_kind_are_one_finding_because_one_override_lets_them_pass(findings, check):
    found = findings(check(), check(subject="pay/other", message="Another one."))["missing:secret"]
    assert "And 1 more like it." in found.message
    assert "Another one." in found.evidence


def test_without_a_preflight_a_plan_warns_and_is_not_blocked(findings):
    found = findings(sheet=False)
    assert {code: finding.severity for code, finding in found.items()} == {"readiness-unknown": Severity.WARNING}


def test_an_old_preflight_warns_and_what_it_found_still_counts(findings, check):
    found = findings(check(), age=timedelta(hours=3))
    assert found["readiness-old"].severity is Severity.WARNING
    assert "180 min" in found["readiness-old"].evidence
    assert found["missing:secret"].severity is Severity.BLOCKING


def test_what_a_fresh_observation_tells_is_not_taken_from_an_older_sheet(findings, check):
    assert findings(check("target-headless")) == {}
