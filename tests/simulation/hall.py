"""Simulations one after another on one store file, until enough runs of plans were simulated."""

import sys
import tempfile
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from .history import Violation
from .seeded import Room
from .simulation import Outcome, simulate
from .store import store_file

FAULTS: list[str] = []
"""What the product logged as an exception of its own in the present simulation."""


def _kept(_logger: object, method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if method == "exception":
        FAULTS.append(f"{said.get('event')}: {''.join(traceback.format_exception(sys.exception())[-6:])}")
    raise structlog.DropEvent


def simulations(first_seed: int, runs: int) -> Iterator[Outcome]:
    """The outcomes of the seeds from `first_seed` on; at least one seed, and at least so many runs."""
    configured = structlog.get_config()
    structlog.configure(processors=[_kept], cache_logger_on_first_use=False)
    try:
        with store_file() as file, tempfile.TemporaryDirectory(prefix="dr-keys-") as folder:
            room, seed, done = Room.make(file, Path(folder)), first_seed, 0
            while seed == first_seed or done < runs:
                FAULTS.clear()
                outcome = simulate(room, seed)
                outcome.violations += [Violation("nothing unexpected is raised", fault) for fault in FAULTS]
                done += sum(outcome.runs.values())
                seed += 1
                yield outcome
    finally:
        structlog.configure(**configured)
