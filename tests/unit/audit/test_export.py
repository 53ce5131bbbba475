"""The export: the trail of one moment, read a page at a time, and printed as it is read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commands.rendering.audit import export, verdict
from dr_core.audit.chain import GENESIS, hash_of
from dr_core.reports.audit import AnchorPlace, AuditVerdict, ExportedTrail, audit_export

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dr_core.audit.trail._PAGE", 2)


@pytest.mark.usefixtures("small_pages")
def test_every_event_comes_once_and_links_whatever_the_size_of_a_page(stage: Any) -> None:
    for number in range(5):
        stage.note(number)
    lines = list(ExportedTrail(stage.store))
    assert [(line.chain, line.seq) for line in lines] == [*(("ops", n) for n in range(1, 6)), ("root", 1)]
    prev = GENESIS
    for line in lines[:5]:
        assert (line.prev, line.hash) == (prev, hash_of(prev, line.body))
        prev = line.hash


@pytest.mark.usefixtures("small_pages")
def test_what_is_appended_while_it_is_read_is_left_out(stage: Any) -> None:
    for number in range(3):
        stage.note(number)
    lines = []
    for line in ExportedTrail(stage.store):
        stage.note(100 + line.seq)
        lines.append(line)
    assert [(line.chain, line.seq) for line in lines] == [("ops", 1), ("ops", 2), ("ops", 3), ("root", 1)]


@pytest.mark.usefixtures("small_pages")
def test_no_more_than_a_page_is_read_ahead(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        stage.note(number)
    report, reads = audit_export(stage.store), []
    read = stage.store.read
    monkeypatch.setattr(stage.store, "read", lambda work: reads.append(1) or read(work))
    lines = export(report, NOW)
    next(iter(lines))
    assert len(reads) == 2, "where the chains end, and the first page"


def test_the_verdict_in_words_names_places_losses_and_the_tail() -> None:
    report = AuditVerdict(
        at=NOW, ok=True, events=7, chains=2, first_bad=None, complete=False, anchors=3, newest_anchor=3,
        newest_anchor_at=NOW, unanchored=1, signatures="checked",
        places=(AnchorPlace(place="eu-west-1/b", state="unreachable", first=None, last=None, detail="not asked"),),
        lost=("ops/4: the store was rolled back and has lost what anchors 2 to 3 cover",),
        tail="1 event since anchor 3: a database superuser can rewrite that tail unseen.",
    )  # fmt: skip
    said = "\n".join(verdict(report, NOW))
    assert "The trail is whole: 7 events in 2 chains" in said
    assert "eu-west-1/b  unreachable  not asked" in said
    assert "HISTORY WAS LOST: ops/4" in said
    assert "Not everything could be looked at" in said
    assert "can rewrite that tail unseen" in said
