"""Incidents, notes and reports as they are typed, on both faces."""

from pathlib import Path
from typing import Any

import pytest

from bot.views.result import draw
from commands.arguments import bind
from commands.dispatch import dispatch
from commands.operators import terminal_actor
from commands.parsing import parse
from commands.questions import MissingArguments
from commands.rendering.text import render
from dr_core.errors import ConfigError, NotFoundError, RefusedError, UsageError
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology
from tests.unit.approvals.conftest import ask, see
from tests.unit.bot.lint import message_problems

SECOND = Path(__file__).parents[2] / "topologies" / "second.yaml"


@pytest.fixture(scope="module")
def second() -> Topology:
    return load_checked(SECOND)


@pytest.mark.parametrize(
    ("typed", "text", "application"),
    [
        ('incident "checkout answers 500" payments', "checkout answers 500", "payments"),
        ('incident payments "checkout answers 500"', "checkout answers 500", "payments"),
        ('incident "checkout answers 500"', "checkout answers 500", None),
        ("incident checkout answers 500", "checkout answers 500", None),
        ("incident payments is slow", "payments is slow", "payments"),
        ("incident is Payments slow", "is Payments slow", "payments"),
        ("incident outage", "outage", None),
        ("note called the provider, no answer", "called the provider, no answer", None),
        ("note it’s back", "it's back", None),
        ("note --incident i-2 payments and ledger are back", "payments and ledger are back", None),
    ],
)
def test_a_text_may_be_typed_with_or_without_quotes(
    second: Topology, typed: str, text: str, application: str | None
) -> None:
    found = bind(parse(typed, prefix="/dr", json_allowed=False), second)
    assert (found.text("text"), found.text("application")) == (text, application)


def test_with_one_application_it_is_meant_and_without_a_text_it_is_asked_for(shop: Topology) -> None:
    found = bind(parse("incident it burns", prefix="/dr", json_allowed=False), shop)
    assert found.text("application") == "shop"
    with pytest.raises(MissingArguments, match="needs TEXT"):
        bind(parse("incident", prefix="/dr", json_allowed=False), shop)


def test_two_quoted_texts_are_one_too_many(second: Topology) -> None:
    with pytest.raises(UsageError):
        bind(parse('incident "one text" "another text"', prefix="/dr", json_allowed=False), second)


def test_from_the_first_word_to_the_end_every_answer_draws_on_both_faces(desk: Any) -> None:
    typed = ("incident it &lt;burns&gt;", "note water is on its way", "incident show", "incidents", "status", "health",
             "incident close --reason out", "incidents", "status")  # fmt: skip
    shown = []
    for words in typed:
        result = desk.type(words, "U0ADA").result
        assert message_problems(draw(result)) == (), words
        lines = render(result)
        assert all(len(line) <= 100 for line in lines.splitlines()), words
        shown.append(lines)
    assert "about shop, open: it <burns>" in shown[0]
    assert "note at" in shown[1]
    assert "noted: water is on its way" in shown[2]
    assert "INCIDENT i-" in shown[4]
    assert "is open" in shown[5], "in the health report until it is closed"
    assert ", closed: it <burns>" in shown[6]
    assert "INCIDENT" not in shown[8]


def test_who_may_not_ask_may_look(desk: Any) -> None:
    desk.type("incident it burns", "U0ADA")
    assert desk.type("incident show", "U0STRANGER").result.title == "it burns"
    see(desk.services)
    request = ask(desk.services)
    assert desk.type(f"incident show {request.id}", "U0STRANGER").result.title == "it burns"
    for words in ("incident it burns", "note x", "incident close"):
        with pytest.raises(RefusedError):
            desk.type(words, "U0STRANGER")


def test_a_terminal_writes_a_report_in_the_form_that_is_asked_for(desk: Any, tmp_path: Path) -> None:
    opened = desk.type("incident it burns", "U0ADA").result.id

    def typed(*words: str) -> Any:
        return dispatch(desk.services, terminal_actor(), ["report", "after-action", opened, *words]).result

    assert typed().id == opened
    for name, begins in (("r.html", "<!doctype html>"), ("r.json", "{"), ("r.md", "# After-action"), ("r", "# After")):
        said = typed("--out", str(tmp_path / name))
        assert said.path == str(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    assert typed("--format", "html", "--out", str(tmp_path / "x.md")).path
    assert (tmp_path / "x.md").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert render(typed("--format", "md")).startswith("# After-action report: it burns")
    with pytest.raises(UsageError, match="one of md, html, json"):
        typed("--format", "pdf")
    with pytest.raises(ConfigError, match="cannot be written"):
        typed("--out", str(tmp_path / "none" / "r.md"))


def test_slack_writes_no_files_on_the_bots_disk(desk: Any, tmp_path: Path) -> None:
    opened = desk.type("incident it burns", "U0ADA").result.id
    for more in (f"--out {tmp_path}/r.md", "--format html"):
        with pytest.raises(UsageError, match="work in a terminal"):
            desk.type(f"report after-action {opened} {more}", "U0ADA")
    assert list(tmp_path.glob("r.*")) == []
    with pytest.raises(NotFoundError):
        desk.type("report after-action run-nothing1", "U0ADA")
