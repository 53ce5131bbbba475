"""An episode: a region that serves an application went down, until it has been well for a while. Pure.

Within one, detection proposes once: a region that flaps ends none, and a new one begins only after `quiet`.
"""

from datetime import datetime, timedelta

from dr_core.observation.model import RegionVerdict, Verdict
from dr_core.value import Value


class Episode(Value):
    """`since`: the first bad pass. `well_since`: the region is no longer down since then; None while it is.

    `request`: what was proposed, or what waited already. `held`: the codes of what spoke against a proposal when that
    changed last. `tellings`: how often something was proposed or joined; after it, the same codes are told again.
    """

    application: str
    region: str
    since: datetime
    well_since: datetime | None = None
    incident: str | None = None
    request: str | None = None
    held: tuple[str, ...] = ()
    tellings: int = 0

    @property
    def id(self) -> str:
        return f"{self.application}:{self.region}:{self.since.isoformat()}"


def next_episode(
    before: Episode | None,
    application: str,
    verdict: RegionVerdict | None,
    now: datetime,
    quiet: timedelta,
    *,
    serves: bool,
) -> Episode | None:
    """What becomes of the last episode of a region by its verdict of now. Unknown ends nothing and begins nothing.

    Only a region that `serves` begins one.
    """
    if verdict is None or verdict.verdict is Verdict.UNKNOWN:
        return before
    if verdict.verdict is not Verdict.DOWN:
        if before is None or before.well_since is not None:
            return before
        return before.model_copy(update={"well_since": now})
    if before is not None and (before.well_since is None or now - before.well_since < quiet):
        return before if before.well_since is None else before.model_copy(update={"well_since": None})
    if not serves:
        return before
    return Episode(application=application, region=verdict.region, since=verdict.bad_since or verdict.since)
