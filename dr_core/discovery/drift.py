"""How far the declared and the found differ, as lines and their diff. Pure."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MOST = 20


@dataclass(frozen=True)
class Drift:
    """`diff` is empty where nothing differs; `-` is declared, `+` is found."""

    missing: int
    undeclared: int
    diff: str

    @property
    def sentence(self) -> str:
        said = [f"{self.missing} declared and not found"] if self.missing else []
        said += [f"{self.undeclared} found and not declared"] if self.undeclared else []
        return ", ".join(said)


def drift(declared: Iterable[str], found: Iterable[str]) -> Drift:
    """Compared as sets: no order in dr.yaml or in an answer of AWS means anything."""
    wanted, there = set(declared), set(found)
    lines = [
        line
        for line in difflib.unified_diff(sorted(wanted), sorted(there), "dr.yaml", "AWS", lineterm="", n=0)
        if not line.startswith("@@")
    ]
    if len(lines) > _MOST:
        lines = [*lines[:_MOST], f"... and {len(lines) - _MOST} more lines"]
    return Drift(len(wanted - there), len(there - wanted), "\n".join(lines))


def by_region(names: Mapping[str, str]) -> tuple[str, ...]:
    """`region: name`, a line each."""
    return tuple(f"{region}: {name}" for region, name in names.items())
