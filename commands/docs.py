"""Prints `docs/commands/README.md` from the registry: `python -m commands.docs > docs/commands/README.md`."""

from itertools import groupby

from commands.help import Names, entry_of
from commands.registry import Command, Needs, Where, registry

_INTRO = """\
# Commands

The same words in Slack (`/dr ...`) and in a terminal (`dr ...`). This page is printed from the code by
`python -m commands.docs`; a test holds it current.

- Regions and applications are told apart by what they are: `failover eu-west-1 shop` and
  `failover shop eu-west-1` are the same. With one application its name may be left out.
- What is missing is asked for: in Slack by a form filled with what is known, in the terminal by one line
  and exit code 2.
- A text of several words stands in quotes: `--reason "two words"`.
- The terminal is read-only: it looks, Slack acts. There `--json` prints the result with its versioned schema.
- Exit codes: 0 done or healthy; 1 failed or unhealthy; 2 wrong usage or configuration; 3 refused by policy; 4 could not
  reach what it needs.
"""

_WHO = {
    Needs.NOBODY: "anybody",
    Needs.VIEWER: "anybody",
    Needs.REQUESTER: "requesters",
    Needs.APPROVER: "approvers",
}


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for group, commands in groupby(registry().commands, key=lambda command: command.group):
        parts.append(f"## {group}\n")
        parts += [_section(command) for command in commands]
    return "\n".join(parts)


def _section(command: Command) -> str:
    entry = entry_of(command, Names())
    lines = [f"### `{entry.usage}`", "", f"{entry.summary[0].upper()}{entry.summary[1:]}. {_where(command)}"]
    if entry.params:
        lines += ["", *(f"- `{param.form}`: {param.summary}" for param in entry.params)]
    prefix = "dr" if command.where is Where.TERMINAL else "/dr"
    lines += ["", "```", *(f"{prefix} {example}" for example in entry.examples), "```", ""]
    return "\n".join(lines)


def _where(command: Command) -> str:
    if command.where is Where.TERMINAL:
        return "Only in a terminal."
    who = f"Who may: {_WHO[command.needs]}"
    return f"{who}, in Slack." if command.operation else f"{who}."


if __name__ == "__main__":
    print(page(), end="")
