"""What a cross-check of the topology says: how grave, where, what, and the way out."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Fatal: `config check` refuses the file. Warning: it is accepted, and somebody should know."""

    FATAL = "fatal"
    WARNING = "warning"


@dataclass(frozen=True)
class TopologyFinding:
    """One finding. `path` is written as in `applications.shop.standby[0]`.

    `stops` False: `config check` refuses the file, but a process starts with it; people may leave while it runs.
    """

    severity: Severity
    path: str
    message: str
    hint: str | None = None
    stops: bool = True


def fatal(path: str, message: str, hint: str | None = None, *, stops: bool = True) -> TopologyFinding:
    """A finding that refuses the file, and unless told otherwise the start, too."""
    return TopologyFinding(Severity.FATAL, path, message, hint, stops)


def warning(path: str, message: str, hint: str | None = None) -> TopologyFinding:
    """A finding that is only told."""
    return TopologyFinding(Severity.WARNING, path, message, hint)
