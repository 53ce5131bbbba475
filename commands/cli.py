"""`dr ...` in a terminal: the same commands, the same rules, no Slack."""

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from commands.faults import guarded
from commands.parsing import Arguments, Parsed, parse
from dr_core.errors import DrError, UnreachableError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from commands.credentials import Known

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done or healthy, 1 failed or unhealthy, 2 usage or configuration, 3 refused, 4 not reached."""
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except DrError as error:
        print(f"dr: {_typed_here(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("dr: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough; Python must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: Sequence[str]) -> int:
    parsed = parse(words, prefix="dr", json_allowed=True)
    if parsed.command.name == "help" and not parsed.json:
        return _help(" ".join(parsed.words), by_word=list(words[:1]) == ["help"])
    if parsed.command.bare:
        return _bare(parsed)
    return _dispatched(words, json=parsed.json)


def _help(asked: str, *, by_word: bool) -> int:
    """`--help` is drawn from the registry alone: no configuration, no store, no models. `help` asks who you are."""
    from commands.help import OPERATIONS, terminal_entries
    from commands.rendering.help import entries

    person = _person() if by_word else None
    found = terminal_entries(asked or None, None, person.roles if person else None)
    print("\n".join(entries(found, "dr", person.name if person else "you")))
    if person is None and not asked:
        print(f"\n{OPERATIONS[:1].upper()}{OPERATIONS[1:]}; `dr help` then lists what they may run.")
    return 0


def _person() -> "Known | None":
    """Whose credentials these are; None where that cannot be told, for help works without anything."""
    from commands.credentials import known_person
    from dr_core.bootstrap import services
    from dr_core.settings import read_settings

    try:
        parts = services(read_settings())
    except DrError:
        return None
    try:
        return known_person(parts)
    finally:
        parts.store.dispose()


def _bare(parsed: Parsed) -> int:
    command = parsed.command
    if parsed.words and not command.positionals:
        raise UsageError(f"`dr {command.name}` takes no argument.", hint=f"Usage: dr {command.usage}")
    values = dict(parsed.options)
    values.update(zip((param.name for param in command.positionals), parsed.words, strict=False))
    result: BaseModel | str = guarded(command.name, lambda: command.load()(Arguments(values)))
    code = _print(result, json=parsed.json)
    if not getattr(result, "ok", True):
        return 1
    return code or (UnreachableError.exit_code if getattr(result, "unknown", 0) else 0)


def _dispatched(words: Sequence[str], *, json: bool) -> int:
    from commands.dispatch import dispatch
    from commands.operators import terminal_actor
    from dr_core.bootstrap import services
    from dr_core.logs import configure
    from dr_core.settings import read_settings

    settings = read_settings()
    # A terminal is no log: tracebacks are shown to those only who ask for them.
    configure("debug" if settings.log_level == "debug" else "critical")
    parts = guarded("start", lambda: services(settings))
    try:
        outcome = dispatch(parts, terminal_actor(), words)
        # An export is read while it is printed.
        _print(outcome.result, json=json)
    finally:
        parts.store.dispose()
    return outcome.exit_code


def _print(result: "BaseModel | str", *, json: bool) -> int:
    if isinstance(result, str):
        print(result)
    elif json and getattr(result, "schema_", "") != "dr.audit-export/1":
        print(result.model_dump_json(by_alias=True, indent=2))
    else:
        from commands.rendering.text import lines

        exported = getattr(result, "schema_", "") == "dr.audit-export/1"
        for line in lines(result):
            print(line if exported else _typed_here(line))
    return 0


def _typed_here(told: str) -> str:
    """What Slack calls `/dr`, where a sentence of the library names a command."""
    return re.sub(r"(?<![\w/.:-])/dr(?= [a-z]|$)", "dr", told)


if __name__ == "__main__":
    sys.exit(main())
