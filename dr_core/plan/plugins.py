"""Step kinds of other packages: found by their entry points, loaded once, refused with the place in `dr.yaml`.

A package offers `[project.entry-points."dr.steps"]`, `NAME = "package.module:KIND"`, where KIND is a
`dr_core.plan.kind.Kind`. https://packaging.python.org/en/latest/specifications/entry-points/.
"""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from dr_core.aws.faults import AwsFault
from dr_core.custom.redaction import one_line
from dr_core.errors import ConfigError, DrError
from dr_core.plan.kind import Kind
from dr_core.topology.findings import TopologyFinding, fatal
from dr_core.topology.model import Topology

GROUP = "dr.steps"


class PluginError(AwsFault, DrError):
    """A plug-in raised what it should not have; whether it did something is not known."""

    code = "plugin"


def faults(topology: Topology) -> Iterator[TopologyFinding]:
    """Load every plug-in that the topology names; each place whose plug-in cannot be used."""
    for path, name in _named(topology):
        try:
            load(name)
        except ConfigError as error:
            yield fatal(path, error.message, error.hint)


@cache
def load(name: str) -> Kind:
    """The kind that an installed package offers by this name. ConfigError: none does, several do, or it is broken."""
    found = [entry for entry in entry_points(group=GROUP) if entry.name == name]
    if not found:
        offered = sorted({entry.name for entry in entry_points(group=GROUP)})
        known = f"Offered: {', '.join(offered)}" if offered else "No installed package offers any"
        raise ConfigError(f"no installed package offers a step kind {name!r}", hint=known)
    # One distribution that is on the path twice (an editable install) offers one thing.
    if len({(entry.value, _package(entry)) for entry in found}) > 1:
        packages = ", ".join(sorted({_package(entry) for entry in found}))
        raise ConfigError(f"several packages offer a step kind {name!r}: {packages}", hint="Keep one of them")
    return _loaded(found[0])


def _loaded(entry: EntryPoint) -> Kind:
    where = f"the step kind {entry.name!r} of package {_package(entry)} ({entry.value})"
    try:
        kind = entry.load()
    except Exception as error:
        why = f"{type(error).__name__}: {one_line(str(error), 160)}"
        raise ConfigError(f"{where} cannot be loaded: {why}") from error
    if not isinstance(kind, Kind):
        raise ConfigError(f"{where} is a {type(kind).__name__}, and not a dr_core.plan.kind.Kind")
    return kind


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"


def _named(topology: Topology) -> Iterator[tuple[str, str]]:
    for application, app in topology.applications.items():
        for index, custom in enumerate(app.custom):
            if custom.plugin:
                yield f"applications.{application}.custom[{index}].plugin.kind", custom.plugin.kind
