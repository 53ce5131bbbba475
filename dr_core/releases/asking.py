"""Asking for a release: which colour, for which regions, and that a person who may has seen both and confirmed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor
from dr_core.approvals.names import new_release_id
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.whereabouts import application_of, locate
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, NotFoundError, RefusedError, UsageError
from dr_core.failpoints import Point
from dr_core.observation.active import serving
from dr_core.releases import records
from dr_core.releases.gates import OVERRIDES
from dr_core.releases.model import Reading, Release, ReleaseState, Verb
from dr_core.releases.standing_back import why_not
from dr_core.releases.succeeding import refuse_beside_others
from dr_core.services import Services
from dr_core.store import events, observations, releases
from dr_core.store.engine import Tx
from dr_core.topology.model import Account, Application


@dataclass(frozen=True)
class Proposal:
    """What is asked for. `colour` None: the one that does not serve, or for a rollback the one that served before;
    a rollback that names it is refused where another release has come between."""

    application: str
    verb: Verb
    colour: str | None = None
    without: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Meant:
    """What a proposal comes to. `reading`: what was last read, None before the first look."""

    application: str
    verb: Verb
    colour: str
    came_from: str | None
    regions: tuple[str, ...]
    without: tuple[str, ...]
    parameter: str
    account: Account | None
    reading: Reading | None


class UnconfirmedError(DrError):
    """A change in production is confirmed by whoever asks for it: `meant` is what would be done. A question."""

    code, exit_code = "needs-confirmation", 2

    def __init__(self, meant: Meant) -> None:
        where = " and ".join(meant.regions)
        before = f"from {meant.came_from} to {meant.colour}" if meant.came_from else f"to {meant.colour}"
        super().__init__(f"`release {meant.verb.value}` would move {meant.application} {before} in {where}.")
        self.meant = meant


def work_out(services: Services, proposal: Proposal) -> Meant:
    """What it comes to by what is known now; changes nothing. Raises what `ask` would."""
    return services.store.read(lambda tx: _meant(tx, services, proposal))


def tell_refused(services: Services, application: str, verb: Verb, refused: RefusedError, *, actor: Actor) -> None:
    """Write to the trail that `work_out` refused somebody, as `ask` does of its own refusals."""

    def work(_: Tx) -> RefusedError:
        return refused

    with suppress(RefusedError):
        recorded(services, actor, f"release {verb.value}", {"application": application}, work, Point.RELEASE_ASK)


def ask(services: Services, proposal: Proposal, *, actor: Actor, cmd_id: str) -> Release:
    """A worker takes it up. Said twice with one `cmd_id` it is one release.

    An approver asks; whoever did has confirmed it. RefusedError while the brake is on or a run goes on, ConflictError
    while another release does.
    """

    def work(tx: Tx) -> Release | DrError:
        permit(tx, services, actor, Role.APPROVER)
        before = events.done(tx, cmd_id, EventKind.RELEASE_ASKED)
        if before is not None:
            return releases.get(tx, str(before.data["release"]))
        meant = _meant(tx, services, proposal)
        why = why_not(tx, services.topology, meant.application)
        if why is not None:
            return RefusedError(f"A release of {meant.application} has to wait: {why}.")
        refuse_beside_others(tx, meant.application, meant.without)
        return _create(tx, meant, proposal.overrides, actor, cmd_id)

    about: dict[str, JsonValue] = {"application": proposal.application, "verb": proposal.verb.value}
    return recorded(services, actor, f"release {proposal.verb.value}", about, work, Point.RELEASE_ASK)


def _meant(tx: Tx, services: Services, proposal: Proposal) -> Meant:
    entry = application_of(services.topology, proposal.application)
    if entry.release is None:
        raise NotFoundError(f"{proposal.application} has no `release` in dr.yaml.")
    _known(entry, proposal)
    _refuse_leaving_out(tx, services, entry, proposal)
    reading = releases.reading(tx, proposal.application)
    colour, came_from = _colour(tx, entry, proposal, reading)
    regions = tuple(region for region in entry.regions if region not in proposal.without)
    return Meant(
        application=proposal.application,
        verb=proposal.verb,
        colour=colour,
        came_from=came_from,
        regions=regions,
        without=proposal.without,
        parameter=entry.release.pointer,
        account=entry.account,
        reading=reading,
    )


def _known(entry: Application, proposal: Proposal) -> None:
    assert entry.release is not None
    for what, given, known in (
        ("colour", filter(None, [proposal.colour]), entry.release.colours),
        ("region", proposal.without, entry.regions),
        ("override", proposal.overrides, OVERRIDES),
    ):
        strange = [word for word in given if word not in known]
        if strange:
            told = f"{proposal.application} has no {what} {', '.join(strange)}."
            raise UsageError(told, hint=f"Known: {', '.join(known)}.")


def _refuse_leaving_out(tx: Tx, services: Services, entry: Application, proposal: Proposal) -> None:
    """A release leaves out nothing that users are sent to, where that is known."""
    if not proposal.without:
        return
    if set(proposal.without) >= set(entry.regions):
        raise UsageError("A release leaves out every region: nothing would be left to move.")
    at_work = _at_work(tx, services, entry, proposal.application) & set(proposal.without)
    if at_work:
        told = f"{proposal.application} is at work in {' and '.join(sorted(at_work))}: a release cannot leave it out."
        raise RefusedError(told, hint="After a failover the region that was left may be.")


def _at_work(tx: Tx, services: Services, entry: Application, name: str) -> frozenset[str]:
    if entry.active_active:
        return frozenset(serving(entry, observations.latest(tx, name)).regions or ())
    return frozenset(filter(None, [locate(tx, services.topology, name).region]))


def _colour(tx: Tx, entry: Application, proposal: Proposal, reading: Reading | None) -> tuple[str, str | None]:
    """The colour that is meant, and what serves now where all regions that were read agree."""
    assert entry.release is not None
    live = reading.live(proposal.without) if reading is not None else None
    if proposal.verb is Verb.ROLLBACK:
        last = releases.last_moved(tx, proposal.application)
        if last is None or last.came_from not in entry.release.colours:
            raise ConflictError(
                f"No release of {proposal.application} was carried out by this bot: there is nothing to go back to.",
                hint="`release promote --to COLOUR` moves to a colour that you name.",
            )
        if proposal.colour not in (None, last.came_from):
            raise ConflictError(f"A rollback goes to {last.came_from} by now, not to {proposal.colour}.")
        return str(last.came_from), live
    if proposal.colour is not None:
        return proposal.colour, live
    if live not in entry.release.colours:
        raise UsageError(
            f"Which colour is meant cannot be told: {_why_not_told(reading, proposal.without)}.",
            hint=f"Name it: `--to {'|'.join(entry.release.colours)}`.",
        )
    return entry.release.other(str(live)), live


def _why_not_told(reading: Reading | None, without: Sequence[str]) -> str:
    if reading is None:
        return "the regions were not read yet"
    unknown = [one.region for one in reading.pointers if one.error and one.region not in without]
    if unknown:
        return f"what serves in {' and '.join(unknown)} could not be read at {reading.at:%H:%M:%S}Z"
    return "the regions do not agree on what serves now"


def _create(tx: Tx, meant: Meant, overrides: tuple[str, ...], actor: Actor, cmd_id: str) -> Release:
    new = Release(
        id=new_release_id(),
        application=meant.application,
        verb=meant.verb,
        colour=meant.colour,
        state=ReleaseState.CHECKING,
        parameter=meant.parameter,
        account=meant.account,
        by=actor,
        asked_at=tx.now(),
        came_from=meant.came_from,
        without=meant.without,
        overrides=overrides,
        expected=_expected(tx, meant.application, meant.colour) if meant.verb is Verb.ROLLBACK else {},
    )
    added = releases.add(tx, new)
    data = records.about(added) | {"without": list(meant.without), "overrides": list(overrides)}
    append_ops(tx, EventKind.RELEASE_ASKED, actor, data, cmd_id=events.own_id(tx, cmd_id))
    return added


def _expected(tx: Tx, application: str, colour: str) -> dict[str, str]:
    """region -> the fingerprint of the colour when it last served there: the newest release that left it there says."""
    found: dict[str, str] = {}
    for moved in releases.all_moved(tx, application):
        for spot in moved.spots:
            if spot.found.value == colour:
                found.setdefault(spot.region, spot.left_behind)
    return found
