"""Every message stays within Slack's limits, whatever is put in, and the linter knows what Slack would refuse."""

from bot.views import message as m
from bot.views.lint import message_problems, view_problems


def test_too_many_blocks_are_counted_and_the_buttons_stay() -> None:
    buttons = m.actions([m.button("Go", "approve", "token")])
    made = m.message("hello", *(m.section(str(number)) for number in range(80)), buttons)
    assert len(made.blocks) == m.MOST_BLOCKS
    assert made.blocks[-1] == buttons
    assert "32 more in the thread" in str(made.blocks[-2])
    assert message_problems(made) == ()


def test_a_table_has_no_empty_cell_and_counts_what_it_leaves_out() -> None:
    made = m.table(("A", "B"), [("x", "")] * 250)
    assert len(made["rows"]) == m.MOST_ROWS
    assert "152 more in the thread" in str(made["rows"][-1])
    assert message_problems(m.message("t", made)) == ()


def test_a_plan_holds_fifty_tasks_and_counts_the_rest() -> None:
    made = m.plan("Run", [m.Task(str(number), "step", "pending") for number in range(60)])
    assert len(made["tasks"]) == 50
    assert "10 more in the thread" in str(made["title"])


def test_the_fallback_text_is_escaped_and_never_empty() -> None:
    assert m.message("<!here> & co").text == "&lt;!here&gt; &amp; co"
    assert message_problems(m.Message(" ")) == ("a message needs a fallback text",)


def test_without_new_blocks_nothing_but_sections_is_left_and_no_word_is_lost() -> None:
    made = m.message(
        "t", m.table(("Store", "Age"), [("aurora", "3 s")]), m.plan("Run", [m.Task("a", "Fence", "complete")])
    )
    plainer = m.without_new_blocks(made)
    assert {block["type"] for block in plainer.blocks} == {"section"}
    assert all(word in str(plainer.blocks) for word in ("aurora", "3 s", "complete: Fence"))


def test_the_linter_finds_what_slack_refuses() -> None:
    twice = m.table(("A",), [("x",)])
    primary = [m.button("Go", name, "t", style="primary") for name in ("a", "b")]
    found = message_problems(m.message("t", twice, twice, m.actions(primary), {"type": "section"}))
    assert {"more than one table", "more than one primary button", "empty section"} <= set(found)
    view = {"type": "modal", "title": m.plain("t" * 30), "blocks": [{"type": "input"}, twice]}
    assert {
        "title is over 24 characters",
        "a modal with inputs needs a submit",
        "table is not allowed in a view",
    } <= set(view_problems(view))
