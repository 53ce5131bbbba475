"""Requests: who may, what counts, and that exactly one effect comes of everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals import ack
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import RequestState, RosterUser
from dr_core.approvals.open import BlockedError
from dr_core.approvals.planning import refuse_target
from dr_core.approvals.proof import AckVerifier
from dr_core.approvals.renewal import renew
from dr_core.approvals.tokens import resolve, tokens
from dr_core.audit import trail
from dr_core.errors import ConfigError, ConflictError, DrError, NotFoundError, RefusedError, UsageError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import requests, runs
from dr_core.topology.load import load_topology

from .conftest import CENTRAL, actor, approve, ask, enrol, see


def test_a_forced_request_needs_two_people_and_the_last_one_makes_the_run(services: Services) -> None:
    see(services, down=True)
    request = ask(services)
    first = approve(services, request, "U0ADA")
    assert (first.run_id, first.missing) == (None, 1)
    second = approve(services, request, "U0GRACE")
    assert second.missing == 0
    run = services.store.read(lambda tx: runs.of_request(tx, request.id))
    assert run is not None
    assert second.run_id == run.id
    assert run.plan == request.plan
    assert services.store.read(trail.verify).ok


def test_a_planned_request_needs_one_person_and_nothing_typed(services: Services) -> None:
    outcome = approve(services, ask(services, Mode.PLANNED), "U0ADA", None)
    assert outcome.run_id is not None


def test_the_requester_cannot_approve(services: Services) -> None:
    request = ask(services, requester="U0ADA")
    with pytest.raises(RefusedError, match="somebody else"):
        approve(services, request, "U0ADA")


def test_a_second_click_says_so_and_counts_nothing(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    with pytest.raises(ConflictError, match="already approved"):
        approve(services, request, "U0ADA")
    assert len(services.store.read(lambda tx: requests.get(tx, request.id)).acks) == 1


@pytest.mark.parametrize("typed", [None, "", "60", "3601", "unknown", "yes"])
def test_the_loss_must_be_typed_exactly(services: Services, typed: str | None) -> None:
    request = ask(services)
    assert request.loss_limit_s == 3600
    with pytest.raises(UsageError, match="type exactly: 3600"):
        approve(services, request, "U0ADA", typed)


def test_an_unknown_exposure_makes_an_unknown_limit_which_must_be_typed(services: Services) -> None:
    see(services, lag_s=None)
    request = ask(services)
    assert request.loss_limit_s is None
    with pytest.raises(UsageError, match="type exactly: unknown"):
        approve(services, request, "U0ADA", "3600")
    assert approve(services, request, "U0ADA", "unknown").missing == 1


def test_somebody_outside_the_group_is_refused_and_it_stands_in_the_trail(services: Services) -> None:
    request = ask(services, requester="U0ADA")
    with pytest.raises(RefusedError, match="not in the group of approvers"):
        approve(services, request, "U0REQUESTER")
    last = services.store.read(lambda tx: trail.listing(tx, chain="ops"))[-1]
    assert last.kind == "command.refused"
    assert last.actor["slack_user"] == "U0REQUESTER"


@pytest.mark.parametrize(
    ("special", "match"),
    [
        (RosterUser(name="x", team="T0HOME", guest=True), "Guests"),
        (RosterUser(name="x", team="T0HOME", bot=True), "Bots"),
        (RosterUser(name="x", team="T0HOME", deleted=True), "deactivated"),
        (RosterUser(name="x", team="T0OTHER"), "other workspaces"),
    ],
)
def test_guests_bots_and_strangers_are_refused(services: Services, special: RosterUser, match: str) -> None:
    request = ask(services)
    enrol(services, U0ADA=special)
    with pytest.raises(RefusedError, match=match):
        approve(services, request, "U0ADA")


def test_a_roster_older_than_a_day_lets_nobody_approve(services: Services) -> None:
    request = ask(services)
    services.clock.advance(24 * 3600 + 60)  # type: ignore[attr-defined]
    with pytest.raises((RefusedError, ConflictError)):
        approve(services, request, "U0ADA")


def test_an_expired_request_cannot_be_approved_and_a_new_round_needs_new_acks(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    services.clock.advance(901)  # type: ignore[attr-defined]
    with pytest.raises(ConflictError, match="expired"):
        approve(services, request, "U0GRACE")
    assert services.store.read(lambda tx: requests.get(tx, request.id)).state is RequestState.EXPIRED
    see(services)
    renewed = renew(services, request.id, actor=actor(services.topology, "U0REQUESTER"))
    assert (renewed.state, renewed.round) == (RequestState.OPEN, 2)
    assert approve(services, renewed, "U0GRACE").missing == 1
    assert approve(services, renewed, "U0ADA").run_id is not None


def test_expiry_by_the_clock_ends_what_is_due_and_nothing_else(services: Services) -> None:
    request = ask(services)
    assert expire_due(services) == 0
    services.clock.advance(901)  # type: ignore[attr-defined]
    assert expire_due(services) == 1
    assert expire_due(services) == 0
    assert services.store.read(lambda tx: requests.get(tx, request.id)).state is RequestState.EXPIRED


def test_an_ack_leaves_the_others_five_minutes(services: Services) -> None:
    request = ask(services)
    services.clock.advance(890)  # type: ignore[attr-defined]
    outcome = approve(services, request, "U0ADA")
    assert (outcome.request.expires_at - services.clock.now()).total_seconds() == 300


def test_an_old_button_of_an_earlier_round_says_so(services: Services) -> None:
    request = ask(services)
    services.clock.advance(901)  # type: ignore[attr-defined]
    see(services)
    renew(services, request.id, actor=actor(services.topology, "U0REQUESTER"))
    with pytest.raises(ConflictError, match="round 1"):
        approve(services, request, "U0ADA", round=1)


def test_a_plan_that_the_configuration_changed_is_void(services: Services) -> None:
    request = ask(services)
    entry = services.topology.applications["shop"]
    fewer = entry.model_copy(update={"capacity": ()})
    changed = services.topology.model_copy(update={"applications": {"shop": fewer}})
    with pytest.raises(ConflictError, match="void"):
        approve(replace(services, topology=changed), request, "U0ADA")
    assert services.store.read(lambda tx: requests.get(tx, request.id)).state is RequestState.VOID


def test_what_was_only_observed_never_voids(services: Services) -> None:
    request = ask(services)
    see(services, down=True, lag_s=30)
    assert approve(services, request, "U0ADA").missing == 1


def test_deny_needs_an_approver_and_a_reason_and_ends_it(services: Services) -> None:
    request = ask(services)
    with pytest.raises(RefusedError, match="approver"):
        ack.deny(services, request.id, actor=actor(services.topology, "U0REQUESTER"), reason="no")
    with pytest.raises(UsageError, match="reason"):
        ack.deny(services, request.id, actor=actor(services.topology, "U0ADA"), reason=" ")
    denied = ack.deny(services, request.id, actor=actor(services.topology, "U0ADA"), reason="false alarm")
    assert (denied.state, denied.decided_by) == (RequestState.DENIED, "Ada")
    with pytest.raises(ConflictError, match="denied by Ada"):
        approve(services, request, "U0GRACE")


def test_the_requester_may_cancel_and_a_stranger_may_not(services: Services) -> None:
    request = ask(services)
    enrol(services, U0STRANGER=RosterUser(name="x", team="T0HOME"))
    with pytest.raises(RefusedError):
        ack.cancel(services, request.id, actor=actor(services.topology, "U0STRANGER"))
    assert (
        ack.cancel(services, request.id, actor=actor(services.topology, "U0REQUESTER")).state is RequestState.CANCELLED
    )


def test_the_same_delivery_twice_opens_one_request(services: Services) -> None:
    assert ask(services).id == ask(services).id
    assert len(services.store.read(requests.open_requests)) == 1


def test_the_same_question_by_another_person_points_to_the_one_that_waits(services: Services) -> None:
    request = ask(services)
    with pytest.raises(ConflictError, match=request.id):
        ask(services, cmd_id="c-2", requester="U0ADA")


def test_while_a_run_is_unfinished_nothing_more_opens_or_is_approved(services: Services) -> None:
    other = ask(services)
    approve(services, ask(services, Mode.PLANNED, cmd_id="c-2"), "U0ADA", None)
    with pytest.raises(ConflictError, match="run-"):
        ask(services, cmd_id="c-3")
    with pytest.raises(ConflictError, match="run-"):
        approve(services, other, "U0GRACE")


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"target": CENTRAL}, "active in eu-central-1 already"),
        ({"target": "us-east-1"}, "outside the allowed regions"),
        ({"target": "us-east-1", "overrides": ("region-not-allowed",)}, "outside the allowed regions"),
        ({"application": "nope"}, "no application nope"),
        ({"mode": Mode.PLANNED, "down": True}, "forced"),
    ],
)
def test_what_cannot_be_asked_names_the_thing_and_the_way_out(
    services: Services, more: dict[str, Any], match: str
) -> None:
    more = dict(more)
    see(services, down=bool(more.pop("down", False)))
    with pytest.raises(DrError, match=match):
        ask(services, **more)
    assert services.store.read(requests.open_requests) == ()


def test_an_allowed_region_that_the_application_does_not_run_in_is_no_target() -> None:
    second = load_topology(Path(__file__).parents[2] / "topologies" / "second.yaml")
    with pytest.raises(RefusedError, match="identity does not run in eu-north-1") as caught:
        refuse_target(second, "identity", "eu-west-1", "eu-north-1")
    assert caught.value.hint == "Choose eu-central-1."


def test_a_blocking_finding_can_be_overridden_in_the_request_and_then_stands_in_its_plan(services: Services) -> None:
    see(services, down=True)
    with pytest.raises(BlockedError) as caught:
        ask(services, Mode.PLANNED)
    codes = tuple(finding.code for finding in caught.value.findings)
    request = ask(services, Mode.PLANNED, cmd_id="c-2", overrides=codes)
    assert set(codes) <= set(request.plan.overrides)


def test_every_ack_is_signed_and_a_changed_or_invented_one_is_not_believed(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    stored = services.store.read(lambda tx: requests.get(tx, request.id))
    verifier = AckVerifier(services.settings.ack_public_key)
    [mine] = stored.acks
    assert verifier.fault(stored, mine) is None
    assert "signed for something else" in str(verifier.fault(stored, mine.model_copy(update={"person": "person:Eve"})))
    assert "no valid signature" in str(verifier.fault(stored, mine.model_copy(update={"proof": "{}"})))


def test_without_the_public_key_nothing_is_called_proven_or_unproven(services: Services, tmp_path: Path) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    stored = services.store.read(lambda tx: requests.get(tx, request.id))
    with pytest.raises(ConfigError, match="no readable public key"):
        AckVerifier(tmp_path / "elsewhere.pub").fault(stored, stored.acks[0])


def test_tokens_stand_for_one_request_action_and_round_and_forged_ones_for_nothing(services: Services) -> None:
    request = ask(services)
    given = services.store.read(lambda tx: tokens(tx, request.id, 1))
    use = services.store.read(lambda tx: resolve(tx, given["approve"]))
    assert (use.request_id, use.action, use.round) == (request.id, "approve", 1)
    with pytest.raises(NotFoundError):
        services.store.read(lambda tx: resolve(tx, "x" * 22))


def test_approvers_in_the_same_moment_make_one_run_and_nobody_sees_a_traceback(services: Services) -> None:
    request = ask(services)

    def press(user: str) -> str:
        try:
            return str(approve(services, request, user).missing)
        except DrError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(press, ["U0ADA", "U0GRACE", "U0LINUS", "U0ADA", "U0GRACE", "U0LINUS"]))
    assert sorted(results) == ["0", "1", "conflict", "conflict", "conflict", "conflict"]
    assert len(services.store.read(runs.unfinished)) == 1
    kinds = [e.kind for e in services.store.read(lambda tx: trail.listing(tx, chain=request.id))]
    assert kinds.count("request.acked") == 2
    assert kinds.count("run.created") == 1
    assert services.store.read(trail.verify).ok
