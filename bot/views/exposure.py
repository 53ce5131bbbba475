"""Exposure of stores: value, threshold and age always together, as table rows or as lines."""

from collections.abc import Iterable

from bot.views.text import marked
from commands.rendering.words import age, exposure_of, how_long
from dr_core.replication.exposure import StoreExposure

HEAD = ("Store", "Towards", "Exposure", "Threshold", "Age", "Verdict")
RIGHT = (2, 3, 4)


def row(store: StoreExposure, application: str | None = None) -> tuple[str, ...]:
    """One row under `HEAD`; the application's name goes before the store's where several are shown."""
    name = f"{store.kind} {store.name}" + (" (gate)" if store.gate else "")
    return (
        f"{application}: {name}" if application else name,
        store.region,
        exposure_of(store),
        how_long(store.threshold_seconds),
        age(store.age_seconds),
        _verdict(store),
    )


def line(store: StoreExposure, *, where: bool = True) -> str:
    """The same in one line; without `where` it leaves out the region, for places that name it anyway."""
    towards = f" towards {store.region}" if where else ""
    why = f": {store.reason}" if store.reason and store.verdict != "ok" else ""
    return (
        f"{marked(store.verdict)}: {store.kind} {store.name}{towards}, {exposure_of(store)}"
        f" (threshold {how_long(store.threshold_seconds)}, age {age(store.age_seconds)}){why}"
    )


def worst_first(stores: Iterable[StoreExposure]) -> list[StoreExposure]:
    """Gates before the rest, and what is not ok before what is."""
    return sorted(
        stores, key=lambda store: (store.verdict == "ok", not store.gate, store.kind, store.name, store.region)
    )


def _verdict(store: StoreExposure) -> str:
    word = marked(store.verdict)
    return f"{word}: {store.reason}" if store.reason and store.verdict != "ok" else word
