"""An incident in a terminal: while Slack is down it is opened, noted and closed by people whom a worker has proven."""

import pytest

from commands.rendering.text import render
from dr_core.errors import RefusedError
from dr_core.reports.incidents import IncidentView
from dr_core.terminal.answer import AnsweredError
from tests.unit.terminal.test_typed import Typing, type_as

__all__ = ["type_as"]


def shown(type_as: Typing, name: str, *words: str) -> IncidentView:
    view = type_as(name, *words).result
    assert isinstance(view, IncidentView)
    return view


def test_it_is_opened_noted_and_closed_as_in_slack(type_as: Typing) -> None:
    opened = shown(type_as, "robin", "incident", "checkout answers 500")
    assert (opened.by, opened.application, opened.title) == ("Robin", "shop", "checkout answers 500")
    noted = shown(type_as, "ada", "note", "called the provider", "--incident", opened.id)
    assert [(note.by, note.text) for note in noted.notes] == [("Ada", "called the provider")]
    with pytest.raises(AnsweredError, match=f"Incident {opened.id} about shop is open already"):
        type_as("ada", "incident", "again")
    closed = shown(type_as, "ada", "incident", "close", "--reason", "over")
    assert (closed.state, closed.closed_by) == ("closed", "Ada")
    assert "closed by Ada" in render(closed)


def test_a_stranger_opens_nothing(type_as: Typing) -> None:
    with pytest.raises((AnsweredError, RefusedError)):
        type_as("stranger", "incident", "checkout answers 500")
