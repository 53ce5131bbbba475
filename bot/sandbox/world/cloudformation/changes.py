"""Pure: what a new template changes about a stack, resource by resource, in the order in which it is done."""

from collections.abc import Callable, Mapping

from bot.sandbox.world.cloudformation.kinds import Kind, changed
from bot.sandbox.world.cloudformation.stacks import Change, Held
from bot.sandbox.world.cloudformation.template import Json, Resource

Resolved = Callable[[Resource], Json]
"""A resource's properties with everything resolved that is known before the change."""


def changes_of(
    held: Mapping[str, Held], wanted: list[Resource], resolved: Resolved, kinds: Mapping[str, Kind]
) -> tuple[Change, ...]:
    """Additions and modifications in the order of dependency, then removals.

    A modification that depends on what another one replaces is found because its properties name what is not known yet.
    """
    found = [change for one in wanted if (change := _change(held.get(one.id), one, resolved, kinds)) is not None]
    there = {one.id for one in wanted}
    removed = [
        Change("Remove", one.logical, one.type, one.made.id) for one in held.values() if one.logical not in there
    ]
    return (*found, *reversed(removed))


def _change(old: Held | None, new: Resource, resolved: Resolved, kinds: Mapping[str, Kind]) -> Change | None:
    if old is None:
        return Change("Add", new.id, new.type)
    if old.type != new.type:
        return Change("Modify", new.id, new.type, old.made.id, replaces=True, properties={"Type": "Modify"})
    before, after = old.properties, resolved(new)
    names = {
        name: "Add" if name not in before else "Modify" if name in after else "Remove"
        for name in changed(before, after)
    }
    if not names:
        return None
    replaces = bool(kinds[new.type].fixed & set(names)) if new.type in kinds else False
    return Change("Modify", new.id, new.type, old.made.id, replaces=replaces, properties=names)
