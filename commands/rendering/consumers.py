"""Which regions consume: what is well in one line, what is not on lines of its own. The same words on every face."""

from collections.abc import Iterable

from commands.rendering.words import aged, count, plain
from dr_core.reports.consumer_line import ConsumerLine

_MOST_NAMES = 3


def well(found: Iterable[ConsumerLine]) -> str:
    """`shop-orders in eu-central-1 alone`, by region; many are counted. Empty where nothing is well."""
    by_region: dict[str, list[str]] = {}
    for line in found:
        if line.verdict == "ok" and line.consuming:
            by_region.setdefault(line.consuming[0], []).append(plain(line.name))
    return "; ".join(f"{_names(names)} in {region} alone" for region, names in by_region.items())


def amiss(found: Iterable[ConsumerLine]) -> list[tuple[str, str]]:
    """(severity, sentence) of each that is consumed twice, nowhere, in the wrong region, or nobody knows where."""
    worst = {"two": "blocking", "none": "blocking", "elsewhere": "warning", "unknown": "unknown"}
    return [(worst[line.verdict], _told(line)) for line in found if line.verdict in worst]


def lines(found: Iterable[ConsumerLine]) -> list[str]:
    """For a terminal."""
    listed = tuple(found)
    good = well(listed)
    head = [f"consumed: {good}"] if good else []
    return [*(f"{severity.upper()}: {told}" for severity, told in amiss(listed)), *head]


def _told(line: ConsumerLine) -> str:
    seen = "; ".join(f"{region}: {plain(one.detail)}, {aged(one.age_seconds)}" for region, one in line.regions.items())
    return f"{plain(line.reason)} ({seen})"


def _names(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _MOST_NAMES else count(len(names), "consumer")
