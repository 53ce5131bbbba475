"""What an evacuation would take along, in which waves, and what would stay and why. Changes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from dr_core.approvals.direction import away
from dr_core.approvals.open import BlockedError, Proposal
from dr_core.approvals.planning import asked
from dr_core.approvals.rivals import refuse_occupied
from dr_core.approvals.scope import needs
from dr_core.approvals.whereabouts import locate
from dr_core.errors import DrError, RefusedError
from dr_core.evacuation.asking_alone import command, without_override
from dr_core.evacuation.leaving import left_region
from dr_core.evacuation.model import Left
from dr_core.evacuation.waves import before, waves
from dr_core.observation.active import serving
from dr_core.plan.estimate import at_least_s
from dr_core.plan.step import Finding, Mode
from dr_core.services import Services
from dr_core.store import observations
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Asked:
    """What somebody asks for. `source` None: it has to be plain."""

    target: str
    source: str | None
    mode: Mode
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Going:
    """An application that can go; `after`: those of the others that it depends on."""

    application: str
    wave: int
    after: tuple[str, ...]
    proposal: Proposal


@dataclass(frozen=True)
class Survey:
    """`blocking`: what findings keep applications here, each once, for whoever may override them."""

    source: str
    target: str
    mode: Mode
    going: tuple[Going, ...]
    left: tuple[Left, ...]
    blocking: tuple[Finding, ...]


def survey(tx: Tx, services: Services, wanted: Asked) -> Survey:
    """By what is known now. UsageError or RefusedError where it cannot be said which region is left."""
    topology = services.topology
    where = {name: _at_work(tx, topology, name) for name in topology.applications}
    every = frozenset(region for entry in topology.applications.values() for region in entry.regions)
    _refuse_target(topology, wanted.target, every)
    source = left_region(wanted.target, wanted.source, where, every)
    proposals: dict[str, Proposal] = {}
    left: list[Left] = []
    blocking: dict[str, Finding] = {}
    for name, regions in where.items():
        if regions and source not in regions:
            left.append(Left(application=name, reason=f"it is not in {source}, but in {_named(regions)}", here=False))
            continue
        if source not in topology.applications[name].regions:
            left.append(Left(application=name, reason=f"it does not run in {source}", here=False))
            continue
        if not regions and wanted.source is None and not topology.applications[name].active_active:
            left.append(_unplaced(tx, services, name, source, wanted))
            continue
        try:
            proposals[name] = _proposal(tx, services, name, source, wanted)
        except DrError as error:
            way_out = _way_out(name, source, wanted, error)
            left.append(Left(application=name, reason=error.message, way_out=way_out, here=True))
            findings = error.findings if isinstance(error, BlockedError) else ()
            blocking |= {finding.code: finding for finding in findings}
    going = _in_waves(topology, proposals)
    told = tuple(_with_who_needs_it(topology, one, proposals) if one.here else one for one in left)
    return Survey(source, wanted.target, wanted.mode, going, told, tuple(blocking.values()))


def seconds_before(durations: Mapping[int, float], wave: int) -> float:
    """How long the waves before this one take, by the longest known plan of each."""
    return sum(longest for number, longest in durations.items() if number < wave)


def _at_work(tx: Tx, topology: Topology, application: str) -> frozenset[str]:
    entry = topology.applications[application]
    if entry.active_active:
        return _serves(entry, tx, application)
    region = locate(tx, topology, application).region
    return frozenset() if region is None else frozenset({region})


def _serves(entry: Application, tx: Tx, application: str) -> frozenset[str]:
    regions = serving(entry, observations.latest(tx, application)).regions
    return frozenset(entry.regions if regions is None else regions)


def _refuse_target(topology: Topology, target: str, every: frozenset[str]) -> None:
    if target not in topology.residency.allowed_regions:
        allowed = ", ".join(topology.residency.allowed_regions)
        raise RefusedError(f"{target} is outside the allowed regions ({allowed}).")
    if target not in every:
        raise RefusedError(f"No application runs in {target}.", hint=f"Choose {', '.join(sorted(every))}.")


def _proposal(tx: Tx, services: Services, name: str, source: str, wanted: Asked) -> Proposal:
    topology = services.topology
    way = asdict(away(tx, topology, name, wanted.target, source))
    plan = asked(topology, name, **way, mode=wanted.mode, overrides=wanted.overrides)
    refuse_occupied(tx, topology, plan)
    proposal = Proposal(tx, services, plan)
    if proposal.blocking:
        raise BlockedError(proposal.blocking)
    return proposal


def _unplaced(tx: Tx, services: Services, name: str, source: str, wanted: Asked) -> Left:
    """Nobody can say where it writes, and nobody has said which region is left: that gives up what one of them has."""
    overrides = wanted.overrides
    try:
        _proposal(tx, services, name, source, wanted)
    except BlockedError as error:
        overrides = (*overrides, *(finding.code for finding in error.findings))
    except DrError as error:
        return Left(application=name, reason=error.message, way_out=error.hint or "", here=True)
    alone = command(wanted.target, name, source=source, mode=wanted.mode, overrides=overrides)
    return Left(
        application=name,
        reason=f"which region of {name} is active cannot be said: {locate(tx, services.topology, name).reason}",
        way_out=f"`{alone}` leaves {source}, and gives up what it alone has.",
        here=True,
    )


def _way_out(name: str, source: str, wanted: Asked, error: DrError) -> str:
    if not isinstance(error, BlockedError):
        return error.hint or ""
    overrides = (*wanted.overrides, *(finding.code for finding in error.findings))
    told = without_override(error.hint or "")
    alone = command(wanted.target, name, source=source, mode=wanted.mode, overrides=overrides)
    return f"{told.rstrip('.')}; `{alone}` goes on in spite of it." if told else f"`{alone}` goes on in spite of it."


def _with_who_needs_it(topology: Topology, one: Left, going: Collection[str]) -> Left:
    """Its way out says who goes without it: their runs exclude its own."""
    names = [name for name in going if one.application in needs(topology, name)]
    if not names:
        return one
    who = f"{', '.join(names)} {'go' if names[1:] else 'goes'} without it"
    told = f"Ask for it before you approve: {who}, and while that runs it cannot follow."
    return one.model_copy(update={"way_out": f"{one.way_out} {told}".strip()})


def _in_waves(topology: Topology, proposals: Mapping[str, Proposal]) -> tuple[Going, ...]:
    """What goes later may lose more, so each waits for as long as the waves before it take at least."""
    found: list[Going] = []
    longest: dict[int, float] = {}
    for number, names in enumerate(waves(topology, proposals), 1):
        for name in names:
            proposals[name].wait(seconds_before(longest, number))
            found.append(Going(name, number, before(topology, name, proposals), proposals[name]))
        longest[number] = max(at_least_s(proposals[name].plan, proposals[name].durations) for name in names)
    return tuple(found)


def _named(regions: frozenset[str]) -> str:
    return " and ".join(sorted(regions))
