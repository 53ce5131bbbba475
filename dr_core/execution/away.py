"""Whether an application is still away from the region that a finished run left. Pure.

What such a run left undone takes away from that region: where the application lives there again, that is an outage
which nobody has acknowledged. Nothing else bars it: nobody would keep the region from writing beside the target.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from dr_core.execution.model import Run
from dr_core.observation.active import observed_region, serving
from dr_core.observation.age import fresh
from dr_core.observation.model import Observation
from dr_core.topology.model import Application


class Sight(StrEnum):
    AWAY = "away"  # seen elsewhere, or two regions write: what was acknowledged is done
    BACK = "back"  # seen to live in the region that was left
    STALE = "stale"  # nobody has looked since the run's end, or not lately; or nobody could say


def sight_of(
    application: Application | None, run: Run, seen: Observation | None, now: datetime, interval: timedelta
) -> tuple[Sight, str]:
    """By the writer, DNS or a routing control, whatever is recorded of the region; and the reason.

    Two writers are no life in either region; without a database, users who are led there are. A look from ahead is of
    a clock that is ahead, and as fresh as any. `application` None: nobody looks at it any more.
    """
    ended = run.ended_at or run.created_at
    late = seen is None or seen.observed_at < ended or not (seen.observed_at > now or fresh(seen, now, interval))
    if application is None or seen is None or late:
        return Sight.STALE, f"where {run.application} lives was not observed lately"
    regions, reason = _lives_in(application, seen)
    if not regions:
        return Sight.STALE, reason
    two_write = application.database is not None and len(regions) > 1
    back = run.plan.source in regions and not two_write
    return (Sight.BACK if back else Sight.AWAY), reason


def _lives_in(application: Application, seen: Observation) -> tuple[tuple[str, ...], str]:
    """The regions in which it was seen, and the reason; none where nothing tells."""
    if application.active_active:
        there = serving(application, seen)
        return there.regions or (), there.reason
    if application.database is None:
        answers = {region for state in seen.traffic for region in state.answers or ()}
        led = sorted(answers | {region for state in seen.controls for region in state.on or ()})
        return tuple(led), f"users are led to {' and '.join(led)}" if led else "nothing tells where users are led"
    writers = seen.writers or ()
    if len(writers) > 1:
        return writers, f"{' and '.join(writers)} write"
    found = observed_region(application, seen, {})
    return ((found[0],), found[1]) if found is not None else ((), "nothing tells where it lives")
