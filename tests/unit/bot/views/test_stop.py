"""The modals that stop something show what is down, ask why, and send the same words again."""

import json
from datetime import UTC, datetime

import pytest

from bot.sandbox.slack.blocks import view_problems as slack_view_problems
from bot.views.stop import stop
from dr_core.execution.impact import Impact
from tests.unit.bot.lint import view_problems

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
FACTS = ("3 of 9 steps are done.", "Nobody can write (seen 4 s ago).", "x" * 500)


def impact(run: str = "run-1") -> Impact:
    return Impact(run=run, application="shop", at=NOW, facts=FACTS)


@pytest.mark.parametrize("verb", ["run pause", "run abort", "brake on"])
def test_in_the_middle_every_run_is_shown_with_what_is_down(verb: str) -> None:
    view = stop(verb, verb.split(), tuple(impact(f"run-{n}") for n in range(30)), "C1", "two words")
    shown = str(view["blocks"])
    assert "Nobody can write (seen 4 s ago)" in shown
    assert "run-1," in shown
    assert "18 more runs" in shown
    assert json.loads(str(view["private_metadata"]))["words"] == [*verb.split(), "--confirm"]
    assert view["blocks"][-1]["element"]["initial_value"] == "two words"  # type: ignore[index,call-overload]
    assert view_problems(view) == ()
    assert slack_view_problems(view) == []


@pytest.mark.parametrize("verb", ["run pause", "run abort", "brake on"])
def test_before_anything_was_taken_away_nothing_is_confirmed_in_advance(verb: str) -> None:
    """Should the run come to its middle while somebody types, it is asked again."""
    view = stop(verb, [*verb.split(), "run-1"], (), "C1")
    assert json.loads(str(view["private_metadata"]))["words"] == [*verb.split(), "run-1"]
    assert "Nothing was taken away" in str(view["blocks"]) or "No run is in its middle" in str(view["blocks"])
    assert view_problems(view) == ()
    assert slack_view_problems(view) == []
