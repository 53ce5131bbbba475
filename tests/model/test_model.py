"""Every interleaving within bounds: no rule is broken, and every run can end. And each mutant is found."""

import os
from dataclasses import fields, replace

import pytest

from tests.model import invariants
from tests.model.explore import Counterexample, explore
from tests.model.planted import MUTANTS, Mutant
from tests.model.state import Bounds, Rules

SCALE = int(os.environ.get("DR_TEST_SCALE", "1"))
BOUNDS = (
    Bounds(workers=2, faults=2, orders=1),
    Bounds(workers=2, faults=2, orders=0, conditional=False),
    Bounds(workers=2, faults=1, orders=1, conditional=False),
    Bounds(workers=3, faults=1, orders=1),
    Bounds(workers=2, faults=1, orders=1, approved=False),
    Bounds(workers=1, faults=1, orders=1, approved=False, rounds=2),
)
LARGER = (
    Bounds(workers=2, faults=2, orders=1, conditional=False),
    Bounds(workers=2, faults=3, orders=0),
    Bounds(workers=2, faults=3, orders=0, conditional=False),
    Bounds(workers=2, faults=1, orders=2),
    Bounds(workers=3, faults=2, orders=0),
    Bounds(workers=3, faults=2, orders=0, conditional=False),
    Bounds(workers=1, faults=2, orders=1, approved=False, rounds=2),
    Bounds(workers=2, faults=2, orders=0, approved=False, rounds=2),
)
"""What does not fit in CI: looked at with DR_TEST_SCALE of 2 and more."""


def named(bounds: Bounds) -> str:
    resource = "compares" if bounds.conditional else "takes all"
    begins = "approved" if bounds.approved else f"open, {bounds.rounds} rounds"
    return f"{bounds.workers} workers, {bounds.faults} faults, {bounds.orders} orders, {begins}, {resource}"


@pytest.mark.parametrize("bounds", BOUNDS + (LARGER if SCALE > 1 else ()), ids=named)
def test_no_interleaving_breaks_a_rule_and_every_run_can_end(bounds: Bounds) -> None:
    found = explore(bounds)
    assert str(found.wrong or "") == ""
    assert found.states > 1000


def test_the_model_comes_across_what_it_is_about() -> None:
    """A proof about nothing would be easy."""
    people = explore(replace(BOUNDS[5], workers=1))
    owners = explore(Bounds(workers=2, faults=2, orders=0, conditional=False))
    ends = {"run done", "run aborted", "run failed", "request denied", "request expired"}
    assert ends | {"held: round", "held: paused", "held: uncertain", "an effect, and the brake"} <= people.sights
    late = {"a call of an earlier owner is out", "an effect of an earlier owner", "a late call took effect"}
    assert late <= owners.sights


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_rule_has_a_counterexample(mutant: Mutant) -> None:
    found = explore(mutant.where, mutant.rules)
    assert found.wrong is not None, "nothing tells this mutant from the design"
    assert found.wrong.rule == mutant.rule, str(found.wrong)
    assert readable(found.wrong)


def readable(wrong: Counterexample) -> bool:
    """The rule, then one numbered move a line."""
    lines = str(wrong).splitlines()
    return lines[0] == f"{wrong.rule}:" and len(lines) == len(wrong.moves) + 1


def test_every_rule_of_the_model_has_a_mutant() -> None:
    """A rule that nothing depends on would prove nothing."""
    assert sorted(mutant.broken for mutant in MUTANTS) == sorted(field.name for field in fields(Rules))


def test_every_invariant_is_broken_by_some_mutant() -> None:
    sentences = {value for name, value in vars(invariants).items() if name.isupper() and " " in str(value)}
    assert sentences - {mutant.rule for mutant in MUTANTS} == set()
