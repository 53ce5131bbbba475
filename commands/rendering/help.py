"""Help and single sentences as lines, of anything that looks like help's entries: `dr --help` needs no models."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from commands.rendering.lines import table, wrap

if TYPE_CHECKING:
    from dr_core.reports.help import HelpReport
    from dr_core.reports.listing import Message


class ParamLike(Protocol):
    @property
    def form(self) -> str: ...
    @property
    def summary(self) -> str: ...


class EntryLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def usage(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def params(self) -> Sequence[ParamLike]: ...
    @property
    def examples(self) -> Sequence[str]: ...


def report(found: "HelpReport", _now: datetime) -> list[str]:
    return entries(found.entries, found.prefix, found.caller)


def entries(found: Sequence[EntryLike], prefix: str, caller: str) -> list[str]:
    """One entry in full, several in a line each with examples below."""
    if len(found) == 1:
        return _detail(found[0], prefix)
    lines = wrap(f"What {caller} may run:")
    lines += table([(f"{prefix} {entry.usage}", entry.summary) for entry in found], 2)
    lines += ["", "Examples:", *_examples((entry for entry in found if entry.examples), prefix)]
    return [*lines, "", f"`{prefix} help COMMAND` tells more."]


def _examples(found: Iterable[EntryLike], prefix: str) -> list[str]:
    longest = (max(entry.examples, key=len) for entry in found if entry.params)
    return [f"  {prefix} {example}" for example in longest]


def _detail(entry: EntryLike, prefix: str) -> list[str]:
    lines = [*wrap(f"{prefix} {entry.usage}", 0, 4), *wrap(entry.summary, 2, 2)]
    if entry.params:
        lines += ["", *table([(param.form, param.summary) for param in entry.params], 2)]
    if entry.examples:
        lines += ["", "Examples:", *(f"  {prefix} {example}" for example in entry.examples)]
    return lines


def message(said: "Message", _now: datetime) -> list[str]:
    return [*wrap(said.text), *(line for more in said.lines for line in wrap(more, 2, 2))]
