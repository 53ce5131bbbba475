"""`/dr readiness` in Slack and in a terminal: what blocks first, silence in one line, and the change in the channel."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.views import thread
from bot.views.readiness import changed
from bot.views.result import draw
from commands.rendering.text import render
from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops, listing
from dr_core.plan.step import Severity
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.reports.readiness import ReadinessReport, readiness
from dr_core.services import Services
from dr_core.store import readiness as store
from dr_core.store.engine import Store
from tests.unit.bot.lint import message_problems

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Make = Callable[..., ReadinessReport]


def check(
    code: str, state: CheckState = CheckState.FINDING, severity: Severity = Severity.WARNING, **more: Any
) -> Check:
    made = Check(
        code=code, area="database", region="eu-west-1", subject="shop", state=state, severity=severity,
        message=f"About {code}.", evidence="what was seen", way_out="Do something.", source="RDS DescribeDBClusters",
        checked_at=AT,
    )  # fmt: skip
    return made.model_copy(update=more)


BLOCKING = check("target-headless", severity=Severity.BLOCKING)
SILENT = [
    check(f"q{number}-unknown", CheckState.UNKNOWN, region="eu-central-1", subject=f"thing {number}",
          message="not asked: database of shop did not answer in this pass")
    for number in range(30)
]  # fmt: skip


@pytest.fixture
def report(services: Services) -> Make:
    def make(*checks: Check, age: timedelta = timedelta(minutes=4)) -> ReadinessReport:
        now = services.clock.now()
        sheet = Sheet(application="shop", at=now - age, duration_s=2.5, complete=True, checks=checks)
        services.store.write(lambda tx: store.put(tx, sheet))
        return readiness(services)

    return make


def shown(report: ReadinessReport) -> str:
    message = draw(report)
    assert message_problems(message) == ()
    return str(message.blocks)


def test_what_blocks_comes_first_with_evidence_source_and_way_out(report: Make) -> None:
    made = report(check("ttl-high"), check("fine", CheckState.OK, Severity.INFO), BLOCKING)
    (shop,) = made.applications
    assert (shop.ready, shop.blocking, shop.warnings, shop.ok) == (False, 1, 1, 1)
    for text in (shown(made), render(made)):
        assert text.index("target-headless") < text.index("ttl-high")
        assert "what was seen" in text
        assert "Do something." in text
        assert "RDS DescribeDBClusters" in text


def test_a_region_that_is_silent_is_one_line_and_not_thirty(report: Make) -> None:
    made = report(*SILENT)
    assert made.applications[0].ready is None
    assert len(made.applications[0].checks) == 30
    for text in (shown(made), render(made).replace("\n", " ")):
        assert text.count("did not answer in this pass") == 1
        assert "and 27 more" in " ".join(text.split())


def test_without_a_preflight_nothing_is_said_to_be_ready(services: Services) -> None:
    made = readiness(services)
    assert made.applications[0].ready is None
    assert made.applications[0].at is None
    assert "no preflight was made yet" in shown(made)
    assert "no preflight was made yet" in render(made)


def test_an_old_preflight_is_no_proof(report: Make) -> None:
    made = report(check("fine", CheckState.OK, Severity.INFO), age=timedelta(hours=5))
    assert made.applications[0].ready is None
    assert "5.0 h old" in render(made)


def test_nothing_blocks_and_everything_was_asked_is_ready(report: Make) -> None:
    made = report(check("fine", CheckState.OK, Severity.INFO), check("hint", severity=Severity.INFO))
    assert made.applications[0].ready is True
    assert "ready: nothing blocks a failover" in shown(made)
    assert "1 hint more" in shown(made)


def test_the_json_names_its_schema(report: Make) -> None:
    assert report().model_dump(mode="json", by_alias=True)["schema"] == "dr.readiness/1"


def test_a_message_keeps_within_slacks_limits_whatever_is_found(report: Make) -> None:
    many = [check(f"code-{number}", message="x" * 900, subject=f"s{number}") for number in range(200)]
    assert "176 more findings" in shown(report(*many, *SILENT))


def test_of_many_applications_none_is_left_out_and_the_worst_comes_first(report: Make) -> None:
    shop = report(*(check(f"code-{number}") for number in range(60)), age=timedelta()).applications[0]
    fine, bad = shop.model_copy(update={"ready": True}), shop.model_copy(update={"ready": False})
    many = [fine.model_copy(update={"name": f"fine-{number}"}) for number in range(30)]
    made = ReadinessReport(at=AT, applications=(*many, bad.model_copy(update={"name": "the-bad-one"})))
    message = draw(made)
    assert message_problems(message) == ()
    text = str(message.blocks)
    assert all(app.name in text for app in made.applications)
    assert text.index("the-bad-one") < text.index("fine-0")
    assert "are left out: `/dr readiness APP` shows them" in text
    assert "in the thread" not in text


def test_a_change_is_told_in_the_channel_in_one_line(services: Services, store_of: Store) -> None:
    entry = {
        "code": "target-headless",
        "region": "eu-west-1",
        "subject": "shop",
        "message": "Nothing could write there.",
    }
    data: dict[str, Any] = {"application": "shop", "appeared": [entry], "gone": [], "blocking": 1}
    worker = Actor(person="worker:me", display="DR worker", face=Face.WORKER)
    store_of.write(lambda tx: append_ops(tx, EventKind.READINESS_CHANGED, worker, data))
    (event,) = [e for e in store_of.read(lambda tx: listing(tx, limit=5)) if e.kind == EventKind.READINESS_CHANGED]
    line = thread.channel(event)
    assert line is not None
    assert "a failover of shop would be blocked: Nothing could write there. [target-headless]" in line
    assert "1 blocking finding now" in line


def test_what_was_mended_is_told_too() -> None:
    entry: dict[str, Any] = {"code": "missing:key", "message": "No key."}
    line = changed({"application": "shop", "appeared": [], "gone": [entry], "blocking": 0})
    assert "shop no longer has: No key. [missing:key]" in line
    assert "nothing blocks now" in line
    line = changed({"application": "shop", "appeared": [], "gone": [], "forgotten": [entry], "blocking": 0})
    assert "\N{LARGE GREEN CIRCLE}" not in line
    assert "shop could not be looked at for a day" in line
    assert "nothing else blocks now" in line


@pytest.fixture
def store_of(services: Services) -> Store:
    return services.store
