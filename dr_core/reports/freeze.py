"""A frozen application as it is shown: since when and why, where its marker stands, and how to go on."""

from datetime import datetime

from dr_core.database import by_hand
from dr_core.freeze.model import LOOKED_FOR, Freeze, Marker
from dr_core.freeze.port import parameter
from dr_core.observation import age
from dr_core.plan.step import Severity
from dr_core.reports.model import FindingView, FreezeView
from dr_core.topology.model import Application
from dr_core.topology.stores import AuroraGlobal

STANDS = "stands"
BELIEVED = 3 * LOOKED_FOR
"""How long a marker that was seen counts as standing while nobody looks for it."""


def freeze_view(known: Freeze | None, entry: Application, now: datetime) -> FreezeView | None:
    """None for what is not frozen."""
    if known is None or not known.stands:
        return None
    return FreezeView(
        since=known.since,
        active=known.active,
        primary=known.primary,
        run=known.run,
        parameter=parameter(known.application),
        markers={region: _standing(known.markers.get(region), now) for region in entry.regions},
        commands=commands(known, entry),
    )


def commands(known: Freeze, entry: Application) -> tuple[str, ...]:
    """What to look at before anything is applied, and the two ways out, in this order."""
    database = entry.database
    seen = (by_hand.look(database, known.active),) if isinstance(database, AuroraGlobal) else ()
    name = known.application
    said = f'/dr unfreeze {name} --reason "the primary is {known.active} in the code now"'
    return (*seen, f"/dr failback {name}", said)


def finding(known: Freeze, now: datetime) -> FindingView:
    """What stands in every health report until it is lifted."""
    found = {region: _standing(marker, now) for region, marker in sorted(known.markers.items())}
    missing = [f"{region} ({said.rstrip('.')})" for region, said in found.items() if said != STANDS]
    unmarked = f" The marker is not known to stand in {', '.join(missing)}." if missing else ""
    return FindingView(
        code="frozen",
        severity=Severity.WARNING.value,
        message=f"{known.application} is frozen since {known.since:%Y-%m-%d %H:%M}Z: it {known.whereabouts}, and an "
        f"apply of code that has its primary in {known.primary} may undo that.{unmarked}",
        evidence=parameter(known.application),
        way_out=f"`/dr failback {known.application}`, or change the code and type `/dr unfreeze {known.application} "
        "--reason TEXT`.",
    )


def _standing(seen: Marker | None, now: datetime) -> str:
    """`stands`, or why that is not known."""
    if seen is None or (seen.stands is None and not seen.error):
        return "not put yet"
    if seen.error:
        return f"unknown: {seen.error}"
    if seen.at is not None and age.due(seen.at, now, BELIEVED):
        return f"unknown: last looked for at {seen.at:%Y-%m-%d %H:%M}Z"
    return STANDS if seen.stands else "not put yet"
