"""The card: what stands on it in each state, which buttons it has, and that Slack accepts it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.sandbox.slack.blocks import message_problems as slack_problems
from bot.sandbox.slack.blocks import view_problems as slack_view_problems
from bot.views import decide
from bot.views import plan as plan_view
from bot.views.card import card, details
from bot.views.message import Message
from dr_core.approvals import tokens
from tests.unit.bot.lint import message_problems, view_problems

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOKENS = {name: f"token-{name}" for name in tokens.ACTIONS}


def buttons(made: Message) -> dict[str, Any]:
    return {e["action_id"]: e for block in made.blocks if block["type"] == "actions" for e in block["elements"]}


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("open", {"approve", "deny", "cancel", "details"}),
        ("expired", {"renew", "details"}),
        ("approved", set()),
        ("denied", set()),
        ("cancelled", set()),
        ("void", set()),
    ],
)
def test_a_card_has_buttons_only_while_somebody_can_press_them(state: str, names: set[str], samples: Any) -> None:
    made = card(samples.request(state), None, TOKENS, NOW)
    assert set(buttons(made)) == names
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []


def test_a_button_carries_its_opaque_token_and_nothing_else(samples: Any) -> None:
    made = buttons(card(samples.request(), None, TOKENS, NOW))
    assert {name: one["value"] for name, one in made.items()} == {name: TOKENS[name] for name in made}
    assert "confirm" in made["cancel"]
    assert made["approve"]["style"] == "primary"


def test_an_open_card_says_what_is_missing_who_acknowledged_and_when_it_expires(samples: Any) -> None:
    shown = str(card(samples.request(), None, TOKENS, NOW, mention="<!subteam^S1>").blocks)
    for words in (
        "1 approval missing of 2",
        "Grace &lt;g&gt;",
        "<!date^",
        "<!subteam^S1>",
        "400 ms",
        "age 3 s",
        "900 s",
    ):
        assert words in shown


def test_only_the_first_post_mentions_the_approvers_in_its_text(samples: Any) -> None:
    request = samples.request()
    assert card(request, None, TOKENS, NOW, mention="<@U1>", paging=True).text.startswith("<@U1> ")
    assert "<@U1>" not in card(request, None, TOKENS, NOW, mention="<@U1>").text


def test_a_decided_card_names_who_decided_and_why(samples: Any) -> None:
    shown = str(
        card(samples.request("denied", decided_by="Linus", decision_reason="it is back"), None, TOKENS, NOW).blocks
    )
    assert "denied by Linus" in shown
    assert "it is back" in shown


def test_a_run_stands_on_its_card_as_a_plan_with_the_state_of_each_step(samples: Any) -> None:
    made = card(samples.request("approved", acks=2), samples.run(), TOKENS, NOW)
    tasks = next(block for block in made.blocks if block["type"] == "plan")["tasks"]
    assert [task["status"] for task in tasks] == ["complete", "in_progress", "pending"]
    assert slack_problems(list(made.blocks)) == []


def test_a_finished_card_tells_rto_by_segment_and_the_loss_with_its_reason(samples: Any) -> None:
    made = card(samples.request("approved", acks=2), samples.run("succeeded", step_states=("done",) * 3), TOKENS, NOW)
    shown = str(made.blocks)
    for words in (
        "7 m 5 s",
        "7 m 11 s",
        "not detected by the bot",
        "Loss: unknown",
        "the old primary is not reachable",
    ):
        assert words in shown
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []


def test_text_from_people_is_one_plain_line_wherever_it_stands(samples: Any) -> None:
    made = card(samples.request(), None, TOKENS, NOW)
    quoted = next(block for block in made.blocks if "Asked by Robin" in str(block))
    assert quoted["text"]["type"] == "plain_text"
    assert "\u202e" not in str(made)
    assert "\n" not in quoted["text"]["text"]


def test_a_plan_of_many_steps_still_fits(samples: Any) -> None:
    made = details(samples.request(steps=200), samples.run(step_states=("done",) * 200))
    assert message_problems(made) == ()


@pytest.mark.parametrize("count", [12, 60])
def test_a_plan_shows_every_step_within_slacks_limits(count: int, samples: Any) -> None:
    """Sixty steps fit because neighbours of one kind share a line, not because the middle is cut out."""
    made = plan_view.plan(samples.plan(steps=count))
    assert message_problems(made) == ()
    assert slack_problems(list(made.blocks)) == []
    shown = str(made.blocks)
    assert "more lines than a message holds" not in shown
    assert "1. Step 0" in shown
    assert f"{count}. " in shown
    assert "cannot be undone" in shown


def test_sixty_wordy_steps_of_as_many_kinds_fit_with_shorter_titles(samples: Any) -> None:
    report = samples.plan(steps=60)
    wordy = [
        one.model_copy(update={"kind": f"kind-{one.name}", "title": f"{one.title} {'w' * 240}"}) for one in report.steps
    ]
    made = plan_view.plan(report.model_copy(update={"steps": tuple(wordy)}))
    assert message_problems(made) == ()
    shown = str(made.blocks)
    assert all(f"{number}. Step {number - 1} www" in shown for number in range(1, 61))


def test_the_card_marks_what_cannot_be_undone_and_folds_the_rest(samples: Any) -> None:
    shown = str(card(samples.request(steps=90), None, TOKENS, NOW).blocks)
    assert "2. Step 1 (cannot be undone)" in shown
    assert "3 to 90. Step 2, and 87 more like it" in shown


def test_the_card_of_a_short_plan_says_of_each_step_what_it_leans_on_and_how_long_it_takes(samples: Any) -> None:
    shown = str(card(samples.request(), None, TOKENS, NOW).blocks)
    assert shown.count("control plane of eu-west-1; takes about 8 m (AWS documentation)") == 3


@pytest.mark.parametrize("must_type", ["900", "unknown", None])
def test_the_approve_view_shows_the_exact_text_to_type(must_type: str | None, samples: Any) -> None:
    view = decide.approve(samples.request(), must_type, "C0INCIDENT")
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert view_problems(view) == ()
    assert slack_view_problems(view) == []
    if must_type is None:
        assert inputs == []
    else:
        assert f'"{must_type}"' in inputs[0]["label"]["text"]
        assert inputs[0]["element"]["placeholder"]["text"] == must_type


def test_the_deny_and_details_views_are_accepted_by_slack(samples: Any) -> None:
    for view in (decide.deny(samples.request(), "C1"), decide.details(samples.request(), samples.run())):
        assert view_problems(view) == ()
        assert slack_view_problems(view) == []


def test_a_card_of_many_wordy_steps_is_cut_and_keeps_its_buttons(samples: Any) -> None:
    made = card(samples.request("approved"), samples.run(step_states=("done",) * 30 + ("running",) * 20), TOKENS, NOW)
    assert message_problems(made) == ()
    assert "more lines than a message holds" in str(made.blocks)
    assert made.blocks[-1]["type"] == "actions"
