"""From where to where a request leads: named, or found by what was seen last."""

from dataclasses import dataclass

from dr_core.approvals.whereabouts import application_of, locate
from dr_core.errors import RefusedError
from dr_core.observation.active import serving
from dr_core.observation.model import Observation, Verdict
from dr_core.store import observations
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Direction:
    """`returning`: users come back to `target`, which serves no more, and everybody else goes on."""

    source: str
    target: str
    returning: bool = False


def away(tx: Tx, topology: Topology, application: str, target: str, source: str | None) -> Direction:
    """To `target`: from the active region; where every region serves, from `source` or the one that must be meant.

    Where more than one region writes, somebody has to say from which; preflight then asks for more.
    """
    entry = application_of(topology, application)
    if entry.active_active:
        seen = observations.latest(tx, application)
        return Direction(source or _meant(application, entry, target, seen), target)
    active = locate(tx, topology, application)
    if active.region is None and source is not None:
        return Direction(source, target)
    if active.region is None:
        others = ", ".join(region for region in entry.regions if region != target)
        raise RefusedError(
            f"Which region of {application} is active cannot be said: {active.reason}.",
            hint=f"`failover {target} --from` and one of {others} leaves that one, and gives up what it alone has.",
        )
    if source is not None and source != active.region:
        raise RefusedError(
            f"{application} is active in {active.region}, not in {source}.", hint="Leave `--from` out: one region is."
        )
    return Direction(active.region, target)


def back(tx: Tx, topology: Topology, application: str) -> Direction:
    """To the primary region; where every region serves, to the one that users were shifted away from."""
    entry = application_of(topology, application)
    if not entry.active_active:
        return away(tx, topology, application, entry.primary, None)
    seen = serving(entry, observations.latest(tx, application))
    if seen.regions is None:
        raise RefusedError(f"Which regions of {application} serve cannot be said: {seen.reason}.")
    off = [region for region in entry.regions if region not in seen.regions]
    if not off:
        raise RefusedError(f"Every region of {application} serves already.")
    if not seen.regions:
        raise RefusedError(f"No region of {application} serves.", hint=f"`failover {off[0]}` sends everybody there.")
    # One at a time: each is checked, and each is acknowledged.
    return Direction(seen.regions[0], off[0], returning=True)


def _meant(application: str, entry: Application, target: str, seen: Observation | None) -> str:
    """The other one of two regions; of more, the one that serves and is down."""
    regions = serving(entry, seen).regions or entry.regions
    others = [region for region in entry.regions if region != target]
    if len(others) == 1:
        return others[0]
    verdicts = {} if seen is None else {verdict.region: verdict.verdict for verdict in seen.verdicts}
    down = [region for region in others if region in regions and verdicts.get(region) is Verdict.DOWN]
    if len(down) == 1:
        return down[0]
    told = f"{' and '.join(down)} are down" if down else "none of its regions that serve is down"
    raise RefusedError(
        f"From where users of {application} are to be shifted has to be said: {told}.",
        hint=f"Add `--from` and one of {', '.join(others)}.",
    )
