"""Builds `dr.releases/1`: what serves in each region, whether artifacts are equal, and what became of releases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.errors import NotFoundError
from dr_core.observation import age
from dr_core.releases.model import LOOKED_AT_EVERY, Artifact, Reading, Release, Spot
from dr_core.reports.release_line import ReleaseLine
from dr_core.services import Services
from dr_core.store import releases
from dr_core.store.engine import Tx
from dr_core.topology.model import Application
from dr_core.topology.release import Release as Colours
from dr_core.value import Shown

MOST = 5
_SHORT = 12
BELIEVED = 3 * LOOKED_AT_EVERY
"""For how long the regions count as agreeing while nobody looks."""


class SideView(Shown):
    """The artifact of a colour in one region; with an `error` the rest says nothing."""

    region: str
    objects: int
    bytes: int
    fingerprint: str
    error: str


class ArtifactView(Shown):
    """A colour over the regions. `match`: equal, differs, or not known, and why."""

    colour: str
    match: Literal["equal", "differs", "unknown"]
    why: str
    sides: tuple[SideView, ...]


class SpotView(Shown):
    """One region of a release: what was found there, and when it was seen to be settled."""

    region: str
    found: str
    version: int
    settled_at: datetime | None
    trouble: str


class ReleaseView(Shown):
    """One release. `came_from` None: it never came to move anything, or nobody knew what served."""

    id: str
    verb: str
    colour: str
    came_from: str | None
    state: str
    by: str
    asked_at: datetime
    moved_at: datetime | None
    ended_at: datetime | None
    reason: str
    without: tuple[str, ...]
    overrides: tuple[str, ...]
    regions: tuple[SpotView, ...]


class ApplicationReleases(Shown):
    """`line` as in the status; `artifacts` of the last look; `releases` newest first."""

    name: str
    line: ReleaseLine
    artifacts: tuple[ArtifactView, ...]
    releases: tuple[ReleaseView, ...]


class ReleaseReport(Shown):
    schema_: Literal["dr.releases/1"] = Field(default="dr.releases/1", alias="schema")
    at: datetime
    applications: tuple[ApplicationReleases, ...]


def release_line(tx: Tx, name: str, entry: Application, now: datetime) -> ReleaseLine | None:
    """None for an application without releases."""
    if entry.release is None:
        return None
    seen, last = releases.reading(tx, name), releases.last_moved(tx, name)
    going_on = "; ".join(
        f"{one.verb.value} {one.id} to {one.colour}: {one.state}" for one in releases.unfinished(tx, name)
    )
    found = _pointers(seen, last, entry)
    colours = {one.region: one.value for one in found}
    read = [one.at for one in found if one.at is not None]
    read_at = min(read) if read else None
    return ReleaseLine(
        pointer=entry.release.pointer,
        colours=colours,
        absent=tuple(one.region for one in found if one.absent),
        agree=_agree(found, entry.release, now),
        read_at=read_at,
        age_seconds=(now - read_at).total_seconds() if read_at is not None else None,
        reason=_reason(found, entry.release, now) if read else "not read yet",
        going_on=going_on,
    )


@dataclass(frozen=True)
class _Known:
    """What is known of one region's pointer. `absent`: it is known that there is none. `at` None: never read."""

    region: str
    value: str | None = None
    absent: bool = False
    at: datetime | None = None

    def old(self, now: datetime) -> bool:
        """Whether it was read too long ago to say how it is."""
        return self.at is not None and age.due(self.at, now, BELIEVED)


def _pointers(seen: Reading | None, last: Release | None, entry: Application) -> tuple[_Known, ...]:
    """By region of dr.yaml the newest of two: the last look, and what the last release has seen for itself."""
    found = {region: _Known(region) for region in entry.regions}
    for one in seen.pointers if seen is not None else ():
        assert seen is not None
        value = one.pointer.value if one.pointer is not None else None
        found[one.region] = _Known(one.region, value, one.pointer is None and not one.error, seen.at)
    if last is not None and last.moved_at is not None and (seen is None or last.moved_at > seen.at):
        found |= {spot.region: _Known(spot.region, last.colour, at=last.moved_at) for spot in last.spots}
    return tuple(found[region] for region in entry.regions)


def _agree(found: Sequence[_Known], release: Colours, now: datetime) -> bool | None:
    """Not where two differ, one is absent, or one says what is no colour; None where one is not known any more."""
    known = {one.value for one in found if one.value is not None or one.absent}
    if len(known) > 1 or any(value not in release.colours for value in known):
        return False
    return None if any(one.value is None or one.old(now) for one in found) else True


def _reason(found: Sequence[_Known], release: Colours, now: datetime) -> str:
    """What keeps a region from being told to agree."""
    silent = [one.region for one in found if one.value is None and not one.absent and one.at is not None]
    unread = [one.region for one in found if one.at is None]
    old = [one.at for one in found if one.at is not None and one.old(now)]
    strange = [f"{one.region} says {one.value!r}" for one in found if one.value not in (None, *release.colours)]
    told = (
        f"{', '.join(silent)} did not answer" if silent else "",
        f"{', '.join(unread)} was not read yet" if unread else "",
        f"{', '.join(strange)}, which is no colour" if strange else "",
        f"nobody has looked since {min(old):%Y-%m-%d %H:%M}Z" if old else "",
    )
    return "; ".join(filter(None, told))


def release_report(services: Services, application: str | None = None) -> ReleaseReport:
    """Every application with releases, or one; from the store alone. NotFoundError where that one has none."""
    now = services.clock.now()

    def work(tx: Tx) -> ReleaseReport:
        names = [application] if application is not None else list(services.topology.applications)
        found = (_application(tx, services, name, now) for name in names)
        shown = tuple(one for one in found if one is not None)
        if application is not None and not shown:
            raise NotFoundError(f"{application} has no `release` in dr.yaml.")
        return ReleaseReport(at=now, applications=shown)

    return services.store.read(work)


def _application(tx: Tx, services: Services, name: str, now: datetime) -> ApplicationReleases | None:
    line = release_line(tx, name, services.topology.applications[name], now)
    if line is None:
        return None
    seen = releases.reading(tx, name)
    return ApplicationReleases(
        name=name,
        line=line,
        artifacts=tuple(map(_artifact, seen.artifacts if seen is not None else ())),
        releases=tuple(map(_release, releases.recent(tx, name, MOST))),
    )


def _artifact(found: Artifact) -> ArtifactView:
    sides = tuple(
        SideView(
            region=side.region,
            objects=side.objects,
            bytes=side.size,
            fingerprint=side.fingerprint[:_SHORT],
            error=side.error,
        )
        for side in found.sides
    )
    return ArtifactView(colour=found.colour, match=found.match.value, why=found.why, sides=sides)


def _release(one: Release) -> ReleaseView:
    return ReleaseView(
        id=one.id,
        verb=one.verb.value,
        colour=one.colour,
        came_from=one.came_from,
        state=one.state.value,
        by=one.by.display,
        asked_at=one.asked_at,
        moved_at=one.moved_at,
        ended_at=one.ended_at,
        reason=one.reason,
        without=one.without,
        overrides=one.overrides,
        regions=tuple(map(_spot, one.spots)),
    )


def _spot(one: Spot) -> SpotView:
    return SpotView(
        region=one.region,
        found=one.found.value,
        version=one.found.version,
        settled_at=one.settled_at,
        trouble=one.trouble,
    )
