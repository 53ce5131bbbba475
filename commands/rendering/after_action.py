"""An after-action report in each form that somebody may ask for."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from commands.rendering.after_action_pages import document
from commands.rendering.document_html import html
from commands.rendering.document_lines import lines
from commands.rendering.document_markdown import markdown
from dr_core.reports.after_action import AfterAction
from dr_core.reports.listing import Page


class Form(StrEnum):
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


def in_form(report: AfterAction, form: Form) -> str:
    """The report as a text file."""
    if form is Form.JSON:
        return report.model_dump_json(by_alias=True, indent=2) + "\n"
    return (html if form is Form.HTML else markdown)(document(report))


def after_action(report: AfterAction, _now: datetime) -> Iterable[str]:
    return lines(document(report))


def page(made: Page, _now: datetime) -> Iterable[str]:
    """As it is: it may be piped into a file."""
    return made.text.splitlines()
