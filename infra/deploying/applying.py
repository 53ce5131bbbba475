"""`dr deploy apply`: phase by phase through the CDK CLI. Its memory is AWS: a second call goes on where one ended."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Literal

from dr_core.errors import DrError, RefusedError, UnreachableError
from dr_core.freeze.ssm import SsmMarkers
from infra.deploying.account import refuse_other_account
from infra.deploying.assembly import Stack
from infra.deploying.changes import not_allowed
from infra.deploying.cloudformation import Standing, names_of, outputs_of
from infra.deploying.comparing import compare, values
from infra.deploying.frozen import markers, refuse_frozen
from infra.deploying.leftover import refuse_leftovers
from infra.deploying.model import ApplyReport, DeployPlan, StackPlan, StackResult
from infra.deploying.order import missing, phases, wanted
from infra.deploying.planning import plan
from infra.deploying.site import Site

_WAITED = 360
"""How often a stack that somebody else changes is looked at before this gives up."""


def apply(
    site: Site, *, only: Collection[str], allowed: Collection[str], confirm: Callable[[DeployPlan], bool]
) -> ApplyReport:
    """RefusedError while a freeze stands, where something would be lost that nobody allowed, and without consent."""
    begun, at = site.clock.monotonic(), site.clock.now()
    stacks, unfrozen = wanted(site.assembly.stacks, only), partial(_refuse_frozen, site)
    refuse_other_account(site, stacks[0].region)
    unfrozen()
    made = plan(site, only)
    refuse_leftovers(made.leftovers, made.unasked, allowed)
    refuse_destructive(made.stacks, allowed)
    if not confirm(made):
        raise RefusedError("Nothing was deployed: nobody agreed.", hint="Answer with the name, or give --yes.")
    unfrozen()
    before, error, way = site.standing(), "", Way()
    try:
        _every_phase(site, stacks, made.stacks, allowed, way)
    except KeyboardInterrupt:
        site.tell("interrupted: CloudFormation finishes what it has begun; `dr deploy apply` goes on from there")
        raise
    except DrError as caught:
        error = str(caught)
    after = _at_last(site, error)
    results = tuple(result(site, one, before, after, at, way.ran(one)) for one in made.stacks)
    ok = not error and all(one.outcome in ("made", "changed", "unchanged") for one in results)
    took = site.clock.monotonic() - begun
    return ApplyReport(at=at, ok=ok, took_s=took, stacks=results, error=error, next=next_steps(made, ok))


def _at_last(site: Site, error: str) -> dict[str, Standing]:
    """What stands now; where that cannot be asked, what went wrong before is told all the same."""
    try:
        return site.standing()
    except DrError as lost:
        if error:
            raise UnreachableError(f"{error} What stands now is not known: {lost.message}") from lost
        raise


@dataclass
class Way:
    """How far it came. `begun`: stacks that were given to the CLI; `done`: those with which it ended well."""

    begun: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)

    def ran(self, planned: StackPlan) -> bool:
        """Whether all that was to be done to a stack was done, as far as its state does not say otherwise."""
        return planned.stack in self.done or (planned.stack in self.begun and planned.word == "unchanged")


def _refuse_frozen(site: Site) -> None:
    """A run may begin at any time: this is asked again after every wait, right before something is changed."""
    refuse_frozen(list(markers(site.config, SsmMarkers(site.aws))))


def refuse_destructive(stacks: Sequence[StackPlan], allowed: Collection[str]) -> None:
    """RefusedError that names each resource that would be lost, and what is in it."""
    names = [name for one in stacks for name in not_allowed(one.stack, one.changes, allowed)]
    if not names:
        return
    told = [
        f"{one.stack}/{change.resource} ({change.kind}): {change.act}"
        + (f"; it holds {change.holds}" if change.holds else "")
        for one in stacks
        for change in one.changes
        if f"{one.stack}/{change.resource}" in names
    ]
    flags = " ".join(f"--allow-destructive {name}" for name in names)
    raise RefusedError(f"It would be lost: {'; '.join(told)}.", hint=f"To have it so: {flags}")


def _every_phase(
    site: Site, stacks: Sequence[Stack], planned: Sequence[StackPlan], allowed: Collection[str], way: Way
) -> None:
    """All phases, and then once more those stacks that had to do without others, if those stand by now."""
    unseen = {one.stack for one in planned if one.waits and one.status is not None}
    ordered = phases(stacks)
    without: list[Stack] = []
    for number, phase in enumerate(ordered, 1):
        if later := [stack for stack in phase if stack.name in unseen]:
            # What they wait for stands by now: what could not be compared before is compared before it is done.
            refuse_destructive(compare(site, later, _settled(site, phase)), allowed)
        site.tell(f"phase {number} of {len(ordered)}: {', '.join(stack.name for stack in phase)}")
        without += _deploy(site, phase, way)
    if again := _complete(without, site.standing()):
        site.tell(f"once more, now that all stand: {', '.join(stack.name for stack in again)}")
        refuse_destructive(compare(site, again, _settled(site, again)), allowed)
        _deploy(site, again, way)


def _complete(stacks: Sequence[Stack], standing: dict[str, Standing]) -> list[Stack]:
    names = names_of(standing.values())
    return [stack for stack in stacks if any(others <= names for others in stack.switches.values())]


def _deploy(site: Site, stacks: Sequence[Stack], way: Way) -> list[Stack]:
    """Those of the stacks that had to do without others."""
    standing = _settled(site, stacks)
    if stuck := [standing[stack.name] for stack in stacks if stack.name in standing and standing[stack.name].stuck]:
        told = ", ".join(f"{one.name} is in {one.status}" for one in stuck)
        raise RefusedError(f"{told}: it takes no change.", hint="; ".join(one.stuck for one in stuck))
    if lacking := [one for stack in stacks for one in missing(stack, outputs_of(standing.values()))]:
        told = ", ".join(f"{one.output} of {one.stack}" for one in lacking)
        raise RefusedError(f"These outputs are missing: {told}.", hint="Deploy the stacks that put them out, too.")
    given, names = tuple(values(stacks, standing)), [stack.name for stack in stacks]
    _refuse_frozen(site)
    way.begun.update(names)
    way.done.difference_update(names)
    site.cli.deploy(site.assembly.folder, names, given, lambda line: site.tell(f"  {line}"))
    way.done.update(names)
    return [one for one in stacks if any((one.name, switch, "no") in given for switch in one.switches)]


def _settled(site: Site, stacks: Sequence[Stack]) -> dict[str, Standing]:
    """What stands, when nothing of these stacks moves any more: an interrupted call left them to CloudFormation."""
    names = {stack.name for stack in stacks}
    for _ in range(_WAITED):
        standing = site.standing()
        moving = sorted(one.name for one in standing.values() if one.name in names and one.moving)
        if not moving:
            return standing
        site.tell(f"waiting for {', '.join(moving)}: still being changed")
        site.pause()
    raise RefusedError(f"{', '.join(moving)} did not come to rest.", hint="Look at its events, then try again.")


def result(
    site: Site, planned: StackPlan, before: dict[str, Standing], after: dict[str, Standing], since: datetime, ran: bool
) -> StackResult:
    """What became of one stack, by its status before and after."""
    was, now = before.get(planned.stack), after.get(planned.stack)
    outcome = outcome_of(was, now, ran)
    why: tuple[str, ...] = ()
    if outcome == "failed":
        try:
            why = site.formation.failures(planned.stack, planned.region, since)
        except DrError as error:
            why = (f"its events could not be read: {error.message}",)
    status = now.status if now else None
    return StackResult(
        stack=planned.stack, region=planned.region, phase=planned.phase, outcome=outcome, status=status, why=why
    )


def outcome_of(
    was: Standing | None, now: Standing | None, ran: bool
) -> Literal["made", "changed", "unchanged", "failed", "not begun"]:
    """Pure. A stack that still moves was interrupted, and counts as failed.

    `ran`: the CLI came to it, and ended well: one that is as it was differs in nothing then, even where an update of
    earlier was undone. Else nothing is known of one that is as it was, but that it was not begun.
    """
    if now is None:
        return "not begun"
    if was is not None and (was.status, was.changed_at) == (now.status, now.changed_at):
        if now.broken or now.moving:
            return "failed"
        return "unchanged" if ran else "not begun"
    if now.failed or now.moving:
        return "failed"
    return "made" if was is None or not was.stands else "changed"


def next_steps(made: DeployPlan, ok: bool) -> tuple[str, ...]:
    """What has to be done now."""
    if not ok:
        return ("`dr deploy apply` again: what is finished stays as it is",)
    steps = [f"{path}: {why}" for path, why in made.left.items()]
    if made.unset:
        steps.append("`dr deploy sync --write`: ids that AWS has assigned, into dr.yaml")
    return (*steps, "`dr deploy validate`: alarms, health, replication, roles, and a drill on paper")
