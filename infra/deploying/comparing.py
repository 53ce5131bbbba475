"""What a deployment would change: the CDK CLI makes change sets, CloudFormation tells what is in them.

A stack that does not stand needs no change set: all of it is new. One that needs an output which nobody has put out yet
cannot be compared before the stack that puts it out is deployed.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping

from dr_core.aws.faults import is_gone
from dr_core.errors import DrError
from infra.deploying.assembly import Assembly, Stack
from infra.deploying.changes import Change, all_new
from infra.deploying.cloudformation import Standing, names_of, outputs_of
from infra.deploying.model import StackPlan
from infra.deploying.order import filled, missing, phases
from infra.deploying.site import Site


def compare(site: Site, stacks: Iterable[Stack], standing: Mapping[str, Standing]) -> tuple[StackPlan, ...]:
    """In the order of deployment. One whose making failed counts as new: the CLI takes it away before it makes it."""
    chosen = tuple(stacks)
    there = {
        one.name: standing[one.name] for one in chosen if one.name in standing and not standing[one.name].never_stood
    }
    waits = {one.name: tuple(_waits(one, standing)) for one in chosen}
    changes = _changes(
        site, site.assembly, [one for one in chosen if one.name in there and not waits[one.name]], standing
    )
    return tuple(
        StackPlan(
            stack=stack.name,
            region=stack.region,
            phase=number,
            status=there[stack.name].status if stack.name in there else None,
            changes=changes.get(stack.name, ()) if stack.name in there else all_new(stack),
            waits=waits[stack.name],
        )
        for number, phase in enumerate(phases(chosen), 1)
        for stack in phase
    )


def _waits(stack: Stack, standing: Mapping[str, Standing]) -> Iterator[str]:
    """Why it cannot be compared now."""
    found = standing.get(stack.name)
    if found is not None and found.moving:
        yield "the change that is under way"
    if found is not None and found.stuck:
        yield f"{found.status}: {found.stuck}"
    yield from (f"{one.output} of {one.stack}" for one in missing(stack, outputs_of(standing.values())))


def values(stacks: Iterable[Stack], standing: Mapping[str, Standing]) -> Iterator[tuple[str, str, str]]:
    """(stack, parameter, value) of every parameter that is known."""
    outputs, names = outputs_of(standing.values()), names_of(standing.values())
    for stack in stacks:
        found = standing.get(stack.name)
        now = found.parameters if found is not None and not found.never_stood else {}
        yield from ((stack.name, name, value) for name, value in filled(stack, outputs, names, now).items())


def _changes(
    site: Site, assembly: Assembly, stacks: list[Stack], standing: Mapping[str, Standing]
) -> dict[str, tuple[Change, ...]]:
    if not stacks:
        return {}
    name = f"dr-plan-{secrets.token_hex(4)}"
    site.tell(f"comparing {len(stacks)} stacks with what stands ...")
    try:
        site.cli.deploy(
            assembly.folder, [stack.name for stack in stacks], values(stacks, standing), lambda line: None, prepare=name
        )
        return {stack.name: site.formation.compared(stack.name, stack.region, name) for stack in stacks}
    finally:
        for stack in stacks:
            _forget(site, stack, name)


def _forget(site: Site, stack: Stack, name: str) -> None:
    """One that is left behind does no harm: nobody carries it out, and the stack's next change takes it along."""
    try:
        site.formation.forget(stack.name, stack.region, name)
    except DrError as error:
        if not is_gone(error):
            site.tell(f"change set {name} of {stack.name} is left behind: {error.message}")
