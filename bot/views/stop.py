"""The modals that stop something: why, and where a run is in its middle, what is down until somebody goes on."""

from collections.abc import Sequence

from pydantic import JsonValue

from bot.views import message as m
from bot.views.modal import View, modal, text_input
from bot.views.text import escape, one_line, utc
from dr_core.execution.impact import Impact

STOP, REASON = "stop", "reason"
_MOST_RUNS = 12
_MOST_FACTS = 12
_LONGEST_STEPS = 900

_TITLES = {"run pause": "Pause the run", "run abort": "Abort the run", "brake on": "Put the brake on"}
_SENDS = {"run pause": "Pause it all the same", "run abort": "Abort it all the same", "brake on": "Stop everything"}
_OVER = "The run is over, and still tries to do in a lost region what it could not. It would try no more:"
VERBS = frozenset(_TITLES)
_EARLY = {
    "run pause": "Nothing new starts until an approver resumes it. Nothing was taken away from anybody yet.",
    "run abort": "The run ends. Nothing was taken away from anybody yet, so nothing is down.",
    "brake on": "Nothing new starts in any run of any application until an approver types /dr brake off. No run is in "
    "its middle now.",
}
_MIDDLE = {
    "run pause": "The run is in its middle. While it is paused, this stays as it is:",
    "run abort": "The run is in its middle. It ends there, nothing is undone, and this stays as it is:",
    "brake on": "Runs are in their middle. While the brake is on, this stays as it is:",
}


def stop(verb: str, words: Sequence[str], impacts: Sequence[Impact], channel: str, reason: str = "") -> View:
    """Ask for the reason, and show what is down; sending it repeats `words` with the reason, and with `--confirm`."""
    said = [*words, "--confirm"] if impacts else list(words)
    blocks = _down(verb, impacts) if impacts else [m.lines([_EARLY[verb]])]
    blocks.append(
        text_input(REASON, "Reason", initial=reason, many=True, hint="Shown to everybody, kept in the audit trail.")
    )
    metadata: dict[str, JsonValue] = {"words": list[JsonValue](said), "channel": channel}
    send = _SENDS[verb] if impacts else _TITLES[verb]
    return modal(_TITLES[verb], blocks, callback=STOP, submit=send, metadata=metadata)


def _warning(verb: str, impacts: Sequence[Impact]) -> str:
    return _OVER if all(impact.over for impact in impacts) else _MIDDLE[verb]


def _down(verb: str, impacts: Sequence[Impact]) -> list[m.Block]:
    """The warning first, then each run with what is seen of it, then its steps: of its facts the first, and long."""
    blocks: list[m.Block] = [{"type": "alert", "level": "error", "text": m.plain(_warning(verb, impacts))}]
    for impact in impacts[:_MOST_RUNS]:
        steps, *seen = impact.facts or ("",)
        facts = [f"\N{BULLET} {fact}" for fact in seen[:_MOST_FACTS]]
        blocks.append(m.lines([f"{impact.application}, run {impact.run}, as of {utc(impact.at)}", *facts]))
        blocks.append(m.context(escape(one_line(steps, _LONGEST_STEPS)) or "-"))
    more = len(impacts) - _MOST_RUNS
    return [*blocks, m.lines([f"\N{HORIZONTAL ELLIPSIS} {more} more runs"])] if more > 0 else blocks
