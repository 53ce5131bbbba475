"""What whoever sent a modal is told: no run is promised that does not start, and no form closes without a word."""

from typing import Any

import pytest

from bot.metrics import Metrics
from bot.modals import _decided, _what_follows, submitted
from bot.views import form
from commands.context import Outcome
from dr_core.errors import UnreachableError
from dr_core.reports.model import EndingView, HoldView, RequestView, RunView

HELD = HoldView.model_construct(kind="paused", reason="wait", by="Ada")


@pytest.mark.parametrize(
    ("request_", "run", "told"),
    [
        ({"missing": 1, "state": "open"}, None, "1 more needed."),
        ({"state": "queued", "evacuation": "e-1"}, None, "the quorum is complete; it waits for its turn in e-1."),
        ({}, {"state": "pending"}, "the quorum is complete and the run starts."),
        ({}, {"state": "failed"}, "the quorum is complete."),
        ({}, {"state": "running", "started_at": 1}, "the quorum is complete and the run goes on."),
        ({}, {"state": "pending", "braked_since": 1}, "the quorum is complete, but the run is braked: its card"),
        ({}, {"state": "held", "holds": (HELD,)}, "the quorum is complete, but the run is paused: its card"),
        ({}, {"state": "held", "ending": EndingView.model_construct()}, "complete, but the run is aborting: its card"),
    ],
)
def test_what_follows_an_approval_is_what_the_run_does(request_: Any, run: Any, told: str) -> None:
    asked = RequestView.model_construct(**{"missing": 0, "state": "approved", "evacuation": None, **request_})
    empty = {"holds": (), "ending": None, "braked_since": None, "silent_seconds": None, "started_at": None}
    assert told in _what_follows(asked, None if run is None else RunView.model_construct(**{**empty, **run}))


class Desk:
    metrics = Metrics()
    services = None
    working: Any = None
    told = ""

    def later(self, work: Any) -> None:
        self.working = work

    async def tell(self, _came: Any, made: Any) -> None:
        self.told = made.text


async def test_an_approval_that_counted_is_told_where_its_run_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_services: object, _run: str) -> RunView:
        raise UnreachableError("The store is away.")

    monkeypatch.setattr("bot.modals.run_view", away)
    desk: Any = Desk()
    counted = RequestView.model_construct(missing=0, state="approved", evacuation=None, run="run-1")
    await _decided(desk, Any, Outcome("approve", counted))
    assert desk.told == "Your approval is recorded, the quorum is complete."


async def test_a_form_of_another_version_is_answered() -> None:
    desk: Any = Desk()
    view = {"id": "V1", "callback_id": form.FORM, "private_metadata": '{"command": "gone", "channel": "C1"}'}

    async def ack() -> None: ...

    await submitted(desk, {"user": {"id": "U0ADA"}, "view": view}, ack)
    await desk.working
    assert "from another version; type the command again" in desk.told
