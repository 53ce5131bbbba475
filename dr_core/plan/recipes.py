"""Every step kind's way by hand, beside the catalogue of what the bot carries out."""

from collections.abc import Callable

from dr_core.plan.kinds import (
    compare_parameters,
    failover_aurora,
    fence_source,
    give_back,
    scale_target,
    scale_to_standby,
    switch_records,
    switchover_aurora,
    sync_parameters,
    take_over,
    verify_dns,
    verify_health,
    verify_write,
    verify_writer,
)
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Step

_KINDS = (
    scale_target,
    sync_parameters,
    compare_parameters,
    fence_source,
    switchover_aurora,
    failover_aurora,
    take_over,
    give_back,
    switch_records,
    verify_writer,
    verify_dns,
    verify_write,
    verify_health,
    scale_to_standby,
)
RECIPES: dict[str, Callable[[Step], Recipe]] = {kind.KIND: kind.commands for kind in _KINDS}


def recipe(step: Step) -> Recipe:
    """How `step` is done by hand. KeyError for a kind without a recipe, which a test forbids."""
    return RECIPES[step.kind](step)
