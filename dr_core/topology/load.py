"""`dr.yaml` -> Topology: every error with file, line, path and what was expected; never a traceback."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dr_core.errors import ConfigError
from dr_core.topology.check import check_topology
from dr_core.topology.document import Document, Problem, read_document
from dr_core.topology.findings import Severity, TopologyFinding
from dr_core.topology.model import Topology
from dr_core.topology.problems import problems_of

MOST_SHOWN = 20
Check = Callable[[Topology], Iterable[TopologyFinding]]


class TopologyError(ConfigError):
    """The topology file is wrong. `lines` holds every located error; the first one is the message."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__(lines[0], hint="\n".join(lines[1:]) or None)
        self.lines = lines

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class CheckedFile:
    """A topology that has the right shape, with what the cross-checks say about it and the lines to say it with."""

    path: Path
    topology: Topology
    findings: tuple[TopologyFinding, ...]
    document: Document

    def line(self, finding: TopologyFinding) -> str:
        """`dr.yaml:12: applications.shop.standby[0]: message. Hint.`"""
        text = f"{finding.message}. {finding.hint}." if finding.hint else finding.message
        return _located(self.path, self.document.line_of(finding.path), finding.path, text)

    @property
    def fatal(self) -> tuple[TopologyFinding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.FATAL)

    @property
    def warnings(self) -> tuple[TopologyFinding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.WARNING)


def load_topology(path: Path) -> Topology:
    """The shape alone: TopologyError (a ConfigError) names every place that is wrong. No cross-checks."""
    return _read(path)[0]


def check_file(path: Path, also: Check = lambda _: ()) -> CheckedFile:
    """Shape and cross-checks, for `dr config check`: TopologyError where the shape is wrong, findings for the rest.

    `also`: a check of what topology cannot know by itself.
    """
    topology, document = _read(path)
    return CheckedFile(path, topology, (*check_topology(topology), *also(topology)), document)


def load_checked(path: Path, also: Check = lambda _: ()) -> Topology:
    """Shape and cross-checks, for a start: TopologyError on what stops one; the rest is left to `check_file`."""
    checked = check_file(path, also)
    stopping = [checked.line(finding) for finding in checked.fatal if finding.stops]
    if stopping:
        raise TopologyError(_shortened(stopping))
    return checked.topology


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Topology.model_json_schema()}


def _read(path: Path) -> tuple[Topology, Document]:
    document = read_document(path)
    problems = list(document.problems)
    topology = None
    if not (problems and document.value is None):
        try:
            topology = Topology.model_validate(document.value)
        except ValidationError as error:
            known = {problem.path for problem in problems}
            problems += [problem for problem in problems_of(error, schema()) if problem.path not in known]
    if topology is None or problems:
        raise TopologyError(_shortened(_lines(path, document, problems)))
    return topology, document


def _lines(path: Path, document: Document, problems: list[Problem]) -> list[str]:
    located = [(problem.line or document.line_of(problem.path), problem) for problem in problems]
    located.sort(key=lambda pair: pair[0])
    return [_located(path, line, problem.path, problem.message) for line, problem in located]


def _located(path: Path, line: int, where: str, message: str) -> str:
    return f"{path}:{line}: {where}: {message}" if where else f"{path}:{line}: {message}"


def _shortened(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= MOST_SHOWN:
        return tuple(lines)
    return (*lines[:MOST_SHOWN], f"... and {len(lines) - MOST_SHOWN} more")
