"""What is held at the end of every story would see a call that nobody intended."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.scenario.intended import unintended
from tests.scenario.room import Json

CALL = {
    "time": "2026-01-05T09:00:00+00:00", "region": "eu-west-1", "service": "s3", "operation": "PutObject",
    "parameters": {}, "purpose": "heartbeat", "effect": "applied", "status": 200, "principal": "", "step": None,
}  # fmt: skip


@dataclass
class Records:
    """A room as far as it is asked here."""

    url: str
    calls: list[Json] = field(default_factory=list)

    def ok(self, _path: str) -> Json:
        return {"calls": self.calls}

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"purpose": "anchor"}, []),
        ({"operation": "DeleteObject"}, ["its purpose is heartbeat, which changes nothing that CloudTrail records"]),
        ({"purpose": None}, ["it names no purpose"]),
        ({"purpose": "run"}, ["it names no step of a run"]),
        (
            {"purpose": "run", "step": {"run": "run-9", "name": "promote"}},
            ["the trail holds no intent for step promote of run run-9"],
        ),
    ],
)
def test_a_call_without_an_intent_is_named(sqlite_template: Path, changes: Json, told: list[str]) -> None:
    room = Records(f"sqlite:///{sqlite_template}", [CALL | changes])
    found = unintended(room)  # type: ignore[arg-type]  # as much of a room as is asked
    assert found == [f"s3:{(CALL | changes)['operation']} in eu-west-1: {reason}" for reason in told]
