"""The local Slack refuses what Slack refuses, and says why and where."""

from typing import Any

import pytest

from bot.sandbox.slack.blocks import message_problems, view_problems


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str = "hello", **rest: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **rest}


def button(**rest: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Go"), **rest}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def table(rows: list[list[str]]) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}


def plan(status: str = "pending", count: int = 1) -> dict[str, Any]:
    tasks = [
        {"type": "task_card", "task_id": str(number), "title": "Step", "status": status} for number in range(count)
    ]
    return {"type": "plan", "title": "Plan", "tasks": tasks}


def select(**rest: Any) -> dict[str, Any]:
    options = [{"text": plain("West"), "value": "w"}, {"text": plain("East"), "value": "e"}]
    return {"type": "static_select", "action_id": "region", "options": options, **rest}


REFUSED = [
    pytest.param([section()] * 51, "no more than 50 items", "/blocks", id="51 blocks"),
    pytest.param([section("x" * 3001)], "less than 3001", "/blocks/0/text/text", id="a long section"),
    pytest.param([section("")], "more than 0", "/blocks/0/text/text", id="an empty text"),
    pytest.param([{"type": "section"}], "text or fields", "/blocks/0", id="an empty section"),
    pytest.param(
        [{"type": "section", "fields": [plain("x" * 2001)]}], "less than 2001", "/fields/0/text", id="a long field"
    ),
    pytest.param([{"type": "section", "fields": [plain("x")] * 11}], "no more than 10", "/fields", id="11 fields"),
    pytest.param([{"type": "header", "text": plain("x" * 151)}], "less than 151", "/text/text", id="a long header"),
    pytest.param(
        [{"type": "header", "text": section()["text"]}],
        "valid enum value: plain_text",
        "/text/type",
        id="mrkdwn header",
    ),
    pytest.param([{"type": "blink"}], "unsupported type: blink", "/blocks/0/type", id="an unknown block"),
    pytest.param([section(colour="red")], "invalid additional property: colour", "/blocks/0", id="an unknown key"),
    pytest.param([actions()], "no fewer than 1", "/elements", id="no elements"),
    pytest.param([actions(*[button()] * 26)], "no more than 25", "/elements", id="26 elements"),
    pytest.param([actions(button(value="x" * 2001))], "less than 2001", "/elements/0/value", id="a long button value"),
    pytest.param([actions(button(style="huge"))], "valid enum value", "/elements/0/style", id="an unknown style"),
    pytest.param([actions(button(text=plain("x" * 76)))], "less than 76", "/elements/0/text/text", id="a long button"),
    pytest.param(
        [actions(button(action_id="a"), button(action_id="a"))],
        'action_id "a" already',
        "/blocks/0",
        id="action id twice",
    ),
    pytest.param(
        [section(block_id="b"), section(block_id="b")], 'block_id "b" already', "/blocks", id="block id twice"
    ),
    pytest.param([table([["a", " "]])], "must not be empty", "/rows/0/1", id="an empty cell"),
    pytest.param([table([["a"] * 21])], "no more than 20", "/rows/0", id="21 columns"),
    pytest.param([table([["a"]] * 101)], "no more than 100", "/rows", id="101 rows"),
    pytest.param([table([["a"]]), table([["a"]])], "only_one_table_allowed", "/blocks", id="two tables"),
    pytest.param(
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
        "unsupported type: text",
        "/elements/0/type",
        id="rich text without a section",
    ),
    pytest.param([plan("finished")], "valid enum value", "/tasks/0/status", id="an unknown task status"),
    pytest.param([plan(count=51)], "no more than 50", "/tasks", id="51 tasks"),
    pytest.param(
        [{"type": "alert", "text": plain("x")}], "not allowed in messages", "/blocks/0", id="an alert in a message"
    ),
    pytest.param(
        [actions(select(initial_option={"text": plain("?"), "value": "?"}))],
        "must match one",
        "/elements/0",
        id="initial",
    ),
    pytest.param(
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text",
        "/blocks/0",
        id="alt",
    ),
    pytest.param("hello", "must be an array", "/blocks", id="no array"),
]


@pytest.mark.parametrize(("blocks", "reason", "where"), REFUSED)
def test_a_message_that_slack_refuses_is_refused_with_reason_and_place(blocks: Any, reason: str, where: str) -> None:
    problems = message_problems(blocks)
    assert any(reason in one and where in one for one in problems), problems


def test_a_message_with_everything_the_bot_draws_is_accepted() -> None:
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
    }
    confirm = {"title": plain("Sure?"), "text": plain("It ends."), "confirm": plain("End"), "deny": plain("Keep")}
    blocks = [
        {"type": "header", "text": plain("Failover")},
        section(),
        {"type": "section", "fields": [plain("a"), section()["text"]]},
        actions(button(action_id="a", confirm=confirm, style="danger", value="t"), button(action_id="b"), select()),
        {"type": "context", "elements": [section()["text"], plain("a")]},
        table([["Region", "Lag"], ["eu-west-1", "0.8 s"]]),
        plan("in_progress"),
        {
            "type": "plan",
            "title": "Plan",
            "tasks": [{"task_id": "1", "title": "Step", "status": "error", "details": rich}],
        },
        {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "chart"},
        {"type": "divider", "block_id": None},
        rich,
    ]
    assert message_problems(blocks) == []


def modal(*blocks: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Approve"), "blocks": list(blocks), **rest}


INPUT = {"type": "input", "label": plain("Limit"), "element": {"type": "plain_text_input", "action_id": "x"}}


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        pytest.param(modal(title=plain("x" * 25)), "less than 25", id="a long title"),
        pytest.param(modal(INPUT), "missing required field: submit", id="inputs without submit"),
        pytest.param(modal(table([["a"]])), "not allowed in modal", id="a table in a modal"),
        pytest.param(modal(*[section()] * 101), "no more than 100", id="101 blocks"),
        pytest.param(modal(private_metadata="x" * 3001), "less than 3001", id="long metadata"),
        pytest.param(
            {"type": "home", "blocks": [], "title": plain("x")}, "invalid additional property: title", id="titled home"
        ),
        pytest.param({"type": "page", "blocks": []}, "unsupported type: page", id="an unknown view"),
    ],
)
def test_a_view_that_slack_refuses_is_refused_with_its_reason(view: Any, reason: str) -> None:
    assert any(reason in one for one in view_problems(view))


def test_an_alert_is_fine_in_a_modal() -> None:
    alert = {"type": "alert", "level": "warning", "text": plain("careful")}
    assert view_problems(modal(alert, INPUT, submit=plain("Send"))) == []
