"""That somebody asked for a release: a row in the store alone moves nothing."""

from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError
from dr_core.releases.model import Release
from dr_core.store import events
from dr_core.store.engine import Tx


def refuse_unless_asked(tx: Tx, release: Release) -> None:
    """ConflictError unless the trail says that this very release was asked for, by whom the row names."""
    wanted = {
        "application": release.application,
        "verb": release.verb.value,
        "colour": release.colour,
        "without": list(release.without),
        "overrides": list(release.overrides),
    }
    for event in events.of_kind(tx, EventKind.RELEASE_ASKED, release.asked_at):
        if event.data.get("release") != release.id:
            continue
        other = [name for name, value in wanted.items() if event.data.get(name) != value]
        other += ["by"] if event.actor != actor_data(release.by) else []
        if other:
            raise ConflictError(f"The trail says otherwise what was asked for: {', '.join(other)}.")
        return
    raise ConflictError(f"The trail does not say that release {release.id} was asked for.")
