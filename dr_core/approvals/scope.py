"""How applications depend on one another, and which of them a run excludes besides its own. Pure."""

from dr_core.topology.model import Topology


def related(topology: Topology, application: str) -> tuple[str, ...]:
    """Directly or through others, in either direction; in order of name, without the application itself."""
    below = set(needs(topology, application))
    users: dict[str, set[str]] = {name: set() for name in topology.applications}
    for name, entry in topology.applications.items():
        for needed in entry.depends_on:
            users.setdefault(needed, set()).add(name)
    return tuple(sorted((below | _reach(application, users)) - {application}))


def needs(topology: Topology, application: str) -> tuple[str, ...]:
    """What it depends on, directly or through others; in order of name."""
    edges = {name: set(entry.depends_on) for name, entry in topology.applications.items()}
    return tuple(sorted(_reach(application, edges) - {application}))


def _reach(start: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in edges.get(waiting.pop(), set()) - found:
            found.add(name)
            waiting.append(name)
    return found
