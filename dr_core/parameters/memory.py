"""Parameters in memory."""

import hashlib
from collections.abc import Mapping, Sequence

from dr_core.errors import DrError, RejectedError, UnreachableError


class MemoryParameters:
    """Values by region and name; `down` are regions that do not answer, `failing` those that answer with an error."""

    def __init__(self, values: Mapping[str, Mapping[str, str]]) -> None:
        self.values = {region: dict(parameters) for region, parameters in values.items()}
        self.down: set[str] = set()
        self.failing: dict[str, DrError] = {}

    def fingerprints(self, paths: Sequence[str], region: str) -> dict[str, str]:
        return {
            name: hashlib.sha256(f"String\0{value}".encode()).hexdigest()
            for name, value in sorted(self._region(region).items())
            if any(name == path or name.startswith(f"{path.rstrip('/')}/") for path in paths)
        }

    def copy(self, names: Sequence[str], source: str, target: str) -> None:
        values, into = self._region(source), self._region(target)
        if missing := [name for name in names if name not in values]:
            raise RejectedError(f"{source} has no parameter {', '.join(missing)}.")
        into.update({name: values[name] for name in names})

    def _region(self, region: str) -> dict[str, str]:
        if region in self.down:
            raise UnreachableError(f"SSM in {region} did not answer.")
        if region in self.failing:
            raise self.failing[region]
        return self.values.setdefault(region, {})
