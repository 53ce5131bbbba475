"""What several applications may name: one stack makes it, that of the first application in the file. Pure."""

from collections.abc import Callable, Iterable

from dr_core.topology.model import Application
from infra.config import Config

Named = Callable[[str, Application], Iterable[str]]
"""What an application, which is given with its name, names of a kind."""


def made_by(config: Config, application: str, named: Named) -> list[tuple[int, str]]:
    """(place in its own list, name) of what the application names and none before it."""
    earlier: set[str] = set()
    for name, app in config.applications.items():
        if name == application:
            mine = list(enumerate(named(name, app)))
            return [(index, one) for index, one in mine if one not in earlier]
        earlier.update(named(name, app))
    return []
