"""Stacks of this deployment that the file no longer makes: they stand on, cost on, and may hold others fast."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from dr_core.errors import DrError, RefusedError, UnreachableError
from infra.deploying.cloudformation import Standing
from infra.deploying.model import Estimate, Leftover, not_known
from infra.deploying.site import Site
from infra.policy.residency import EXEMPTIONS, allowed_regions


def leftovers(site: Site) -> tuple[tuple[Leftover, ...], dict[str, str]]:
    """What carries the deployment's tag in the regions that it may use; and by region why some could not be asked."""
    regions = [*site.assembly.regions, *allowed_regions(site.config), *(one.region for one in EXEMPTIONS)]
    found: list[Standing] = []
    unasked: dict[str, str] = {}
    for region in dict.fromkeys(regions):
        try:
            found += site.formation.owned(region, site.config.deployment.name)
        except DrError as error:
            unasked[region] = error.message
    return taken_down(found, site.assembly.stacks), unasked


def taken_down(found: Iterable[Standing], made: Collection[str]) -> tuple[Leftover, ...]:
    """Those that the templates do not name, the newest first: nothing can need what was made after it. Pure."""
    left = [one for one in found if one.name not in made]
    left.sort(key=lambda one: (one.made_at.timestamp() if one.made_at else 0.0, one.name), reverse=True)
    return tuple(Leftover(stack=one.name, region=one.region, status=one.status, made_at=one.made_at) for one in left)


def refuse_leftovers(found: Sequence[Leftover], unasked: Mapping[str, str], allowed: Collection[str]) -> None:
    """RefusedError with the order in which they are taken down: an export that they use keeps others from changing.

    UnreachableError for a region that could not be asked and that nobody allowed by name: there might be some.
    """
    if unknown := {region: why for region, why in unasked.items() if region not in allowed}:
        flags = " ".join(f"--allow-destructive {region}" for region in unknown)
        raise UnreachableError(
            f"It is not safe to go on: {'; '.join(not_known(unknown))}.",
            hint=f"Try again with rights to look there. To leave what may stand there: {flags}",
        )
    left = [one for one in found if one.stack not in allowed]
    if not left:
        return
    flags = " ".join(f"--allow-destructive {one.stack}" for one in left)
    raise RefusedError(
        f"dr.yaml no longer makes these stacks: {', '.join(f'{one.stack} ({one.region})' for one in left)}.",
        hint="Take them down in this order (docs/deployment.md), or put them back into dr.yaml. "
        f"To leave them: {flags}",
    )


def with_leftovers(estimate: Estimate, found: Sequence[Leftover]) -> Estimate:
    """The estimate is of the templates: what stands besides is named in it, without a sum."""
    told = (f"{one.stack}, which stands in {one.region} and which dr.yaml no longer makes" for one in found)
    return estimate.model_copy(update={"unknown": (*estimate.unknown, *told)})
