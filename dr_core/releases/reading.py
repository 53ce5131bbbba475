"""One look at an application's releases: the pointer of each region, and each colour's artifact compared over them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dr_core.clock import Clock
from dr_core.errors import DrError, LeaseLostError, ThrottledError, UnreachableError
from dr_core.releases import compare
from dr_core.releases.compare import Compared
from dr_core.releases.model import Artifact, Match, PointerSeen, Reading, Side
from dr_core.releases.port import Artifacts, Pointers, ReleasePorts, Stored, Sums
from dr_core.topology.check_release import artifact_buckets
from dr_core.topology.model import Application
from dr_core.topology.release import Release

MOST_SUMS = 200
"""How many objects of a prefix are asked for their checksums at most: each costs a call a region."""


Alive = Callable[[], None]
"""Asked ahead of each listing and checksum, which may be many; raises LeaseLostError to end the reading."""


def _nobody() -> None:
    """Nobody's lease is at stake."""


@dataclass(frozen=True)
class Scope:
    """What one look takes in. `listed`: colours whose artifacts are only told, as what serves now, and not compared."""

    parameter: str
    compared: Sequence[str]
    listed: Sequence[str]
    regions: Sequence[str]

    @classmethod
    def whole(cls, application: Application) -> "Scope":
        release = _of(application)
        return cls(release.pointer, tuple(release.colours), (), application.regions)


@dataclass(frozen=True)
class _Copy:
    """What one region has of a colour."""

    region: str
    bucket: str
    listing: Sequence[Stored] = ()
    error: str = ""


def read(
    ports: ReleasePorts, clock: Clock, name: str, application: Application, scope: Scope, alive: Alive = _nobody
) -> Reading:
    """Pointers of all regions, and the artifacts of some colours in some regions.

    Never raises DrError but for what `alive` raises: what could not be asked is in it with its reason.
    """
    now = clock.now()
    seen = tuple(pointer_of(ports.reading, scope.parameter, region) for region in application.regions)
    look = _Look(ports.artifacts, application, scope.regions, alive)
    compared = [look.artifact(colour) for colour in scope.compared]
    listed = [look.listed(colour) for colour in scope.listed]
    return Reading(application=name, at=now, pointers=seen, artifacts=(*compared, *listed))


def _of(application: Application) -> Release:
    if application.release is None:
        raise ValueError("an application without releases is never read")
    return application.release


def pointer_of(pointers: Pointers, name: str, region: str) -> PointerSeen:
    """What the pointer of one region says, or why that is not known."""
    try:
        return PointerSeen(region=region, pointer=pointers.read(name, region))
    except LeaseLostError:
        raise
    except DrError as error:
        silent = isinstance(error, UnreachableError) and not isinstance(error, ThrottledError)
        return PointerSeen(region=region, error=error.message, silent=silent)


def artifact_of(artifacts: Artifacts, application: Application, colour: str, regions: Sequence[str]) -> Artifact:
    """A colour's artifact, compared between these regions."""
    return _Look(artifacts, application, regions, _nobody).artifact(colour)


@dataclass(frozen=True)
class _Look:
    """Asks for artifacts, one call after the other."""

    artifacts: Artifacts
    application: Application
    regions: Sequence[str]
    alive: Alive

    def artifact(self, colour: str) -> Artifact:
        """Compared: each region that could be listed against the first of them."""
        copies = self._copies(colour)
        known = [copy for copy in copies if not copy.error]
        found = _overall([self._pair(self._prefix(colour), known[0], copy) for copy in known[1:]])
        if found.match is not Match.DIFFERS:
            silent = [f"{copy.region}: {copy.error}" for copy in copies if copy.error]
            if silent:
                found = Compared(Match.UNKNOWN, "; ".join(silent))
            elif not any(copy.listing for copy in copies):
                found = Compared(Match.UNKNOWN, f"nothing stands in {' and '.join(self.regions)}")
        return Artifact(colour=colour, match=found.match, why=found.why, sides=tuple(map(_side, copies)))

    def listed(self, colour: str) -> Artifact:
        """What each region has, compared with nothing."""
        sides = tuple(map(_side, self._copies(colour)))
        return Artifact(colour=colour, match=Match.UNKNOWN, why="it was not compared", sides=sides)

    def _prefix(self, colour: str) -> str:
        return _of(self.application).colours[colour].prefix

    def _copies(self, colour: str) -> list[_Copy]:
        buckets = artifact_buckets(self.application)[0].buckets
        return [self._copy(region, buckets[region], self._prefix(colour)) for region in self.regions]

    def _copy(self, region: str, bucket: str, prefix: str) -> _Copy:
        self.alive()
        try:
            return _Copy(region, bucket, self.artifacts.listing(bucket, region, prefix))
        except LeaseLostError:
            raise
        except DrError as error:
            return _Copy(region, bucket, error=error.message)

    def _pair(self, prefix: str, ours: _Copy, theirs: _Copy) -> Compared:
        """One region against another."""
        found = compare.by_listing(ours.listing, theirs.listing, ours.region, theirs.region)
        if not found.doubtful:
            return found
        if len(found.doubtful) > MOST_SUMS:
            told = f"{len(found.doubtful)} objects need their checksums compared, and at most {MOST_SUMS} are"
            return Compared(Match.UNKNOWN, f"{told} ({theirs.region})")
        try:
            mine, other = (self._sums(prefix, copy, found.doubtful) for copy in (ours, theirs))
        except LeaseLostError:
            raise
        except DrError as error:
            return Compared(Match.UNKNOWN, f"checksums could not be asked: {error.message}")
        return compare.by_sums(mine, other, theirs.region)

    def _sums(self, prefix: str, copy: _Copy, keys: Sequence[str]) -> Mapping[str, Sums]:
        found: dict[str, Sums] = {}
        for key in keys:
            self.alive()
            found[key] = self.artifacts.sums(copy.bucket, copy.region, f"{prefix}{key}")
        return found


def _side(copy: _Copy) -> Side:
    if copy.error:
        return Side(region=copy.region, error=copy.error)
    size = sum(one.size for one in copy.listing)
    print_ = compare.fingerprint(copy.listing)
    return Side(region=copy.region, objects=len(copy.listing), size=size, fingerprint=print_)


def _overall(compared: Sequence[Compared]) -> Compared:
    """The worst of all pairs; one region alone is equal to itself."""
    for match in (Match.DIFFERS, Match.UNKNOWN):
        told = [one.why for one in compared if one.match is match]
        if told:
            return Compared(match, "; ".join(told))
    return Compared(Match.EQUAL, compared[0].why if compared else "only one region was compared")
