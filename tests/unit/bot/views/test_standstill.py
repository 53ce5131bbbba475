"""A run that stands still says why, since when and by whom, and what to do; its buttons are those that do something."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.sandbox.slack.blocks import message_problems as slack_problems
from bot.views import decide, listing, run, status
from bot.views.brake import brake
from bot.views.card import card
from bot.views.message import Message
from bot.views.standstill import word
from dr_core.approvals import tokens
from dr_core.reports.brake import BrakeReport, StoppedRun
from dr_core.reports.listing import RunItem, RunList
from dr_core.reports.model import AckView, BrakeView, EndingView, HoldView, RunLine, RunView
from tests.unit.bot.lint import message_problems

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOKENS = {name: f"token-{name}" for name in tokens.ACTIONS}
NASTY = "one\ntwo \u202e<!channel> *bold* " + "x" * 400
BRAKE = BrakeView(since=NOW, by="Grace <g>", reason=NASTY)
ENDING = EndingView(by="Ada", reason=NASTY, at=NOW)


def hold(kind: str, by: str | None = None) -> HoldView:
    return HoldView(kind=kind, reason=NASTY, since=NOW, by=by)


PAUSED, UNCERTAIN, ROUND = hold("paused", "Ada"), hold("uncertain"), hold("round")
STATES: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "running": ({}, "running", {"pause", "abort", "details"}),
    "paused": ({"holds": (PAUSED,), "state": "held"}, "paused", {"resume", "abort", "details"}),
    "uncertain": ({"holds": (UNCERTAIN,), "state": "held"}, "held", {"resume", "abort", "details"}),
    "braked": ({"braked_since": NOW, "brake": BRAKE}, "braked", {"abort", "details"}),
    "braked and paused": (
        {"braked_since": NOW, "brake": BRAKE, "holds": (PAUSED,), "state": "held"},
        "braked",
        {"resume", "abort", "details"},
    ),
    "pending": ({"state": "pending", "owner": None}, "pending", {"pause", "abort", "details"}),
    "aborting": ({"ending": ENDING}, "aborting", {"details"}),
    "stalled": ({"silent_seconds": 35}, "stalled", {"pause", "abort", "details"}),
    "finished": ({"state": "aborted", "ended_at": NOW}, "aborted", set()),
}


def view_of(samples: Any, changes: dict[str, Any]) -> RunView:
    found: RunView = samples.run(step_states=("done", "uncertain", "waiting")).model_copy(update=changes)
    return found


def buttons(made: Message) -> dict[str, Any]:
    return {e["action_id"]: e for block in made.blocks if block["type"] == "actions" for e in block["elements"]}


@pytest.mark.parametrize("name", STATES)
def test_a_run_has_the_buttons_that_do_something_in_its_state(samples: Any, name: str) -> None:
    changes, title, actions = STATES[name]
    made = card(samples.request("approved", acks=2, run="run-7k2m9qpd"), view_of(samples, changes), TOKENS, NOW)
    assert set(buttons(made)) == actions
    assert f"{title}: forced failover of shop" in made.blocks[0]["text"]["text"]
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []


@pytest.mark.parametrize("name", [name for name, (changes, *_) in STATES.items() if changes])
def test_text_from_people_is_one_plain_line_there(samples: Any, name: str) -> None:
    made = card(samples.request("approved", acks=2), view_of(samples, STATES[name][0]), TOKENS, NOW)
    told = [block for block in made.blocks if "\u202e" in str(block) or "<!channel>" in str(block)]
    assert all(block["text"]["type"] == "plain_text" for block in told if block["type"] == "section")
    assert "\u202e" not in str(made.blocks)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("paused", ("Ada paused this run", "Nothing new starts", "an approver presses Resume", "Abort")),
        ("uncertain", ("Nobody knows whether this was done", "two writers", "Step 1", "looks again", "Abort")),
        ("braked", ("The brake is on", "Grace &lt;g&gt;", "an approver types `/dr brake off`", "goes on where it was")),
        ("aborting", ("Ada ended this run", "watched to their end", "Nothing is undone")),
        ("pending", ("Waits for a worker", "/dr doctor")),
        ("stalled", ("not been heard of for 35 s", "another takes it by itself", "/dr run takeover run-7k2m9qpd")),
    ],
)
def test_each_standstill_says_why_and_the_way_out(samples: Any, name: str, words: tuple[str, ...]) -> None:
    view = view_of(samples, STATES[name][0])
    for made in (card(samples.request("approved", acks=2), view, TOKENS, NOW), run.run(view)):
        assert [one for one in words if one not in str(made.blocks)] == []
        assert message_problems(made) == ()


def test_a_running_run_says_nothing_of_the_kind(samples: Any) -> None:
    shown = str(card(samples.request("approved", acks=2), view_of(samples, {}), TOKENS, NOW).blocks)
    assert "Way out" not in shown


def test_a_new_round_shows_why_and_what_was_accepted_before_beside_what_is_measured_now(samples: Any) -> None:
    acks = (
        AckView(person="Grace <g>", round=1, at=NOW, accepted_limit_seconds=60, kind="slack"),
        AckView(person="Linus", round=2, at=NOW, accepted_limit_seconds=900, kind="slack"),
    )
    asked = samples.request("open", round=2, missing=1, run="run-7k2m9qpd").model_copy(update={"acks": acks})
    made = card(asked, view_of(samples, {"holds": (ROUND,), "state": "held"}), TOKENS, NOW)
    shown = str(made.blocks)
    for words in (
        "needs its approvals again",
        "1 approval missing of 2",
        "approved by Linus",
        "Approvals of earlier rounds no longer count",
        "*Measured now*: exposure 400 ms; *to be accepted now*: a loss of up to 900 s",
        "round 1: Grace &lt;g&gt;",
        "accepting a loss of 60 s",
        "Deny ends the run",
    ):
        assert words in shown, words
    assert set(buttons(made)) == {"approve", "deny", "cancel", "details"}
    assert buttons(made)["cancel"]["confirm"]["title"]["text"] == "Cancel this failover?"
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []
    assert "also ends its run" in str(decide.deny(asked, "C1"))


def test_a_round_that_expired_is_renewed_or_its_run_aborted(samples: Any) -> None:
    asked = samples.request("expired", round=2, run="run-7k2m9qpd")
    made = card(asked, view_of(samples, {"holds": (ROUND,), "state": "held"}), TOKENS, NOW)
    assert set(buttons(made)) == {"renew", "abort", "details"}
    assert message_problems(made) == ()


def test_resuming_asks_once_more_in_the_words_of_what_happens(samples: Any) -> None:
    request = samples.request("approved", acks=2)
    paused = buttons(card(request, view_of(samples, STATES["paused"][0]), TOKENS, NOW))["resume"]["confirm"]
    doubtful = buttons(card(request, view_of(samples, STATES["uncertain"][0]), TOKENS, NOW))["resume"]["confirm"]
    assert "Ada paused it: one two" in paused["text"]["text"]
    assert "looks at the uncertain step again" in doubtful["text"]["text"]


def test_a_request_in_place_of_a_run_says_which_one_it_ends(samples: Any) -> None:
    made = card(samples.request(supersedes="run-old"), None, TOKENS, NOW)
    assert "In place of run `run-old`" in str(made.blocks)


def test_a_finished_run_stands_nowhere_still(samples: Any) -> None:
    view = samples.run("succeeded").model_copy(update={"ending": ENDING, "holds": (PAUSED,)})
    assert word(view) == "succeeded"
    assert "Way out" not in str(run.run(view).blocks)


@pytest.mark.parametrize("engaged", [True, False])
def test_the_brake_is_one_short_message(engaged: bool) -> None:
    stopped = (StoppedRun(id="run-1", application="shop", state="running"),)
    report = BrakeReport(at=NOW, engaged=engaged, since=NOW, by="Ada", reason=NASTY, runs=stopped)
    made = brake(report)
    assert message_problems(made) == ()
    assert "run-1" in str(made.blocks)
    assert ("/dr brake off" in str(made.blocks)) == engaged


def test_status_begins_with_the_brake_and_says_what_stands_still(samples: Any) -> None:
    line = RunLine(
        id="run-1", mode="planned", source="a", target="b", state="held", done=1, total=3, current="", started_at=NOW,
        stopped=("the brake is on", f"paused by Ada: {NASTY}"),
    )  # fmt: skip
    report = samples.status()
    apps = (report.applications[0].model_copy(update={"runs": (line,)}),)
    made = status.status(report.model_copy(update={"brake": True, "braked": BRAKE, "applications": apps}))
    assert made.text.startswith("Brake on, by Grace &lt;g&gt;.")
    assert "The brake is on" in str(made.blocks[1])
    assert "*nothing new starts*: the brake is on; paused by Ada: one two" in str(made.blocks)
    assert "<!channel>" not in str([block for block in made.blocks if "mrkdwn" in str(block)])
    assert message_problems(made) == ()


def test_the_list_of_runs_says_what_stands_still() -> None:
    item = RunItem(
        id="run-1", request="r-1", application="shop", mode="planned", source="a", target="b", state="held", done=1,
        total=3, current="", created_at=NOW, started_at=NOW, ended_at=None, rto_seconds=None, rto_target_seconds=900,
        loss_seconds=None, loss_reason="", stopped=("paused by Ada: wait",),
    )  # fmt: skip
    made = listing.runs(RunList(at=NOW + timedelta(seconds=1), runs=(item,)))
    assert "*nothing new starts*: paused by Ada: wait" in str(made.blocks)
    assert message_problems(made) == ()
