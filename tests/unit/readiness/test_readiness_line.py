"""The readiness of an application in one line: a preflight that could not ask is no proof."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.clock import ManualClock
from dr_core.plan.step import Severity
from dr_core.readiness.line import counted, readiness_line
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.store import snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def check(state: CheckState, severity: Severity = Severity.BLOCKING) -> Check:
    return Check(
        code="quota", area="capacity", region="eu-west-1", subject="ecs", state=state, severity=severity,
        message=f"{state.value} {severity.value}", source="test", checked_at=NOW,
    )  # fmt: skip


def sheet(*checks: Check, complete: bool = True, age_s: float = 60) -> Sheet:
    return Sheet(
        application="shop", at=NOW - timedelta(seconds=age_s), duration_s=1.0, complete=complete, checks=checks
    )


OK, UNKNOWN = check(CheckState.OK), check(CheckState.UNKNOWN)
BLOCKING, WARNING = check(CheckState.FINDING), check(CheckState.FINDING, Severity.WARNING)


@pytest.mark.parametrize(
    ("found", "ready", "worst"),
    [
        (sheet(OK), True, ""),
        (sheet(OK, WARNING), True, "finding warning"),
        (sheet(OK, UNKNOWN, WARNING), None, "unknown blocking"),
        (sheet(OK, BLOCKING, UNKNOWN), False, "finding blocking"),
        (sheet(OK, complete=False), None, ""),
        (sheet(OK, age_s=7201), None, ""),
        (sheet(OK, BLOCKING, age_s=7201), False, "finding blocking"),
        (sheet(OK, age_s=-3600), None, ""),
    ],
)
def test_ready_is_only_what_was_asked_and_answered(found: Sheet, ready: bool | None, worst: str) -> None:
    line = counted(found, NOW)
    assert (line.ready, line.worst) == (ready, worst)
    assert line.ready is not None or line.reason
    assert (line.age_seconds is None) is (found.at > NOW), "the clocks differ"


def test_what_is_wrong_where_it_works_now_stops_no_failover() -> None:
    """It stops the way back only: in the hour of an outage nobody may read that a failover would be blocked."""
    line = counted(sheet(OK, BLOCKING).model_copy(update={"active": "eu-west-1"}), NOW)
    assert (line.ready, line.blocking, line.warnings, line.worst) == (True, 0, 1, "finding blocking")
    assert counted(sheet(BLOCKING).model_copy(update={"active": "eu-central-1"}), NOW).ready is False


def test_no_preflight_is_unknown() -> None:
    line = counted(None, NOW)
    assert (line.ready, line.age_seconds, line.reason) == (None, None, "no preflight was made yet")


def test_a_sheet_of_another_shape_is_no_fault_of_the_status(sqlite_url: str, clock: ManualClock) -> None:
    """During an upgrade the worker of the other version keeps its own shape."""
    store = Store(sqlite_url, clock=clock)
    store.write(lambda tx: snapshots.put(tx, Snapshot("readiness/shop", clock.now(), '{"later": 1}')))
    line = store.read(lambda tx: readiness_line(tx, "shop", clock.now()))
    store.dispose()
    assert (line.ready, line.reason) == (None, "no preflight was made yet")
