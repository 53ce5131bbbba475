"""After a run detection proposes nothing for a while; people are never kept from asking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.approvals import cooldown
from dr_core.approvals.model import Actor, Face
from dr_core.approvals.open import open_request
from dr_core.errors import ConflictError, NotFoundError, RefusedError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import cooldowns, events

from .conftest import WEST, actor, ask

T = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("ended", "cleared", "now", "until", "remark"),
    [
        (None, None, T, None, "nothing has moved yet"),
        (T, None, T, T + HALF_AN_HOUR, "just moved"),
        (T, None, T + HALF_AN_HOUR, None, "over"),
        (T, T + timedelta(minutes=1), T + timedelta(minutes=2), None, "cleared since"),
        (T, T - timedelta(minutes=1), T + timedelta(minutes=2), T + HALF_AN_HOUR, "cleared before it moved again"),
    ],
)
def test_when_detection_may_propose_again(
    ended: datetime | None, cleared: datetime | None, now: datetime, until: datetime | None, remark: str
) -> None:
    assert cooldown.ends(ended, cleared, HALF_AN_HOUR, now) == until, remark


def propose(services: Services, cmd_id: str) -> Any:
    detection = Actor(person="detection", display="Detection", face=Face.DETECTION)
    return open_request(
        services, application="shop", target=WEST, mode=Mode.FORCED, actor=detection, reason="down", cmd_id=cmd_id
    )


@pytest.fixture
def just_moved(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = services.clock.now()
    monkeypatch.setattr(cooldowns, "last_end", lambda tx, application: ended)


def test_a_proposal_in_the_cooldown_is_blocked_on_record_and_people_are_not(
    services: Services, just_moved: None
) -> None:
    with pytest.raises(ConflictError, match="detection proposes again from"):
        propose(services, "d-1")
    blocked = services.store.read(lambda tx: [e for e in events.of_chain(tx, "ops") if e.kind == "request.blocked"])
    assert [event.data["application"] for event in blocked] == ["shop"]
    assert ask(services).state.value == "open"


def test_an_approver_ends_the_cooldown(services: Services, just_moved: None) -> None:
    with pytest.raises(RefusedError, match="Only an approver"):
        cooldown.clear(services, "shop", actor=actor(services.topology, "U0REQUESTER"))
    with pytest.raises(NotFoundError, match="no application nope"):
        cooldown.clear(services, "nope", actor=actor(services.topology, "U0ADA"))
    cooldown.clear(services, "shop", actor=actor(services.topology, "U0ADA"), cmd_id="slack:1")
    cleared = services.store.read(lambda tx: cooldowns.cleared_at(tx, "shop"))
    services.clock.advance(1)  # type: ignore[attr-defined]
    cooldown.clear(services, "shop", actor=actor(services.topology, "U0ADA"), cmd_id="slack:1")
    assert services.store.read(lambda tx: cooldowns.cleared_at(tx, "shop")) == cleared, "the same press twice"
    assert propose(services, "d-2").state.value == "open"
