"""Help as a value, `dr.help/1`: only what the caller may run."""

from typing import Literal

from pydantic import Field

from dr_core.value import Shown


class HelpParam(Shown):
    """One argument or option, such as `--reason TEXT`."""

    form: str
    summary: str


class HelpEntry(Shown):
    """One command. `usage` and `examples` are without the leading `/dr` or `dr`."""

    name: str
    usage: str
    summary: str
    params: tuple[HelpParam, ...]
    examples: tuple[str, ...]


class HelpReport(Shown):
    """`caller` names who asked; `prefix` is what to type before a command: `/dr` or `dr`."""

    schema_: Literal["dr.help/1"] = Field(default="dr.help/1", alias="schema")
    caller: str
    prefix: str
    roles: tuple[str, ...]
    entries: tuple[HelpEntry, ...]
