"""Every message stays within Slack's limits, whatever is put in, and the linter knows what Slack would refuse."""

from bot.views import message as m
from tests.unit.bot.lint import message_problems, view_problems


def test_too_many_blocks_are_counted_and_the_buttons_stay() -> None:
    buttons = m.actions([m.button("Go", "approve", "token")])
    made = m.message("hello", *(m.section(str(number)) for number in range(80)), buttons)
    assert len(made.blocks) == m.MOST_BLOCKS
    assert made.blocks[-1] == buttons
    assert "32 more lines than a message holds" in str(made.blocks)
    assert (made.blocks[0], made.blocks[-2]) == (m.section("0"), m.section("79"))
    assert message_problems(made) == ()


def test_blocks_that_are_too_long_together_lose_lines_from_the_middle() -> None:
    """Slack refuses such a message as a whole: what it is about and what it comes to stay, and so do the buttons."""
    head, buttons = m.header("Title"), m.actions([m.button("Go", "approve", "token")])
    told = m.lines([f"line {number} " + "x" * 100 for number in range(20)])
    rows = m.table(("A", "B"), [(f"row {number}", "x" * 100) for number in range(90)])
    tasks = m.plan("Run", [m.Task(str(number), f"task {number} " + "x" * 100, "complete") for number in range(50)])
    made = m.message("t", head, told, rows, tasks, m.context("the end"), buttons)
    assert message_problems(made) == ()
    assert m.LONGEST_BLOCKS - 500 < m.characters(made.blocks) <= m.LONGEST_BLOCKS
    assert (made.blocks[0], made.blocks[-2], made.blocks[-1]) == (head, m.context("the end"), buttons)
    shown = str(made.blocks)
    kept = sum(f"line {number} " in shown for number in range(20))
    kept += sum(f"'row {number}'" in shown for number in range(90))
    kept += sum(f"task {number} " in shown for number in range(50))
    assert f"{160 - kept} more lines than a message holds" in shown
    assert all(word in shown for word in ("line 0 ", "'row 0'", "task 49 "))


def test_a_cut_within_one_block_leaves_one_block() -> None:
    made = m.message("t", m.table(("A",), [(f"row {number} " + "x" * 200,) for number in range(90)]))
    assert [block["type"] for block in made.blocks] == ["table", "context"]
    assert message_problems(made) == ()


def test_a_table_has_no_empty_cell_and_counts_what_it_leaves_out() -> None:
    made = m.table(("A", "B"), [("x", "")] * 250)
    assert len(made["rows"]) == m.MOST_ROWS
    assert "152 more, not shown" in str(made["rows"][-1])
    assert message_problems(m.message("t", made)) == ()


def test_a_plan_holds_fifty_tasks_and_counts_the_rest() -> None:
    made = m.plan("Run", [m.Task(str(number), "step", "pending") for number in range(60)])
    assert len(made["tasks"]) == 50
    assert "10 more, not shown" in str(made["title"])


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
