"""Errors as messages: what is wrong and the way out, or an id to quote. Never a traceback."""

from bot.views import message as m
from dr_core.errors import DrError

_SHOWN_AS = {
    "usage": "Not understood",
    "not-found": "Not found",
    "refused": "Refused",
    "blocked": "Refused",
    "conflict": "Already decided",
    "occupied": "Not now",
    "needs-confirmation": "Not done yet",
    "unreachable": "Not reachable",
    "throttled": "Not reachable",
    "denied": "No permission",
    "config": "Configuration",
}


def problem(error: DrError) -> m.Message:
    """An error of ours: its sentence and its hint."""
    title = _SHOWN_AS.get(error.code, "Failed")
    hint = [m.lines([error.hint])] if error.hint else []
    return m.message(f"{title}: {error}", m.lines([f"\N{WARNING SIGN} {title}: {error.message}"]), *hint)


def unexpected(reference: str) -> m.Message:
    """Something nobody foresaw."""
    told = f"Something went wrong; nothing more is known here. Quote the id {reference} to whoever runs this bot."
    return m.message(told, m.lines([f"\N{WARNING SIGN} {told}"]))
