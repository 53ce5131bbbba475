"""Which regions a DNS answer belongs to."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dr_core.verify.port import Resolver


@dataclass(frozen=True)
class Answering:
    """The regions behind an answer, and values that belong to none of them."""

    regions: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return ", ".join((*self.regions, *(f"unknown {value}" for value in self.strangers))) or "nothing"


def answering(values: Iterable[str], by_region: Mapping[str, frozenset[str]]) -> Answering:
    """Pure. A value that two regions share counts for both: it cannot prove where users go."""
    asked = {value.rstrip(".").lower() for value in values}
    regions = tuple(region for region, own in by_region.items() if asked & own)
    known = frozenset[str]().union(*by_region.values())
    return Answering(regions, tuple(sorted(asked - known)))


def addresses_by_region(
    addresses: Mapping[str, tuple[str, ...]], record_type: str, resolver: Resolver
) -> dict[str, frozenset[str]]:
    """Every region's values as DNS would answer them; the host name of an alias is resolved to what it stands for."""
    return {
        region: frozenset(value for text in values for value in _stands_for(text, record_type, resolver))
        for region, values in addresses.items()
    }


def _stands_for(text: str, record_type: str, resolver: Resolver) -> tuple[str, ...]:
    value = text.rstrip(".").lower()
    if record_type == "CNAME" or _is_address(value):
        return (value,)
    return tuple(found for answer in resolver.answers(value, record_type) for found in answer.values or ())


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
