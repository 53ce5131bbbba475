"""The grammar: one for Slack text and terminal words."""

import pytest

from commands.parsing import parse, split_slack, words_of
from commands.registry import registry
from dr_core.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("status", ["status"]),
        ("failover eu-west-1 --reason “two words”", ["failover", "eu-west-1", "--reason", "two words"]),
        ("failover eu-west-1 —forced", ["failover", "eu-west-1", "--forced"]),
        ("failover eu-west-1 –forced", ["failover", "eu-west-1", "--forced"]),
        ("deny r-1 --reason ‘not now’", ["deny", "r-1", "--reason", "not now"]),
        ("deny r-1 --reason can’t", ["deny", "r-1", "--reason", "can't"]),
        ("deny r-1 --reason don't", ["deny", "r-1", "--reason", "don't"]),
        ("deny r-1 --reason \"it can't wait - now\"", ["deny", "r-1", "--reason", "it can't wait - now"]),
        ("deny r-1 --reason 'a – b'", ["deny", "r-1", "--reason", "a – b"]),
        ("deny r-1 --reason <@U123|ada>", ["deny", "r-1", "--reason", "@ada"]),
        ("deny r-1 --reason <@U123>", ["deny", "r-1", "--reason", "U123"]),
        ("deny r-1 --reason <#C1|ops>", ["deny", "r-1", "--reason", "#ops"]),
        ("deny r-1 --reason <https://a.b/c|a.b/c>", ["deny", "r-1", "--reason", "a.b/c"]),
        ("deny r-1 --reason \"a &amp; b &lt;c&gt;\"", ["deny", "r-1", "--reason", "a & b <c>"]),
        ("", []),
        ("   ", []),
    ],
)  # fmt: skip
def test_slack_text_becomes_the_words_that_were_meant(typed: str, words: list[str]) -> None:
    assert split_slack(typed) == words


def test_a_quote_that_is_not_closed_says_how_to_write_it() -> None:
    with pytest.raises(UsageError, match="not closed") as caught:
        split_slack('failover eu-west-1 --reason "oops')
    assert "--reason" in (caught.value.hint or "")


def test_an_endless_command_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        split_slack("x" * 5000)


def test_no_words_are_help() -> None:
    assert parse("", prefix="/dr", json_allowed=False).command.name == "help"


@pytest.mark.parametrize("words", [["status", "--help"], ["status", "-h"], ["help", "status"], ["--help", "status"]])
def test_help_is_found_wherever_it_is_asked_for(words: list[str]) -> None:
    parsed = parse(words, prefix="dr", json_allowed=True)
    assert (parsed.command.name, parsed.words) == ("help", ("status",))


def test_json_is_an_option_of_the_terminal_only() -> None:
    assert parse(["status", "--json"], prefix="dr", json_allowed=True).json
    with pytest.raises(UsageError, match="has no option `--json`"):
        parse("status --json", prefix="/dr", json_allowed=False)


def test_two_words_name_one_command() -> None:
    parsed = parse("run show run-1", prefix="/dr", json_allowed=False)
    assert (parsed.command.name, parsed.words) == ("run show", ("run-1",))


def test_commands_are_found_in_any_case() -> None:
    assert parse("STATUS", prefix="/dr", json_allowed=False).command.name == "status"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("failver eu-west-1", "Did you mean `/dr failover`"),
        ("xyzzy", "`/dr help` lists"),
        ("audit", "list, verify, export"),
        ("audit vrfy", "list, verify, export"),
        ("status --verbose", "has no option `--verbose`"),
        ("failover --reason", "--reason needs a value"),
        ("failover x --forced=yes", "--forced takes no value"),
        ("runs --limit many", "expected a number greater than 0"),
        ("runs --limit -4", "expected a number greater than 0"),
        ("runs --limit 0", "expected a number greater than 0"),
        ("deny r-1 --reason '  '", "expected a text that is not empty"),
        ("failover --reas x", "has no option `--reas`"),
    ],
)
def test_what_is_wrong_is_named_with_the_way_out(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(typed, prefix="/dr", json_allowed=False)
    assert said in str(caught.value)


def test_control_characters_do_not_come_back_in_a_message() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["st\x1b[31matus`x"], prefix="dr", json_allowed=True)
    assert "\x1b" not in str(caught.value)
    assert "`x`" not in str(caught.value)


def test_repeatable_options_are_kept_in_order() -> None:
    parsed = parse("failover r --override a --override b --forced", prefix="/dr", json_allowed=False)
    assert parsed.options == {"override": ("a", "b"), "forced": True}


def test_what_a_form_sends_parses_back_to_the_same_values() -> None:
    command = registry().named("failover")
    values = {
        "region": "eu-west-1",
        "application": "shop",
        "forced": True,
        "reason": "-a \"b\" 'c'",
        "override": ("x", "y"),
    }
    parsed = parse(words_of(command, values), prefix="/dr", json_allowed=False)
    assert parsed.words == ("eu-west-1", "shop")
    assert parsed.options == {"forced": True, "reason": "-a \"b\" 'c'", "override": ("x", "y")}


def test_words_after_two_dashes_are_no_options() -> None:
    assert parse(["help", "--", "status"], prefix="dr", json_allowed=True).words == ("--", "status")
    assert parse(["run", "show", "--", "-x"], prefix="dr", json_allowed=True).words == ("-x",)


@pytest.mark.parametrize("word", ["a\x00b", "a\ud800b"])
def test_what_no_store_and_no_hash_can_hold_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="no text"):
        parse(["deny", "r-1", "--reason", word], prefix="dr", json_allowed=True)
