"""In which order stacks are deployed, and with which parameters. Pure."""

from collections.abc import Collection, Iterable, Mapping

from dr_core.errors import RejectedError, UsageError
from infra.deploying.assembly import Source, Stack

Outputs = Mapping[tuple[str, str], str]
"""By (stack, output), its value."""


def phases(stacks: Iterable[Stack]) -> tuple[tuple[Stack, ...], ...]:
    """Stacks that may be deployed together; a stack waits for the phase after that of each output that it needs.

    Inside a phase the CDK CLI keeps the order of dependencies itself, and deploys at once what does not depend.
    """
    by_name = {stack.name: stack for stack in stacks}
    found: dict[str, int] = {}
    for name in by_name:
        _phase_of(name, by_name, found, ())
    return tuple(
        tuple(stack for name, stack in by_name.items() if found[name] == number)
        for number in range(max(found.values(), default=-1) + 1)
    )


def _phase_of(name: str, stacks: Mapping[str, Stack], found: dict[str, int], way: tuple[str, ...]) -> int:
    if name in way:
        raise RejectedError(f"Stacks wait for each other: {' -> '.join((*way[way.index(name) :], name))}.")
    if name not in found:
        stack, here = stacks[name], (*way, name)
        waits = {source.stack for source in stack.parameters.values()} & stacks.keys()
        found[name] = max(
            [0]
            + [_phase_of(other, stacks, found, here) for other in sorted(stack.after & stacks.keys())]
            + [_phase_of(other, stacks, found, here) + 1 for other in sorted(waits)]
        )
    return found[name]


def filled(stack: Stack, outputs: Outputs, standing: Collection[str], now: Mapping[str, str]) -> dict[str, str]:
    """The values of its parameters, as far as they are known. `standing`: the stacks that stand.

    `now`: the parameters with which it stands itself. A switch that is on stays on, whatever moves or fails elsewhere:
    off it would take apart what two regions have of each other.
    """
    known = {name: outputs.get((source.stack, source.output)) for name, source in stack.parameters.items()}
    switches = {
        name: "yes" if now.get(name) == "yes" or others <= set(standing) else "no"
        for name, others in stack.switches.items()
    }
    return {name: value for name, value in known.items() if value is not None} | switches


def missing(stack: Stack, outputs: Outputs) -> tuple[Source, ...]:
    """The outputs that it needs and nobody has put out yet."""
    return tuple(one for one in stack.parameters.values() if (one.stack, one.output) not in outputs)


def wanted(stacks: Mapping[str, Stack], only: Collection[str]) -> tuple[Stack, ...]:
    """The stacks that are named, with all that they wait for; every stack where none is named."""
    if unknown := sorted(set(only) - stacks.keys()):
        raise UsageError(f"There is no stack {unknown[0]}.", hint=f"There are: {', '.join(stacks)}.")
    found: set[str] = set()
    todo = list(only or stacks)
    while todo:
        name = todo.pop()
        if name not in found and name in stacks:
            found.add(name)
            todo += [*stacks[name].after, *(source.stack for source in stacks[name].parameters.values())]
    return tuple(stack for name, stack in stacks.items() if name in found)
