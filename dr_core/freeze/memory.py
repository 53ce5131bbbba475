"""Markers in memory."""

from collections.abc import Callable

from dr_core.topology.model import Account


class MemoryMarkers:
    """`before` is called ahead of each operation with its name and region, and may raise what a service would."""

    def __init__(self, before: Callable[[str, str], None] = lambda operation, region: None) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.calls: list[tuple[str, str, str]] = []
        self._before = before

    def read(self, account: Account | None, name: str, region: str) -> str | None:
        self._before("read", region)
        return self.texts.get((name, region))

    def put(self, account: Account | None, name: str, region: str, text: str) -> None:
        self._before("put", region)
        self.calls.append(("put", name, region))
        self.texts[name, region] = text

    def take(self, account: Account | None, name: str, region: str) -> None:
        self._before("take", region)
        self.calls.append(("take", name, region))
        self.texts.pop((name, region), None)
