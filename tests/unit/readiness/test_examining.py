"""The duty: due, examined, kept, told once; and it asks nobody before there is something to ask about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError
from dr_core.readiness.examination import EVERYWHERE, Inquiry, Subject
from dr_core.readiness.examining import Examining, digest, store_host
from dr_core.readiness.history import EVERY, SOON
from dr_core.readiness.model import CheckState, Sheet
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.store import observations, readiness, snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import observed


class Lease:
    """Ours, or not."""

    def __init__(self, mine: bool = True) -> None:
        self.mine = mine

    def hold(self) -> bool:
        return self.mine

    def release(self) -> None:
        """Nobody waits for it."""


class OneQuestion:
    """An examination of one inquiry whose answer a test sets: a code that blocks, None for fine, or an error."""

    def __init__(self) -> None:
        self.answer: str | Exception | None = None
        self.asked = 0

    def __call__(self, subject: Subject) -> Iterator[Inquiry[Any]]:
        yield Inquiry(
            "it-unknown", "tests", "the thing", EVERYWHERE, "a test", self._ask, self._judge, region="eu-west-1"
        )

    def _ask(self) -> str | None:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def _judge(self, code: str | None, about: Any) -> Any:
        yield about.ok("it", "fine") if code is None else about.blocking(code, "It is broken.", way_out="Mend it.")


@pytest.fixture
def question() -> OneQuestion:
    return OneQuestion()


def shake(*asked: Any) -> ServedCertificate:
    return ServedCertificate(datetime(2030, 1, 1, tzinfo=UTC), "nobody")


@pytest.fixture
def duty(lite: Store, shop: Topology, clock: ManualClock, question: OneQuestion) -> Examining:
    lease: Any = Lease()
    lite.write(lambda tx: observations.save(tx, observed(clock.now())))
    return Examining(
        lite, shop, lambda account: lambda service, region: None, (question,), lease, clock, owner="me",
        handshake=shake, store_host=None,
    )  # fmt: skip


def told(store: Store) -> list[dict[str, Any]]:
    found = store.read(lambda tx: listing(tx, limit=100))
    return [dict(event.data) for event in found if event.kind == EventKind.READINESS_CHANGED]


def test_an_application_that_was_never_observed_waits(
    lite: Store, shop: Topology, clock: ManualClock, question: OneQuestion
) -> None:
    lease: Any = Lease()
    made = Examining(lite, shop, lambda a: lambda s, r: None, (question,), lease, clock, owner="me",
                     handshake=shake, store_host=None)  # fmt: skip
    assert made.examine("shop") is None
    assert question.asked == 0


def test_a_sheet_is_kept_with_what_it_is_about(duty: Examining, lite: Store, shop: Topology) -> None:
    sheet = duty.examine("shop")
    assert sheet is not None
    assert lite.read(lambda tx: readiness.get(tx, "shop")) == sheet
    assert (sheet.active, sheet.topology) == ("eu-central-1", digest(shop))
    assert told(lite) == []


def test_nobody_is_asked_again_before_it_is_time(duty: Examining, clock: ManualClock, question: OneQuestion) -> None:
    duty.examine("shop")
    clock.advance((EVERY - timedelta(seconds=5)).total_seconds())
    assert duty.examine("shop") is None
    clock.advance(5)
    assert duty.examine("shop") is not None
    assert question.asked == 2


def test_what_appears_and_what_goes_is_told_once_each(
    duty: Examining, lite: Store, clock: ManualClock, question: OneQuestion
) -> None:
    for answer in ("it", "it", None, None):
        question.answer = answer
        duty.examine("shop")
        clock.advance(EVERY.total_seconds())
    first, second = told(lite)
    assert [entry["code"] for entry in first["appeared"]] == ["it"]
    assert first["blocking"] == 1
    assert [entry["code"] for entry in second["gone"]] == ["it"]
    assert second["blocking"] == 0


def test_a_question_that_cannot_be_asked_is_neither_mended_nor_news(
    duty: Examining, lite: Store, clock: ManualClock, question: OneQuestion
) -> None:
    question.answer = "it"
    duty.examine("shop")
    question.answer = DeniedError("permission is missing")
    clock.advance(SOON.total_seconds())
    sheet = duty.examine("shop")
    assert sheet is not None
    assert [check.code for check in sheet.blocking] == ["it"]
    assert len(told(lite)) == 1


def test_a_sheet_of_an_older_version_is_made_anew(duty: Examining, lite: Store, clock: ManualClock) -> None:
    lite.write(lambda tx: snapshots.put(tx, Snapshot("readiness/shop", clock.now(), '{"checks": "of another shape"}')))
    assert duty.examine("shop") is not None


def test_an_inquiry_whose_judgement_breaks_is_unknown_and_the_others_stand(
    shop: Topology, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(subject: Subject) -> Iterator[Inquiry[Any]]:
        yield Inquiry("a-unknown", "tests", "a", EVERYWHERE, "a test", dict, lambda seen, about: [seen["not there"]])
        yield Inquiry(
            "b-unknown", "tests", "b", EVERYWHERE, "a test", dict, lambda seen, about: [about.ok("b", "fine")]
        )

    subject = Subject("shop", shop, lambda s, r: None, None, "eu-central-1", clock.now(), Surroundings(shake))
    sheet = preflight(subject, (broken,), clock)
    assert [(check.code, check.state) for check in sheet.checks] == [
        ("a-unknown", CheckState.UNKNOWN),
        ("b", CheckState.OK),
    ]
    assert "a-unknown" in caplog.text


def test_an_examination_that_breaks_before_it_asks_is_unknown_and_the_others_stand(
    shop: Topology, clock: ManualClock, question: OneQuestion, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(subject: Subject) -> Iterator[Inquiry[Any]]:
        yield Inquiry("a", "tests", "a", EVERYWHERE, "a test", dict, lambda seen, about: [about.ok("a", "fine")])
        raise ZeroDivisionError

    subject = Subject("shop", shop, lambda s, r: None, None, "eu-central-1", clock.now(), Surroundings(shake))
    sheet = preflight(subject, (broken, question), clock)
    assert [(check.code, check.state) for check in sheet.checks] == [
        ("a", CheckState.OK),
        ("examination-unknown", CheckState.UNKNOWN),
        ("it", CheckState.OK),
    ]
    assert "ZeroDivisionError" in sheet.checks[1].message
    assert "test_examining is broken" in caplog.text


def test_a_preflight_that_breaks_is_tried_again_after_a_minute_and_not_at_every_tick(
    duty: Examining, lite: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def broken(name: str) -> Sheet | None:
        tried.append(name)
        raise KeyError(name)

    monkeypatch.setattr(duty, "examine", broken)

    for _ in range(32):
        duty.round()
        clock.advance(2)
    assert tried == ["shop", "shop"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///dr.db", None),
        ("postgresql+psycopg://u:secret@dr.abc.eu-west-1.rds.amazonaws.com/dr", "dr.abc.eu-west-1.rds.amazonaws.com"),
        ("postgresql://u@/dr?host=/tmp/socket", "local socket"),
    ],
)
def test_the_store_is_known_by_its_host_alone(url: str, expected: str | None) -> None:
    assert store_host(url) == expected


def test_a_sheet_survives_the_store(check: Any, sheet: Any) -> None:
    made: Sheet = sheet(check())
    assert Sheet.model_validate_json(made.model_dump_json()) == made
