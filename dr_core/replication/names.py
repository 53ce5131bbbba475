"""How two regions' named settings differ, from fingerprints alone: missing, different, extra. Pure; no values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.observation.model import Figure

_NAMED = 5


@dataclass(frozen=True)
class Comparison:
    """Names, sorted. `extra` are those that only the copy has: told, and no obstacle."""

    equal: int
    missing: tuple[str, ...]
    different: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not (self.equal or self.missing or self.different or self.extra)

    @property
    def in_step(self) -> bool | None:
        """None where neither side has anything: then nothing was compared."""
        return None if self.empty else not self.missing and not self.different

    def sentence(self, region: str) -> str:
        groups = ((self.missing, f"missing in {region}"), (self.different, "different"))
        parts = [f"{self.equal} equal"]
        parts += [
            f"{len(names)} {word}: {_listed(names)}"
            for names, word in (*groups, (self.extra, f"only in {region}"))
            if names
        ]
        return "; ".join(parts)

    def figures(self, unit: str, at: datetime, source: str) -> tuple[Figure, ...]:
        counts = {
            "equal": self.equal,
            "missing": len(self.missing),
            "different": len(self.different),
            "extra": len(self.extra),
        }
        return tuple(
            Figure(name=name, value=count, unit=unit, measured_at=at, source=source) for name, count in counts.items()
        )


def compare(source: Mapping[str, str], copy: Mapping[str, str]) -> Comparison:
    return Comparison(
        equal=sum(1 for name, print_ in source.items() if copy.get(name) == print_),
        missing=tuple(sorted(name for name in source if name not in copy)),
        different=tuple(sorted(name for name in source if name in copy and source[name] != copy[name])),
        extra=tuple(sorted(name for name in copy if name not in source)),
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
