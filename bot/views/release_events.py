"""What the incident channel is told of a release: asked for, refused, moved, taken back, well or ill."""

from pydantic import JsonValue

from bot.views.text import marked, one_line
from dr_core.audit.data import listed, text
from dr_core.audit.events import Event, EventKind


def release(event: Event, by: str) -> dict[EventKind, str]:
    """Words by kind."""
    data = event.data
    noun = {"promote": "promotion", "rollback": "rollback"}.get(text(data, "verb"), text(data, "verb"))
    what = f"{noun} of {text(data, 'application')} to {text(data, 'colour')} ({text(data, 'release')})"
    why, app = one_line(text(data, "reason"), 400), text(data, "application")
    back = f"/dr release rollback {app} takes it back"
    return {
        EventKind.RELEASE_ASKED: f"{marked('info')}: {by} confirmed the {what}{_left(data)}",
        EventKind.RELEASE_REFUSED: f"{marked('failed')}: the {what} is refused, nothing was changed: {why}"
        f"{_spite(data)}",
        EventKind.RELEASE_MOVED: f"{marked('done')}: {text(data, 'colour')} of {app} serves in "
        f"{' and '.join(listed(data, 'regions'))} ({text(data, 'release')}), and is watched. {back}",
        EventKind.RELEASE_UNDOING: f"{marked('warning')}: the {what} could not move every region, and goes back: {why}",
        EventKind.RELEASE_STUCK: f"{marked('bad')}: {text(data, 'region')} could not be put back to "
        f"{text(data, 'back_to')} ({text(data, 'release')} of {app}): {why}. It is tried again, "
        f"and ends once the pointer is put back by hand: {_by_hand(data)}; of a region that does not answer, and where "
        f"the application is not at work, also by a release `--without {text(data, 'region')}`",
        EventKind.RELEASE_UNDONE: f"{marked('aborted')}: the {what} was taken back in {_where(data)}: {why}",
        EventKind.RELEASE_SUPERSEDED: f"{marked('skipped')}: the {what} is watched no longer: {why}",
        EventKind.RELEASE_HEALTHY: f"{marked('ok')}: {text(data, 'colour')} of {app} stayed healthy: "
        f"{_measured(data)} ({text(data, 'release')})",
        EventKind.RELEASE_UNHEALTHY: f"{marked('bad')}: {text(data, 'colour')} of {app} is not healthy "
        f"({text(data, 'release')}): {why}. Nothing goes back by itself: {back}",
        EventKind.RELEASE_UNWATCHED: f"{marked('unknown')}: {text(data, 'colour')} of {app} is watched no further "
        f"({text(data, 'release')}): {why}. How it is, nobody knows",
    }


def _where(data: dict[str, JsonValue]) -> str:
    """Every region, or all but those that were left, each with its reason."""
    left = data.get("left")
    named = [f"{region} ({why})" for region, why in left.items()] if isinstance(left, dict) else []
    return f"every region but {one_line(' and '.join(named), 400)}" if named else "every region"


def _measured(data: dict[str, JsonValue]) -> str:
    """What was measured, and over which time."""
    bad = data.get("bad")
    told = ", ".join(f"{count} bad in {region}" for region, count in bad.items()) if isinstance(bad, dict) else ""
    return f"asked {text(data, 'asked')} times in {text(data, 'held_s')} s, {told or 'none bad'}"


def _by_hand(data: dict[str, JsonValue]) -> str:
    """The command that puts one pointer back."""
    name, value, region = (text(data, key) for key in ("parameter", "back_to", "region"))
    return f"`aws ssm put-parameter --name {name} --value {value} --overwrite --region {region}`"


def _left(data: dict[str, JsonValue]) -> str:
    """What was left out, and in spite of what."""
    without, overrides = listed(data, "without"), listed(data, "overrides")
    left = f", without {' and '.join(without)}" if without else ""
    return f"{left}, in spite of {', '.join(overrides)}" if overrides else left


def _spite(data: dict[str, JsonValue]) -> str:
    """The way on, where every objection can be overridden."""
    codes = listed(data, "codes")
    if not codes or not all(codes):
        return ""
    return f" To go on all the same: {' '.join(f'--override {code}' for code in dict.fromkeys(codes))}"
