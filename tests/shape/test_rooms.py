"""Which room of the library knows which: a new arrow between rooms is drawn here first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

KNOWS = {
    "approvals": "audit execution observation plan replication store topology",
    "audit": "approvals aws execution store topology",
    "aws": "topology",
    "budget": "approvals audit aws execution observation store topology",
    "canary": "execution observation store topology",
    "capacity": "aws observation topology",
    "copies": "aws observation replication topology",
    "custom": "aws",
    "consumers": "aws capacity observation topology",
    "database": "aws observation replication topology",
    "discovery": "aws observation",
    "execution": "approvals audit aws objectives observation plan replication store topology",
    "health": "aws observation replication",
    "objectives": "approvals execution observation plan store topology",
    "observation": "aws capacity consumers health parameters plan replication topology traffic verify",
    "parameters": "aws topology",
    "plan": "aws canary capacity consumers copies custom database observation parameters readiness replication "
    "reports topology traffic verify",
    "readiness": "approvals audit aws capacity discovery execution observation plan replication runbook store topology "
    "traffic",
    "replication": "aws observation topology",
    "reports": "approvals audit aws budget consumers execution objectives observation plan readiness replication "
    "store topology",
    "runbook": "approvals audit aws execution observation plan reports store topology",
    "store": "approvals audit execution objectives observation plan readiness replication",
    "terminal": "approvals audit aws execution plan store topology",
    "topology": "",
    "traffic": "aws observation topology verify",
    "verify": "",
    "worker": "approvals audit budget execution objectives observation plan readiness reports runbook store",
}
# Rooms that know each other, and why neither can do without the other.
BOTH_WAYS = {
    "approvals audit": "an event names its actor; a rolled-back store asks for every approval again",
    "approvals execution": "the last acknowledgement makes the run, and a run asks for a new round",
    "approvals store": "requests, acknowledgements and rosters are kept as the values they are",
    "audit execution": "a rolled-back store holds runs; what runs appends events",
    "audit store": "events are kept as the values they are",
    "consumers observation": "observation asks the port, which answers in observation's values",
    "capacity observation": "observation asks the port, which answers in observation's values",
    "execution objectives": "a run's times are measured when it ends",
    "execution store": "runs are kept as the values they are",
    "health observation": "observation asks for signals and keeps verdicts",
    "objectives store": "what is measured is counted from finished runs",
    "observation plan": "the bundle of ports is the plan's; plans are made of what was observed",
    "observation replication": "observation asks for readings and keeps them",
    "observation traffic": "observation asks the port, which answers in observation's values",
    "plan readiness": "preflight counts the last examination, which examines what the plan would do",
    "plan reports": "an estimate and the proposed standby are lines of reports",
    "readiness store": "the last examination is kept as the value it is",
}


def test_a_room_knows_no_more_than_the_table_says(modules: Any) -> None:
    found = _found(modules)
    assert found.keys() == KNOWS.keys()
    assert {room: more for room in found if (more := found[room] - set(KNOWS[room].split()))} == {}


def test_no_arrow_outlives_its_imports(modules: Any) -> None:
    found = _found(modules)
    assert {room: gone for room in KNOWS if (gone := set(KNOWS[room].split()) - found[room])} == {}


def test_rooms_know_each_other_only_for_a_reason() -> None:
    pairs = {" ".join(sorted((one, two))) for one in KNOWS for two in KNOWS[one].split() if one in KNOWS[two].split()}
    assert sorted(pairs ^ BOTH_WAYS.keys()) == []


def _found(modules: Any) -> dict[str, set[str]]:
    rooms = {
        path.parts[1] for path in (module.path for module in modules) if path.parts[0] == "dr_core" and _deep(path)
    }
    found: dict[str, set[str]] = {room: set() for room in rooms}
    for module in modules:
        if module.path.parts[0] == "dr_core" and _deep(module.path):
            own = module.path.parts[1]
            found[own] |= {room for room in _rooms(module.imports()) if room in rooms} - {own}
    return found


def _rooms(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        parts = name.split(".")
        if parts[0] == "dr_core" and len(parts) > 1:
            yield parts[1]


def _deep(path: Path) -> bool:
    """A file in a room, not one of those that every room may know."""
    return len(path.parts) > 2
