"""A bug that is planted on purpose: where, what it is, which rule it breaks, and the tests that must see it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Planted:
    """One bug. `edits` are (exact text, what stands there instead), each text once in `file`."""

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    rule: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the bug in it. ValueError when the table has aged."""
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: stands {text.count(old)} times in {self.file}: {old!r}")
            text = text.replace(old, new)
        return text


def planted(name: str, file: str, *edits: tuple[str, str], rule: str, tests: tuple[str, ...]) -> Planted:
    """A row of the table."""
    return Planted(name, file, edits, rule, tests)
