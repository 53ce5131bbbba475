"""One layer of a plan as a value: its steps, and those that the next layer waits for."""

from collections.abc import Iterable
from dataclasses import dataclass

from dr_core.plan.step import Step

Names = tuple[str, ...]
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Layer:
    """Steps that run at the same time. The next layer waits for those in `held`, and passes an empty one through."""

    steps: Steps = ()
    held: Names = ()

    @classmethod
    def of(cls, *groups: Iterable[Step], loose: Iterable[Step] = ()) -> "Layer":
        """All steps of `groups`, each waited for; those in `loose` run as well and hold nothing up."""
        steps = tuple(step for group in groups for step in group)
        return cls((*steps, *loose), names(steps))

    def __add__(self, other: "Layer") -> "Layer":
        return Layer((*self.steps, *other.steps), (*self.held, *other.held))


def names(steps: Iterable[Step]) -> Names:
    return tuple(step.name for step in steps)


def distinct(steps: Iterable[Step]) -> Steps:
    """Two entries may lead to one name (`a/b` and `a-b`); a name names one step, or the graph would lie."""
    given: dict[str, Step] = {}
    for step in steps:
        number, name = 1, step.name
        while name in given:
            number += 1
            name = f"{step.name}-{number}"
        given[name] = step.model_copy(update={"name": name})
    return tuple(given.values())
