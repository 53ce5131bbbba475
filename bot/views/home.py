"""App Home: the dashboard of one person, with the state of everything and what waits."""

from pydantic import JsonValue

from bot.views import message as m
from bot.views.modal import View
from bot.views.status import status
from dr_core.reports.model import StatusReport


def home(report: StatusReport) -> View:
    """The tab as published; Home takes no tables, so stores are lines here."""
    shown = status(report, tables=False)
    waiting = sum(len(app.requests) for app in report.applications)
    told = "Waiting requests are decided on their cards in the incident channel." if waiting else "No request waits."
    hint = m.context(f"{told} Type `/dr help` for what you may do. This tab is drawn again when you open it.")
    return {"type": "home", "blocks": list[JsonValue]((*shown.blocks, hint))}


def unavailable(why: str) -> View:
    """The tab when the state could not be read."""
    return {"type": "home", "blocks": [m.header("DR status"), m.lines([why])]}
