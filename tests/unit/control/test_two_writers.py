"""Two regions write: who knows it may still move the application, and everybody who approves it knows it, too."""

from typing import Any

import pytest

from dr_core.approvals.escalation import escalate
from dr_core.approvals.open import BlockedError
from dr_core.errors import RefusedError
from dr_core.execution.model import RunState
from dr_core.plan.step import Mode
from tests.unit.approvals.conftest import CENTRAL, approve, ask

from .test_hold_and_go_on import over

TWO = ("two-writers",)


@pytest.fixture
def torn(room: Any) -> Any:
    """The old source is back and writes."""
    room.down, room.two_write = False, True
    room.see()
    return room


@pytest.mark.parametrize("mode", list(Mode))
def test_a_request_says_which_region_is_left_and_that_two_write_and_is_carried_out(torn: Any, mode: Mode) -> None:
    with pytest.raises(RefusedError, match="cannot be said: 2 regions write") as refused:
        ask(torn.services, mode, cmd_id="c-1", overrides=TWO)
    assert "--from" in (refused.value.hint or "")
    with pytest.raises(BlockedError) as blocked:
        ask(torn.services, mode, cmd_id="c-2", source=CENTRAL)
    assert "--override two-writers" in (blocked.value.hint or "")
    request = ask(torn.services, mode, cmd_id="c-3", source=CENTRAL, overrides=TWO)
    assert request.plan.overrides == TWO
    limit = "unknown" if request.loss_limit_s is None else str(request.loss_limit_s)
    for user in ("U0ADA", "U0GRACE")[: request.plan.policy.required]:
        run_id = approve(torn.services, request, user, limit if mode is Mode.FORCED else None).run_id
    assert torn.until(torn.worker(), run_id, over).state is RunState.SUCCEEDED


def test_an_escalation_that_does_not_say_so_ends_no_run(room: Any) -> None:
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    room.two_write = True
    room.see()
    given = {"actor": room.person("U0REQUESTER"), "reason": "the primary died"}
    with pytest.raises(BlockedError, match="more than one writer"):
        escalate(room.services, run_id, **given, cmd_id="c-8")
    assert not room.run(run_id).state.finished
    forced = escalate(room.services, run_id, **given, cmd_id="c-9", overrides=TWO)
    assert (forced.supersedes, forced.plan.overrides) == (run_id, TWO)


def test_a_run_whose_request_does_not_say_so_ends_unharmed_and_names_what_would_have_to_be_said(room: Any) -> None:
    run_id = room.approved()
    room.two_write = True
    ended = room.until(room.worker(), run_id, over)
    assert (ended.state, room.effects().count("promote")) == (RunState.FAILED, 0)
    assert "--override two-writers" in ended.reason
