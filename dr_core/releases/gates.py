"""What speaks against a release, from what was read of the regions right before the first pointer would move. Pure."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import timedelta

from dr_core.releases.model import Artifact, Match, PointerSeen, Reading, Release, Verb
from dr_core.topology.model import Application

DIFFERS, UNKNOWN, CHANGED = "artifact-differs", "artifact-unknown", "artifact-changed"
STRANGE, UNHEALTHY = "pointer-strange", "colour-unhealthy"
WITHOUT = "Where the region is gone for longer: `--without {region}`."
LASTS = timedelta(minutes=15)
"""How long a confirmation counts beside the time that the probes take: what was shown is of then."""
OVERRIDES = (DIFFERS, UNKNOWN, CHANGED, STRANGE, UNHEALTHY)


@dataclass(frozen=True)
class Objection:
    """`code` empty: nobody can go on in spite of it."""

    code: str
    message: str
    way_out: str = ""


def objections(release: Release, application: Application, reading: Reading) -> tuple[Objection, ...]:
    """Everything that was not overridden, in the order in which it was looked at."""
    found = (
        *_too_late(release, application, reading),
        *_left_out(release, reading),
        *_pointers(release, application, reading),
        *_artifact(release, reading),
    )
    return tuple(one for one in found if not one.code or one.code not in release.overrides)


def _too_late(release: Release, application: Application, reading: Reading) -> Iterator[Objection]:
    """As after an outage of the workers: meanwhile people may have released in another way."""
    assert application.release is not None
    waited = reading.at - release.asked_at
    if waited > LASTS + application.release.probes * application.release.every:
        minutes = int(waited.total_seconds() // 60)
        yield Objection("", f"It was confirmed {minutes} minutes ago, and nothing has moved since.", "Ask for it anew.")


def _left_out(release: Release, reading: Reading) -> Iterator[Objection]:
    for seen in _seen(reading, release.without, inside=True):
        if not seen.silent:
            said = f" ({seen.error})" if seen.error else ""
            yield Objection("", f"{seen.region} answers{said}, and only a region that does not is left out.")


def _pointers(release: Release, application: Application, reading: Reading) -> Iterator[Objection]:
    assert application.release is not None
    name, colours = release.parameter, tuple(application.release.colours)
    seen = _seen(reading, release.without, inside=False)
    for one in seen:
        if one.error:
            told = f"The pointer of {one.region} is not known: {one.error}"
            yield Objection("", told, WITHOUT.format(region=one.region) if one.silent else "")
        elif one.pointer is None:
            yield Objection(
                "",
                f"There is no parameter {name} in {one.region}.",
                f"Make it: its value is one of {', '.join(colours)}.",
            )
        elif one.pointer.value not in colours:
            told = f"{name} in {one.region} says {one.pointer.value!r}, which is no colour of {release.application}."
            yield Objection(STRANGE, told)
    if seen and all(one.pointer is not None and one.pointer.value == release.colour for one in seen):
        yield Objection("", f"{release.colour} serves in every region already.")


def _artifact(release: Release, reading: Reading) -> Iterator[Objection]:
    artifact = reading.artifact(release.colour)
    if artifact is None:
        return
    empty = [side.region for side in artifact.sides if not side.error and not side.objects]
    if empty:
        yield Objection("", f"Nothing stands below the prefix of {release.colour} in {', '.join(empty)}.")
    elif artifact.match is Match.DIFFERS:
        told = f"What stands for {release.colour} differs between the regions: {artifact.why}."
        yield Objection(DIFFERS, told, "Wait for replication, or put the same into each.")
    elif artifact.match is Match.UNKNOWN:
        yield Objection(UNKNOWN, f"Whether {release.colour} is the same in every region is not known: {artifact.why}.")
    if release.verb is Verb.ROLLBACK:
        there = {one.region for one in reading.pointers if one.pointer and one.pointer.value == release.colour}
        yield from _what_it_was(release, artifact, there)


def _what_it_was(release: Release, artifact: Artifact, there: Set[str]) -> Iterator[Objection]:
    """A rollback brings back what served before, and not what was put into its place since.

    `there`: where the colour serves now. Nothing is brought back there.
    """
    sides = [side for side in artifact.sides if not side.error and side.region not in there]
    unknown = [side.region for side in sides if not release.expected.get(side.region)]
    changed = [side.region for side in sides if release.expected.get(side.region) not in (None, "", side.fingerprint)]
    if changed:
        told = f"What stands for {release.colour} in {', '.join(changed)} is not what served there before."
        yield Objection(CHANGED, told, "Put it back, or promote what stands there as a release of its own.")
    if unknown:
        told = f"What served as {release.colour} in {', '.join(unknown)} before was not known at the time."
        yield Objection(UNKNOWN, told)


def _seen(reading: Reading, without: tuple[str, ...], *, inside: bool) -> tuple[PointerSeen, ...]:
    return tuple(seen for seen in reading.pointers if (seen.region in without) is inside)
