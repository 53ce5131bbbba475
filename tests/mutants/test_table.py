"""The table of planted bugs fits the code as it is: each text stands once, each bug is Python, each test exists."""

import ast

import pytest

from tests.mutants.planted import ROOT, Planted
from tests.mutants.table import PLANTED


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_still_fits_its_file(bug: Planted) -> None:
    text = (ROOT / bug.file).read_text(encoding="utf-8")
    assert {old: text.count(old) for old, _ in bug.edits} == {old: 1 for old, _ in bug.edits}
    changed = bug.applied(text)
    assert changed != text
    ast.parse(changed)
    assert bug.file.startswith(("bot/", "commands/", "dr_core/", "migrations/"))


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_the_tests_that_must_see_it_exist(bug: Planted) -> None:
    assert bug.tests
    for test in bug.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), path
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), test


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(PLANTED) >= 40
    assert len({bug.name for bug in PLANTED}) == len(PLANTED)
    assert len({(bug.file, bug.edits) for bug in PLANTED}) == len(PLANTED)
