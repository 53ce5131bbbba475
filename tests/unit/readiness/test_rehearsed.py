"""What was never tried is not called ready, and stops nothing."""

from datetime import UTC, datetime

import pytest

from dr_core.plan.step import Severity
from dr_core.readiness.line import counted
from dr_core.readiness.model import Check, CheckState, Sheet

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def sheet(code: str, state: CheckState = CheckState.FINDING) -> Sheet:
    check = Check(
        code=code, area="rehearsal", region=None, subject="shop", state=state, severity=Severity.WARNING,
        message="It was never tried.", source="the store", checked_at=AT,
    )  # fmt: skip
    return Sheet(application="shop", at=AT, duration_s=1, complete=True, checks=(check,))


@pytest.mark.parametrize(
    ("code", "state", "ready"),
    [
        ("never-rehearsed", CheckState.FINDING, None),
        ("drill-overdue", CheckState.FINDING, None),
        ("drill-not-passed", CheckState.FINDING, None),
        ("drill-overdue", CheckState.OK, True),
        ("drill-incomplete", CheckState.FINDING, True),
        ("runbook-old", CheckState.FINDING, True),
    ],
)
def test_nobody_calls_it_ready_before_it_was_tried(code: str, state: CheckState, ready: bool | None) -> None:
    line = counted(sheet(code, state), AT)
    assert line.ready is ready
    assert line.blocking == 0
    assert ("never tried" in line.reason) is (ready is None)


def test_a_drill_on_paper_does_not_ask_for_itself() -> None:
    assert counted(sheet("never-rehearsed"), AT, rehearsed=False).ready is True
