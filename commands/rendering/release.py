"""Releases as lines."""

from collections.abc import Iterator
from datetime import datetime

from commands.rendering.lines import table, wrap
from commands.rendering.words import ago, count, moment, plain
from dr_core.reports.release_line import ReleaseLine
from dr_core.reports.releases import ApplicationReleases, ArtifactView, ReleaseReport, ReleaseView, SideView

NONE = "No application has a `release` in dr.yaml."
_BAD = ("refused", "undoing", "undone", "unhealthy")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def releases(report: ReleaseReport, now: datetime) -> list[str]:
    lines: list[str] = []
    for application in report.applications:
        lines += ["", *_application(application, now)] if lines else _application(application, now)
    return lines or [NONE]


def _application(application: ApplicationReleases, now: datetime) -> list[str]:
    lines = wrap(f"Releases of {application.name}: {serving(application.line)}", 0, 2)
    for told in standing(application.line, application.name, now):
        lines += wrap(told, 2, 2)
    rows, notes = [], []
    for artifact in application.artifacts:
        rows.append((artifact.colour, artifact.match.upper() if artifact.match != "equal" else "equal", held(artifact)))
        notes.append([plain(why)] if (why := unless_plain(artifact)) else [])
    lines += table(rows, 2, notes)
    for one in application.releases:
        lines += wrap(told_of(one, now), 2, 2)
    return lines


def serving(line: ReleaseLine) -> str:
    """Which colour serves, and where the regions do not agree each by itself."""
    known = {colour for colour in line.colours.values() if colour is not None}
    if line.agree and len(known) == 1:
        return f"{plain(next(iter(known)))} in {' and '.join(line.colours)}"
    told = {region: plain(colour or "UNKNOWN") for region, colour in line.colours.items()}
    told |= dict.fromkeys(line.absent, "NO PARAMETER")
    return ", ".join(f"{said} in {region}" for region, said in told.items())


def standing(line: ReleaseLine, application: str, now: datetime) -> Iterator[str]:
    """The age of the look, what goes on, and the way out where regions serve different colours."""
    read = f"read {ago(line.read_at, now)}" if line.read_at is not None else ""
    yield f"pointer {plain(line.pointer)}: {'; '.join(filter(None, [read, plain(line.reason)])) or 'not read yet'}"
    if line.going_on:
        yield f"going on: {plain(line.going_on)}"
    elif line.agree is False:
        yield f"THE REGIONS DIFFER: a failover would change what users see. `release promote {application} --to COLOUR`"


def short(line: ReleaseLine, application: str, now: datetime) -> str:
    """The line of a status."""
    told = [f"release: {serving(line)}"]
    told += [line.going_on] if line.going_on else []
    if line.agree is False and not line.going_on:
        told.append(f"THE REGIONS DIFFER (release promote {application} --to COLOUR)")
    told += [line.reason] if line.reason else []
    told += [f"read {ago(line.read_at, now)}"] if line.read_at else []
    return "; ".join(plain(one) for one in told)


def held(artifact: ArtifactView) -> str:
    """What each region has of a colour; said once where all have the same."""
    told = {side.region: _held(side) for side in artifact.sides}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{region}: {said}" for region, said in told.items())


def _held(side: SideView) -> str:
    if side.error:
        return plain(side.error)
    print_ = f" ({side.fingerprint})" if side.objects else ""
    return f"{count(side.objects, 'object')}, {_size(side.bytes)}{print_}"


def unless_plain(artifact: ArtifactView) -> str:
    """Why it is so; empty where equal fingerprints say it."""
    same = artifact.match == "equal" and len({side.fingerprint for side in artifact.sides}) == 1
    return "" if same else artifact.why


def told_of(one: ReleaseView, now: datetime) -> str:
    """One release in one sentence."""
    way = f"{one.came_from} to {one.colour}" if one.came_from else f"to {one.colour}"
    left = f", without {' and '.join(one.without)}" if one.without else ""
    spite = f", in spite of {', '.join(one.overrides)}" if one.overrides else ""
    when = moment(one.ended_at or one.moved_at or one.asked_at, now)
    because = f": {plain(one.reason)}" if one.reason else ""
    stuck = "".join(f"; {spot.region}: {plain(spot.trouble)}" for spot in one.regions if spot.trouble)
    head = f"{one.id} {one.verb} {way}{left}{spite}, by {plain(one.by)}"
    state = one.state.upper() if one.state in _BAD else one.state
    return f"{head}: {state} at {when}{because}{stuck}"


def _size(number: int) -> str:
    """Bytes in the unit that leaves at most three digits before the point."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
