"""The script with which anybody verifies an export, taken out of docs/audit.md and run on a real export."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from commands.rendering.audit import export
from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.reports.audit import audit_export
from dr_core.store import events
from dr_core.store.engine import Store, Tx

DOC = Path(__file__).parents[2] / "docs" / "audit.md"
ACTOR = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
Lines = list[dict[str, str | int]]


def _event(number: int, tx: Tx) -> None:
    append_ops(tx, EventKind.ROSTER_CHANGED, ACTOR, {"number": number, "sign": "é"})
    events.append(tx, "other", (EventKind.CONFIG_LOADED, {}, {"number": number}, None))


@pytest.fixture
def exported(sqlite_url: str) -> Lines:
    """Two chains of four events and the root chain that knows them, as `dr audit export` prints them."""
    store = Store(sqlite_url)
    for number in range(4):
        store.write(partial(_event, number))
    lines = list(export(audit_export(store), datetime.now(UTC)))
    store.dispose()
    return [json.loads(line) for line in lines]


@pytest.fixture
def verify(tmp_path: Path) -> Callable[[Lines], subprocess.CompletedProcess[str]]:
    [script] = re.findall(r"^```python\n(.*?)^```$", DOC.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(script.splitlines()) <= 22
    (tmp_path / "verify.py").write_text(script, encoding="utf-8")

    def run(lines: Lines) -> subprocess.CompletedProcess[str]:
        (tmp_path / "trail.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        command = [sys.executable, "-I", "verify.py", "trail.jsonl"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


Verify = Callable[[Lines], subprocess.CompletedProcess[str]]


def test_a_whole_export_passes(exported: Lines, verify: Verify) -> None:
    done = verify(exported)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("whole: 10 events in 3 chains")


def test_a_changed_body_is_named(exported: Lines, verify: Verify) -> None:
    event = next(line for line in exported if line["chain"] == "ops" and line["seq"] == 2)
    event["body"] = str(event["body"]).replace('"number":1', '"number":9')
    done = verify(exported)
    assert done.returncode == 1
    assert "ops/2" in done.stderr


def test_a_dropped_event_is_noticed(exported: Lines, verify: Verify) -> None:
    done = verify([line for line in exported if (line["chain"], line["seq"]) != ("ops", 2)])
    assert done.returncode == 1
    assert "ops/3" in done.stderr


def test_a_missing_chain_is_noticed(exported: Lines, verify: Verify) -> None:
    done = verify([line for line in exported if line["chain"] != "ops"])
    assert done.returncode == 1
    assert "root" in done.stderr


def test_a_relabelled_chain_is_noticed(exported: Lines, verify: Verify) -> None:
    """Its links fit as before: only the bodies know its name."""
    for line in exported:
        if line["chain"] == "other":
            line["chain"] = "another"
    done = verify(exported)
    assert done.returncode == 1
    assert "another/1" in done.stderr


def test_a_relabelled_event_is_noticed(exported: Lines, verify: Verify) -> None:
    next(line for line in exported if line["chain"] == "ops")["cmd_id"] = "another"
    assert verify(exported).returncode == 1
