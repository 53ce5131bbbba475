"""How two regions' parameters differ, from fingerprints. Pure; names only, never values."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

_SHOWN = 20


@dataclass(frozen=True)
class Drift:
    """Names that the target lacks, that differ, and that only the target has."""

    compared: int
    missing: tuple[str, ...]
    different: tuple[str, ...]
    only_in_target: tuple[str, ...]

    @property
    def to_copy(self) -> tuple[str, ...]:
        return (*self.missing, *self.different)

    @property
    def sentence(self) -> str:
        if not self.compared:
            return "the source has no parameters under these paths"
        if not self.to_copy:
            return f"all {self.compared} parameters are equal"
        names = ", ".join(self.to_copy[:3]) + (" and more" if len(self.to_copy) > 3 else "")
        return f"{len(self.to_copy)} of {self.compared} parameters differ or are missing: {names}"

    @property
    def evidence(self) -> dict[str, JsonValue]:
        return {
            "compared": self.compared,
            "missing": list(self.missing[:_SHOWN]),
            "different": list(self.different[:_SHOWN]),
            "only_in_target": list(self.only_in_target[:_SHOWN]),
        }


def drift(source: Mapping[str, str], target: Mapping[str, str]) -> Drift:
    return Drift(
        compared=len(source),
        missing=tuple(sorted(name for name in source if name not in target)),
        different=tuple(sorted(name for name in source if name in target and source[name] != target[name])),
        only_in_target=tuple(sorted(name for name in target if name not in source)),
    )
