"""A place in memory, which a test can take down."""

from dr_core.errors import UnreachableError
from dr_core.runbook.shelf import Page


class MemoryPlace:
    def __init__(self, name: str, lane: str = "here") -> None:
        self._name = name
        self._lane = lane
        self.pages: dict[str, str] = {}
        self.down = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def lane(self) -> str:
        return self._lane

    def put(self, page: Page) -> None:
        if self.down:
            raise UnreachableError(f"{self._name} does not answer.")
        self.pages[page.path] = page.text
