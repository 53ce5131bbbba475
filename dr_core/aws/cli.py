"""The AWS CLI's words: commands and conditions as lines of bash. Pure.

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-filter.html: `--query` is JMESPath. Its texts are written
here as JSON literals in backquotes, so that a whole query stands in single quotes.
"""

import json
import shlex
from dataclasses import dataclass

_LOOK_EVERY_S = 10
BRIEFLY = ("--cli-connect-timeout", "5", "--cli-read-timeout", "15")
"""Options of a call to a region that may be dead."""


@dataclass(frozen=True)
class Raw:
    """Shell text that stands in a command as it is, such as a variable in double quotes."""

    text: str


def aws(service: str, operation: str, *words: str | Raw, region: str) -> str:
    """One command of the AWS CLI, its words quoted. The region is always said: a shell may have another default."""
    given = [word.text if isinstance(word, Raw) else shlex.quote(word) for word in words]
    return " ".join(["aws", service, operation, "--region", shlex.quote(region), *given])


def answer(command: str) -> str:
    """What a command prints, as one word of the shell."""
    return f'"$({command})"'


def asked(query: str) -> tuple[str, ...]:
    """The options that make the CLI print only what `query` finds."""
    return ("--query", query, "--output", "text")


def is_(command: str, wanted: str | Raw) -> str:
    """The condition that a command prints exactly this."""
    return f"[ {answer(command)} = {wanted.text if isinstance(wanted, Raw) else shlex.quote(wanted)} ]"


def at_least(command: str, number: int) -> str:
    """The condition that a command prints this number or a higher one."""
    return f"[ {answer(command)} -ge {number} ]"


def tried(command: str, otherwise: str) -> str:
    """A command that is tried once, and what is said where it fails."""
    return f"AWS_MAX_ATTEMPTS=1 {command} || echo {shlex.quote(otherwise)}"


def wait(condition: str) -> str:
    """Look again and again until the condition holds."""
    return f"until {condition}; do sleep {_LOOK_EVERY_S}; done"


def text(value: str) -> str:
    """A text inside a query. A backquote ends a JSON literal, so it is written as JSON's escape of it."""
    return "`" + json.dumps(value).replace("`", "\\u0060") + "`"
