"""Which region is left, where nobody has said so. Pure."""

from collections.abc import Mapping

from dr_core.errors import RefusedError, UsageError

Where = Mapping[str, frozenset[str]]
"""Application -> the regions in which it is at work; empty where that cannot be said."""


def left_region(target: str, named: str | None, where: Where, every: frozenset[str]) -> str:
    """`named`, else the only region besides `target` in which anything is at work; `every` region of the topology.

    UsageError where several could be meant, RefusedError where nothing is to be left.
    """
    if named is not None:
        if named == target:
            raise UsageError(f"{target} cannot be left for itself.", hint="`failover REGION --all --from REGION`.")
        if named not in every:
            raise RefusedError(f"Nothing runs in {named}.", hint=f"Regions: {', '.join(sorted(every))}.")
        return named
    found = frozenset(region for regions in where.values() for region in regions) - {target}
    others = found or (every - {target} if any(not regions for regions in where.values()) else frozenset())
    if not others:
        raise RefusedError(f"Every application is at work in {target} already.")
    if len(others) > 1:
        raise UsageError(
            f"Which region is to be left has to be said: {_told(where, target)}.",
            hint=f"Add `--from` and one of {', '.join(sorted(others))}.",
        )
    return next(iter(others))


def _told(where: Where, target: str) -> str:
    away = {name: sorted(regions - {target}) for name, regions in where.items()}
    told = [f"{name} is in {' and '.join(regions)}" for name, regions in sorted(away.items()) if regions]
    unsaid = [f"where {name} is cannot be said" for name, regions in sorted(where.items()) if not regions]
    return ", ".join((*told, *unsaid))
