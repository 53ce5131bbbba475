"""In which order stacks are deployed, and with which values."""

import pytest

from dr_core.errors import RejectedError, UsageError
from infra.deploying.assembly import Source, Stack
from infra.deploying.cloudformation import Standing
from infra.deploying.comparing import values
from infra.deploying.order import filled, missing, phases, wanted


def stack(
    name: str, *after: str, takes: dict[str, str] | None = None, once: dict[str, set[str]] | None = None
) -> Stack:
    """`takes`: parameter -> the stack whose output `Id` fills it."""
    return Stack(
        name, "eu-west-1", "111122223333", "shop", {}, frozenset(after),
        {parameter: Source(other, "eu-west-1", "Id") for parameter, other in (takes or {}).items()},
        {parameter: frozenset(others) for parameter, others in (once or {}).items()},
    )  # fmt: skip


def names(found: tuple[tuple[Stack, ...], ...]) -> list[list[str]]:
    return [[one.name for one in phase] for phase in found]


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        ([stack("a"), stack("b", "a")], [["a", "b"]]),  # a dependency is the CLI's own matter
        ([stack("a"), stack("b", takes={"Key": "a"})], [["a"], ["b"]]),  # a value has to be known before
        ([stack("a"), stack("b", takes={"Key": "a"}), stack("c", "b")], [["a"], ["b", "c"]]),
        (
            [stack("a"), stack("b", takes={"K": "a"}), stack("c", takes={"K": "b"}), stack("d")],
            [["a", "d"], ["b"], ["c"]],
        ),
        ([stack("b", takes={"Key": "elsewhere"})], [["b"]]),  # not chosen: it stands, or apply says so
        ([stack("a", once={"All": {"b"}}), stack("b", "a")], [["a", "b"]]),  # a switch waits for nobody
        ([], []),
    ],
)
def test_a_stack_waits_for_the_phase_after_its_values(stacks: list[Stack], expected: list[list[str]]) -> None:
    assert names(phases(stacks)) == expected


def test_stacks_that_wait_for_each_other_are_named() -> None:
    circle = [stack("a", takes={"K": "b"}), stack("b", takes={"K": "a"})]
    with pytest.raises(RejectedError, match="a -> b -> a"):
        phases(circle)


def test_parameters_come_from_outputs_and_from_what_stands() -> None:
    one = stack("c", takes={"Key": "a", "Other": "b"}, once={"All": {"a", "b"}})
    outputs = {("a", "Id"): "mrk-1"}
    assert filled(one, outputs, {"a"}, {}) == {"Key": "mrk-1", "All": "no"}
    assert filled(one, outputs, {"a", "b"}, {"All": "no"})["All"] == "yes"
    assert [source.stack for source in missing(one, outputs)] == ["b"]


def test_a_switch_that_is_on_stays_on_while_another_stack_moves_or_fails() -> None:
    one = stack("c", once={"All": {"a", "b"}})
    assert filled(one, {}, {"a"}, {"All": "yes"}) == {"All": "yes"}


def test_a_switch_is_read_from_what_stands_unless_its_making_failed() -> None:
    def given(status: str) -> list[tuple[str, str, str]]:
        held = Standing("c", "eu-west-1", status, parameters={"All": "yes"})
        moving = Standing("a", "eu-west-1", "UPDATE_IN_PROGRESS")
        return list(values([stack("c", once={"All": {"a"}})], {"c": held, "a": moving}))

    assert given("UPDATE_COMPLETE") == [("c", "All", "yes")]
    assert given("ROLLBACK_COMPLETE") == [("c", "All", "no")]


def test_a_switch_may_wait_for_a_resource_of_its_own_stack() -> None:
    """A service that comes into a stack that stands is made with its count; the others keep theirs."""
    compute = stack("c", once={"OldStands": {"c/Old"}, "NewStands": {"c/New"}})
    assert compute.asks_itself
    assert not stack("c", once={"All": {"a"}}).asks_itself
    held = Standing("c", "eu-west-1", "UPDATE_COMPLETE", resources=frozenset({"Old"}))
    assert list(values([compute], {"c": held})) == [("c", "OldStands", "yes"), ("c", "NewStands", "no")]
    assert list(values([compute], {})) == [("c", "OldStands", "no"), ("c", "NewStands", "no")]


def test_a_stack_is_chosen_with_all_that_it_waits_for() -> None:
    stacks = {one.name: one for one in (stack("a"), stack("b", "a"), stack("c", takes={"K": "b"}), stack("d"))}
    assert [one.name for one in wanted(stacks, ["c"])] == ["a", "b", "c"]
    assert [one.name for one in wanted(stacks, [])] == ["a", "b", "c", "d"]
    with pytest.raises(UsageError, match="no stack x"):
        wanted(stacks, ["x"])
