"""What the product asks of a parameter store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dr_core.topology.stores import Parameters


def parameter_paths(parameters: Parameters) -> tuple[str, ...]:
    """All paths to keep in step: the configured ones, then the feature flags."""
    return (*parameters.paths, *((parameters.flags,) if parameters.flags else ()))


class ParameterStore(Protocol):
    def fingerprints(self, paths: Sequence[str], region: str) -> Mapping[str, str]:
        """SHA-256 of type and value by parameter name, for everything at or under `paths`."""
        ...

    def copy(self, names: Sequence[str], source: str, target: str) -> None:
        """Write the source's parameters of these names to the target, with their types and keys; equal ones stay.

        UnreachableError when one that was missing has appeared meanwhile: observe again.
        """
        ...
