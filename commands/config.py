"""`dr config check` and `dr config schema`: the topology file, without a store and without AWS."""

import json
from pathlib import Path

from commands.parsing import Arguments
from dr_core.bootstrap import plugin_faults
from dr_core.reports.listing import Message
from dr_core.settings import read_settings
from dr_core.topology.check_unused import unused
from dr_core.topology.load import TopologyError, check_file
from dr_core.topology.load import schema as topology_schema


def check(arguments: Arguments) -> Message:
    """Every finding with its line; TopologyError when one of them is fatal."""
    path = Path(arguments.text("file") or read_settings().config)
    checked = check_file(path, plugin_faults)
    warnings = tuple(f"warning: {checked.line(finding)}" for finding in checked.warnings)
    if checked.fatal:
        raise TopologyError((*(checked.line(finding) for finding in checked.fatal), *warnings))
    names = ", ".join(checked.topology.applications)
    idle = unused(checked.topology)
    notes = (f"note: accepted, but this version does not act on it yet: {', '.join(idle)}.",) if idle else ()
    return Message(text=f"{path} is valid: {names}.", lines=(*warnings, *notes), path=str(path))


def schema(_arguments: Arguments) -> str:
    return json.dumps(topology_schema(), indent=2)
