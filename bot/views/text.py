"""Words for Slack: escaping, one safe line from foreign text, durations, dates, and the emoji that goes with a word."""

import re
import unicodedata
from datetime import UTC, datetime

LONGEST_QUOTE = 280
_SPACE = re.compile(r"\s+")
# Unicode categories that could hide or reorder what people approve: control, format (bidi), surrogate, private use.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})

MARKS = {
    "healthy": "\N{LARGE GREEN CIRCLE}",
    "ok": "\N{LARGE GREEN CIRCLE}",
    "degraded": "\N{LARGE YELLOW CIRCLE}",
    "warning": "\N{LARGE YELLOW CIRCLE}",
    "stale": "\N{LARGE YELLOW CIRCLE}",
    "over": "\N{LARGE RED CIRCLE}",
    "down": "\N{LARGE RED CIRCLE}",
    "bad": "\N{LARGE RED CIRCLE}",
    "blocking": "\N{LARGE RED CIRCLE}",
    "unknown": "\N{MEDIUM WHITE CIRCLE}",
    "info": "\N{LARGE BLUE CIRCLE}",
    "open": "\N{HOURGLASS WITH FLOWING SAND}",
    "approved": "\N{WHITE HEAVY CHECK MARK}",
    "denied": "\N{NO ENTRY}",
    "cancelled": "\N{BLACK SQUARE FOR STOP}",
    "expired": "\N{ALARM CLOCK}",
    "void": "\N{BLACK SQUARE FOR STOP}",
    "pending": "\N{HOURGLASS}",
    "running": "\N{BLACK RIGHT-POINTING TRIANGLE}",
    "held": "\N{DOUBLE VERTICAL BAR}",
    "paused": "\N{DOUBLE VERTICAL BAR}",
    "braked": "\N{NO ENTRY}",
    "aborting": "\N{BLACK SQUARE FOR STOP}",
    "stalled": "\N{LARGE YELLOW CIRCLE}",
    "succeeded": "\N{WHITE HEAVY CHECK MARK}",
    "done": "\N{WHITE HEAVY CHECK MARK}",
    "reached_late": "\N{WHITE HEAVY CHECK MARK}",
    "failed": "\N{CROSS MARK}",
    "aborted": "\N{CROSS MARK}",
    "waiting": "\N{HOURGLASS}",
    "queued": "\N{HOURGLASS}",
    "ended": "\N{BLACK SQUARE FOR STOP}",
    "skipped": "\N{BLACK RIGHT-POINTING DOUBLE TRIANGLE}",
    "not_reached": "\N{LARGE YELLOW CIRCLE}",
    "uncertain": "\N{BLACK QUESTION MARK ORNAMENT}",
}


def marked(word: str) -> str:
    """`healthy` -> a green circle and the word: colour is never alone."""
    spoken = word.replace("_", " ")
    mark = MARKS.get(word)
    return f"{mark} {spoken}" if mark else spoken


def beyond(word: str, reason: str) -> str:
    """A reason without the word it begins with, for places where that word stands already."""
    return reason.removeprefix(f"{word}: ")


def escape(text: str) -> str:
    """For mrkdwn and for top-level text: the three characters that Slack reads as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def one_line(text: str, longest: int = LONGEST_QUOTE) -> str:
    """Foreign text as one line of at most `longest` characters, without control and bidirectional characters."""
    spaced = _SPACE.sub(" ", text)
    shown = "".join(c for c in spaced if unicodedata.category(c) not in _HIDDEN).strip()
    return cut(shown, longest)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, with an ellipsis where something is missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def utc(at: datetime) -> str:
    """`2026-01-05 09:00:00 UTC`, for places where Slack does not translate dates."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def date(at: datetime, form: str = "{date_short_pretty} {time_secs}") -> str:
    """A date that Slack shows in the reader's zone, with UTC as the fallback. For mrkdwn only."""
    return f"<!date^{int(at.timestamp())}^{form}|{utc(at)}>"


def limit(loss_limit_s: int | None) -> str:
    """The loss limit in words."""
    return "unknown" if loss_limit_s is None else f"{loss_limit_s} s"


def accepting(accepted_limit_s: int | None) -> str:
    """What an acknowledgement accepted."""
    if accepted_limit_s == 0:
        return "with no loss"
    return (
        "accepting a loss of unknown extent"
        if accepted_limit_s is None
        else f"accepting a loss of {accepted_limit_s} s"
    )


def counted(number: int, noun: str) -> str:
    """`1 ack`, `2 acks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short(digest: str) -> str:
    """The part of a digest that people compare."""
    return digest[:12]
