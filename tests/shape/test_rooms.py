"""Which room of the library knows which: a new arrow between rooms is drawn here first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

KNOWS = {
    "approvals": "audit drills evacuation execution health observation plan reconciliation replication store topology",
    "audit": "approvals aws drills execution freeze reconciliation releases store topology",
    "aws": "topology",
    "budget": "approvals audit aws execution observation store topology",
    "canary": "execution observation store topology",
    "capacity": "aws observation topology",
    "catch_up": "observation store",
    "copies": "aws observation replication topology",
    "custom": "aws",
    "consumers": "aws capacity observation topology",
    "database": "aws observation replication topology",
    "detection": "approvals audit aws health incidents observation plan standing store topology",
    "discovery": "aws observation",
    "doctor": "approvals aws detection plan readiness standing store topology",
    "drills": "approvals audit aws capacity doctor execution health observation plan readiness replication runbook "
    "store topology verify",
    "evacuation": "approvals audit execution observation plan store topology",
    "execution": "approvals audit aws objectives observation plan replication store topology",
    "freeze": "approvals audit aws execution store topology",
    "health": "aws observation replication",
    "incidents": "approvals audit execution store",
    "objectives": "approvals execution observation plan store topology",
    "observation": "aws capacity consumers health parameters plan replication topology traffic verify",
    "parameters": "aws topology",
    "plan": "aws canary capacity catch_up consumers copies custom database observation parameters readiness "
    "replication standing topology traffic verify",
    "permissions": "audit capacity consumers drills freeze parameters plan reconciliation replication topology",
    "preparation": "approvals audit aws capacity drills execution observation plan readiness standing store topology",
    "readiness": "approvals audit aws capacity discovery drills execution observation permissions plan "
    "releases replication runbook store topology traffic",
    "reconciliation": "approvals audit aws database execution observation plan store topology",
    "releases": "approvals audit aws execution health observation store topology",
    "replication": "aws observation topology",
    "reports": "approvals audit budget consumers database detection doctor drills evacuation execution freeze "
    "incidents objectives observation plan preparation readiness reconciliation releases replication standing store "
    "topology",
    "runbook": "approvals audit aws execution observation plan reports standing store topology",
    "standing": "observation replication store topology",
    "store": "approvals audit detection drills evacuation execution freeze incidents objectives observation plan "
    "preparation readiness reconciliation releases replication",
    "terminal": "approvals audit aws drills evacuation execution freeze incidents plan reconciliation releases store "
    "topology",
    "topology": "",
    "traffic": "aws observation topology verify",
    "verify": "",
    "worker": "approvals audit budget detection doctor drills evacuation execution freeze objectives observation plan "
    "preparation readiness reconciliation releases reports runbook store",
}
# Rooms that know each other, and why neither can do without the other.
BOTH_WAYS = {
    "approvals audit": "an event names its actor; a rolled-back store asks for every approval again",
    "approvals drills": "drills ask for requests; what takes a run back leaves a drill's copy out of what it found",
    "approvals evacuation": "a complete quorum asks whose turn it is; members are asked for and acknowledged",
    "approvals execution": "the last acknowledgement makes the run, and a run asks for a new round",
    "approvals reconciliation": "a request to go home waits for lost writes; who signs for them must be an approver",
    "approvals store": "requests, acknowledgements and rosters are kept as the values they are",
    "audit drills": "a drill's calls are held against its intents; what drills intend and find are events",
    "audit execution": "a rolled-back store holds runs; what runs appends events",
    "audit freeze": "calls about markers are held against its turns; what freezes and lifts appends events",
    "audit releases": "writes of pointers are held against its intents; what moves them appends events",
    "audit reconciliation": "the copies of lost writes are held against its intents; what it finds are events",
    "audit store": "events are kept as the values they are",
    "consumers observation": "observation asks the port, which answers in observation's values",
    "capacity observation": "observation asks the port, which answers in observation's values",
    "detection store": "what was told and episodes are kept as the values they are",
    "drills readiness": "an examination counts drills; these connect by the routes of its handshakes",
    "drills store": "drills are kept as the values they are",
    "evacuation store": "evacuations are kept as the values they are",
    "execution objectives": "a run's times are measured when it ends",
    "execution store": "runs are kept as the values they are",
    "incidents store": "incidents are kept as the values they are",
    "freeze store": "what is known of a frozen application is kept as the value it is",
    "health observation": "observation asks for signals and keeps verdicts",
    "releases store": "releases and what was read of the regions are kept as the values they are",
    "objectives store": "what is measured is counted from finished runs",
    "observation plan": "the bundle of ports is the plan's; plans are made of what was observed",
    "observation replication": "observation asks for readings and keeps them",
    "observation traffic": "observation asks the port, which answers in observation's values",
    "plan readiness": "preflight counts the last examination, which examines what the plan would do",
    "preparation store": "what was prepared is kept as the value it is",
    "reconciliation store": "items are kept as the values they are",
    "readiness store": "the last examination is kept as the value it is",
}
MOST_BOTH_WAYS = 32
"""What there was when it was last counted; a new pair takes the place of an old one."""


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
    assert len(BOTH_WAYS) <= MOST_BOTH_WAYS


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
