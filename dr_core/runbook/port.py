"""Where the runbook is kept outside the bot."""

from typing import Protocol

from dr_core.runbook.shelf import Page


class Place(Protocol):
    """A folder or a bucket. `lane` is what fails together: a region, or the machine."""

    @property
    def name(self) -> str: ...

    @property
    def lane(self) -> str: ...

    def put(self, page: Page) -> None:
        """Put the page in place of the one of its path, as a whole.

        Raises UnreachableError, DeniedError or RejectedError.
        """
        ...
