"""`--all` in the command language: instead of an application, never beside one."""

import pytest

from commands.arguments import bind
from commands.parsing import parse, words_of
from commands.questions import MissingArguments
from dr_core.errors import UsageError
from dr_core.topology.model import Topology


@pytest.mark.parametrize("words", ["failover eu-central-1 --all", "plan eu-central-1 --all --forced"])
def test_all_stands_in_the_place_of_an_application(ledger: Topology, words: str) -> None:
    parsed = parse(words, prefix="/dr", json_allowed=False)
    values = bind(parsed, ledger).values
    assert values["all"] is True
    assert "application" not in values
    assert words_of(parsed.command, values) == words.split()


def test_all_and_an_application_contradict_each_other(ledger: Topology) -> None:
    with pytest.raises(UsageError, match="either an application or `--all`"):
        bind(parse("failover eu-central-1 payments --all", prefix="/dr", json_allowed=False), ledger)


def test_the_region_is_still_asked_for(ledger: Topology) -> None:
    with pytest.raises(MissingArguments, match="REGION"):
        bind(parse("failover --all", prefix="/dr", json_allowed=False), ledger)
