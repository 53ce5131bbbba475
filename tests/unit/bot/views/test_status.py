"""The status message: the worst first, values with their age, and no limit of Slack's broken by many applications."""

from typing import Any

import pytest

from bot.sandbox.slack.blocks import message_problems as slack_problems
from bot.sandbox.slack.blocks import view_problems as slack_view_problems
from bot.views.home import home
from bot.views.status import status, summary
from dr_core.observation.model import Verdict
from dr_core.reports.model import RunLine
from tests.unit.bot.lint import message_problems, view_problems


@pytest.mark.parametrize("count", [1, 2, 6, 7, 40, 1000])
def test_any_number_of_applications_fits(count: int, samples: Any) -> None:
    made = status(samples.status(count))
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []
    view = home(samples.status(count))
    assert view_problems(view) == ()
    assert slack_view_problems(view) == []


def test_exposure_stands_with_threshold_and_age_and_unknown_is_a_word(samples: Any) -> None:
    rows = next(block for block in status(samples.status()).blocks if block["type"] == "table")["rows"]
    texts = [[cell["text"] for cell in row] for row in rows]
    known, unknown = next(r for r in texts if r[2] == "400 ms"), next(r for r in texts if r[2] == "unknown")
    assert known[3:5] == ["1 m", "3 s"]
    assert unknown[4] == "unknown"
    assert "unknown" in unknown[5]


@pytest.mark.parametrize(
    ("state", "words"),
    [("running", ", 1 run under way"), ("held", ", 1 run under way"), ("failed", ", last run failed")],
)
def test_a_run_that_is_over_is_not_under_way(samples: Any, state: str, words: str) -> None:
    report = samples.status(1)
    run = RunLine(
        id="run-a", mode="forced", purpose="failover", source="a", target="b", state=state, done=1, total=2, current="",
        started_at=samples.NOW,
    )  # fmt: skip
    app = report.applications[0].model_copy(update={"runs": (run,)})
    told = summary(report.model_copy(update={"applications": (app,)}))
    assert words in told
    assert ("under way" in told) is ("under way" in words)


def test_what_is_down_comes_before_what_is_well(samples: Any) -> None:
    bad, good = samples.status(1), samples.status(2, verdict=Verdict.HEALTHY)
    renamed = bad.applications[0].model_copy(update={"name": "zeta"})
    report = bad.model_copy(update={"applications": (*good.applications, renamed)})
    assert summary(report).startswith("zeta: ")


def test_a_region_shows_its_role_verdict_reasons_and_age(samples: Any) -> None:
    shown = str(status(samples.status()).blocks)
    assert "eu-central-1 (active)" in shown
    assert "12 s ago" in shown
    assert "down" in shown
