"""Checks and sheets in a line each."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from dr_core.clock import ManualClock
from dr_core.plan.step import Severity
from dr_core.readiness.examination import About
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.store.engine import Store

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MakeCheck = Callable[..., Check]
MakeSheet = Callable[..., Sheet]


@pytest.fixture
def about() -> About:
    return About("secrets", "shop/key", "eu-west-1", "a test", AT)


@pytest.fixture
def check() -> MakeCheck:
    def make(
        code: str = "missing:secret", state: str = "finding", severity: str = "blocking", **changes: object
    ) -> Check:
        made = Check(
            code=code,
            area="secrets",
            region="eu-west-1",
            subject="shop/key",
            state=CheckState(state),
            severity=Severity(severity),
            message=f"about {code}",
            source="a test",
            checked_at=AT,
        )
        return made.model_copy(update=changes)

    return make


@pytest.fixture
def sheet() -> MakeSheet:
    def make(*checks: Check, at: datetime = AT, **changes: object) -> Sheet:
        made = Sheet(
            application="shop", at=at, duration_s=1.0, complete=True, checks=checks, active="eu-central-1", topology="t"
        )
        return made.model_copy(update=changes)

    return make


@pytest.fixture
def lite(sqlite_url: str, clock: ManualClock) -> Iterator[Store]:
    store = Store(sqlite_url, clock=clock)
    yield store
    store.dispose()
