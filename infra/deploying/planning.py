"""`dr deploy plan`: what would change, what would be lost, what is left to people, what it costs. Changes nothing."""

from collections.abc import Collection, Iterator

from dr_core.freeze.ssm import SsmMarkers
from dr_core.topology.deployment import Size, assigned_later
from infra.config import Config
from infra.costs import estimate
from infra.deploying.comparing import compare
from infra.deploying.frozen import markers
from infra.deploying.leftover import leftovers, with_leftovers
from infra.deploying.model import DeployPlan, SizesReport
from infra.deploying.order import wanted
from infra.deploying.site import Site
from infra.prices import read_prices


def plan(site: Site, only: Collection[str] = ()) -> DeployPlan:
    """Asks what stands, compares, and adds up."""
    assembly = site.assembly
    stacks = wanted(assembly.stacks, only)
    found = list(markers(site.config, SsmMarkers(site.aws)))
    beside, unasked = leftovers(site)
    return DeployPlan(
        at=site.clock.now(),
        stacks=compare(site, stacks, site.standing()),
        left={path: why for stack in stacks for path, why in stack.left.items()},
        unset=tuple(unset(site.config)),
        frozen=tuple(one.sentence for one in found if one.stands is not False),
        estimate=with_leftovers(estimate(site.config, assembly.stacks.values(), read_prices()), beside),
        leftovers=beside,
        unasked=unasked,
    )


def sizes(site: Site) -> SizesReport:
    """The three of them, side by side: each is synthesized."""
    prices = read_prices()
    found = []
    for size in Size:
        site.tell(f"synthesizing {size} ...")
        found.append(estimate(site.config.sized(size), site.synthesized(size).stacks.values(), prices))
    return SizesReport(at=site.clock.now(), chosen=site.config.deployment.size, sizes=tuple(found))


def unset(config: Config) -> Iterator[str]:
    """Paths in `dr.yaml` of ids that only stand for what AWS will assign, in the applications that are deployed."""
    for name, app in config.applications.items():
        yield from _unset(app.model_dump(mode="json", exclude_none=True), f"applications.{name}")


def _unset(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _unset(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unset(inner, f"{path}.{number}")
    elif isinstance(value, str) and assigned_later(value):
        yield path
