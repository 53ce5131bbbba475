"""Plants every bug of the table in turn and prints which test saw it: `python -m tests.mutants [words ...]`."""

import sys

from tests.mutants.planted import Planted
from tests.mutants.plot import Outcome, Plot, plot
from tests.mutants.table import GROUPS


def main(words: list[str]) -> int:
    """0 when every bug was seen. With words, only those bugs whose name or group has one of them."""
    chosen = {title: tuple(bug for bug in bugs if _named(bug, title, words)) for title, bugs in GROUPS.items()}
    if not any(chosen.values()):
        _say(f"no planted bug has one of these words: {' '.join(words)}")
        return 2
    with plot() as copy:
        tests = tuple(sorted({test for bugs in chosen.values() for bug in bugs for test in bug.tests}))
        sound = copy.run(tests)
        if sound.caught or sound.broken:
            _say(f"without any bug: {sound.by or sound.broken}")
            return 1
        _say(f"without any bug all is green ({sound.seconds:.0f} s)")
        survivors = [bug for title, bugs in chosen.items() for bug in _group(copy, title, bugs)]
    count = sum(len(bugs) for bugs in chosen.values())
    _say(f"\n{count - len(survivors)} of {count} planted bugs were seen")
    for bug in survivors:
        _say(f"NOT SEEN: {bug.name} ({bug.file}): {bug.rule}")
    return 1 if survivors else 0


def _group(copy: Plot, title: str, bugs: tuple[Planted, ...]) -> list[Planted]:
    """Those of a group that no test saw."""
    if bugs:
        _say(f"\n{title}")
    survivors = []
    for bug in bugs:
        outcome = copy.try_out(bug)
        _say(_line(bug, outcome))
        if not outcome.caught:
            survivors.append(bug)
    return survivors


def _line(bug: Planted, outcome: Outcome) -> str:
    seen = outcome.by or ("BROKEN: " + outcome.broken if outcome.broken else "NOT SEEN")
    return f"  {outcome.seconds:5.1f} s  {bug.name}\n           {seen}"


def _named(bug: Planted, title: str, words: list[str]) -> bool:
    return not words or any(word in bug.name or word in title for word in words)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
