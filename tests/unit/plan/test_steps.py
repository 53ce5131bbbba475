"""Every kind of step is listed and says of itself what people, documents and permission checks rely on."""

from pathlib import Path

import pytest

from dr_core.plan import kinds
from dr_core.plan.failover import build
from dr_core.plan.kind import OnlyLooks
from dr_core.plan.step import Mode
from dr_core.plan.steps import KINDS, make_catalogue
from tests.shape.fencing import calls, rows

HOME, AWAY = "ap-south-1", "ap-south-2"


def test_every_file_of_the_room_is_a_kind_in_the_list():
    files = {path.stem.replace("_", "-") for path in Path(kinds.__path__[0]).glob("*.py")} - {"--init--"}
    assert files == set(KINDS)


@pytest.mark.parametrize("mode", list(Mode))
def test_what_a_step_changes_can_be_undone_or_is_irreversible(topology, mode):
    plan = build(topology, "pay", source=HOME, target=AWAY, mode=mode)
    looks = {name for name, kind in make_catalogue(None).items() if isinstance(kind, OnlyLooks)}
    without = {step.kind for step in plan.steps if step.undo is None and not step.irreversible}
    assert without <= looks
    assert {step.kind for step in plan.steps if step.undo is not None} & looks == set()


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_may_call_what_it_is_documented_to_call(name):
    assert set(calls(rows()[name])) <= set(KINDS[name].actions)


def test_giving_the_object_back_asks_for_the_right_to_read_it():
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html"""
    assert "s3:GetObject" in KINDS["give-back"].actions


@pytest.mark.parametrize("mode", list(Mode))
def test_a_step_needs_no_other_actions_than_those_of_its_kind(topology, mode):
    for step in build(topology, "pay", source=HOME, target=AWAY, mode=mode).steps:
        kind = KINDS[step.kind]
        needs = kind.needs(step, "111122223333") if kind.needs else ()
        assert {need.action for need in needs} <= set(kind.actions), step.kind
        assert bool(needs) is bool(kind.actions), step.kind
        assert all(need.resources for need in needs)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_in_one_sentence_what_it_does_and_how_it_is_undone(name):
    kind = KINDS[name]
    looks = isinstance(make_catalogue(None)[name], OnlyLooks)
    assert kind.does.endswith(".")
    assert bool(kind.back) is not (looks or kind.irreversible)
