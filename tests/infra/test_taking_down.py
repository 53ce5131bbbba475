"""The order in docs/deployment.md in which stacks are taken down: each is in it, and none before what needs it."""

import re

from infra.deploying.assembly import read_assembly
from tests.infra.synthesized import ROOT, Assembly


def order() -> dict[str, int]:
    """Every concern of the numbered list, by its place."""
    _, _, text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8").partition("## Taking it down")
    listed = "".join(re.findall(r"^\d+\. (?:.|\n(?!\n))*", text, re.MULTILINE))
    return {name: place for place, name in enumerate(dict.fromkeys(re.findall(r"`([a-z-]+)`", listed)))}


def test_no_stack_is_taken_down_before_those_that_need_it(each: Assembly) -> None:
    places, stacks = order(), read_assembly(each.folder).stacks
    assert {one.concern for one in stacks.values()} - places.keys() == set()
    wrong = [
        f"{one.name} needs {needed}"
        for one in stacks.values()
        for needed in one.after
        if places[one.concern] > places[stacks[needed].concern]
    ]
    assert wrong == []
