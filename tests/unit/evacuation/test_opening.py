"""What goes and what stays: nothing that cannot go keeps the others, and each says why."""

from dataclasses import replace

import pytest

from bot.views import evacuation as card
from bot.views import evacuation_modals
from bot.views.evacuation_plan import plan as plan_card
from commands.rendering.text import render
from dr_core.approvals import ack
from dr_core.approvals.open import BlockedError
from dr_core.errors import ConflictError, RefusedError, UsageError
from dr_core.evacuation.opening import ACTIONS
from dr_core.evacuation.survey import Asked, survey
from dr_core.execution.model import RunState
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import LeftBehind, evacuation_view
from dr_core.reports.evacuation_plan import evacuation_plan
from dr_core.store import requests
from tests.unit.evacuation.conftest import INES, JONAS, A, B, C, Region


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is written is the same on each database: test_deciding.py."""
    return sqlite_url


def test_everything_in_the_region_goes_each_with_a_request_of_its_own(region: Region) -> None:
    evacuation = region.ask()
    assert (evacuation.source, evacuation.target, evacuation.left) == (A, B, ())
    found = region.requests(evacuation)
    assert {request.plan.mode for request in found.values()} == {Mode.FORCED}
    assert {request.requester.slack_user for request in found.values()} == {"U0ASKS"}
    assert evacuation.member("payments").after == ("identity",)


def test_asking_twice_with_one_id_opens_one(region: Region) -> None:
    assert region.ask(cmd_id="same") == region.ask(cmd_id="same")
    assert len(region.read(requests.recent)) == 4


def test_looking_changes_nothing(region: Region) -> None:
    found = region.read(lambda tx: survey(tx, region.services, Asked(B, None, Mode.FORCED)))
    shown = evacuation_plan(region.services.topology, found)
    assert [(one.application, one.wave) for one in shown.members] == [
        ("identity", 1), ("mail", 1), ("payments", 2), ("letters", 2),
    ]  # fmt: skip
    assert shown.required_acks == 2
    assert region.read(requests.recent) == ()


def test_a_later_wave_may_lose_what_is_written_while_the_first_one_moves(region: Region) -> None:
    """Published, a promotion takes 8 minutes: the second wave waits at least that long."""
    found = region.read(lambda tx: survey(tx, region.services, Asked(B, None, Mode.FORCED)))
    [mine] = [one for one in found.going if one.application == "payments"]
    alone = mine.proposal.loss_limit_s
    mine.proposal.wait(0)
    assert mine.proposal.loss_limit_s is not None
    assert alone is not None
    assert alone >= mine.proposal.loss_limit_s
    mine.proposal.wait(3600)
    assert mine.proposal.loss_limit_s is None


def test_what_runs_already_stays_behind_with_its_reason_and_the_others_go(region: Region) -> None:
    first = region.ask()
    region.approve(first, INES)
    region.approve(first, JONAS)
    for name in ("letters", "payments", "identity"):
        request = region.requests(first)[name]
        if request.state == "queued":
            ack.cancel(region.services, request.id, actor=region.actor("U0ASKS"))
    region.finish(first, "identity", RunState.FAILED)
    second = region.ask()
    assert {member.application for member in second.members} == {"identity", "payments"}
    left = {one.application: one.reason for one in second.left if one.here}
    assert set(left) == {"mail", "letters"}
    assert "is not finished" in left["mail"]
    assert "belongs together with" in left["letters"]


def test_the_same_again_is_refused_while_it_waits(region: Region) -> None:
    region.ask()
    with pytest.raises(ConflictError, match="already asks for this"):
        region.ask()


def test_the_same_again_is_refused_while_it_is_queued(region: Region) -> None:
    first = region.ask()
    region.approve(first, INES)
    region.approve(first, JONAS)
    for name in ("identity", "mail"):
        region.finish(first, name, RunState.FAILED)
    second = region.ask()
    left = {one.application: one for one in second.left}
    assert "is approved for this already" in left["payments"].reason
    assert "takes it out" in left["payments"].way_out


def test_what_a_finding_blocks_stays_behind_and_says_how_it_goes_all_the_same(region: Region) -> None:
    """The target of mail was never seen well: it does not keep the others."""
    region.see(down=(A, B), names=("mail",))
    found = region.read(lambda tx: survey(tx, region.services, Asked(B, None, Mode.FORCED)))
    planned = evacuation_plan(region.services.topology, found)
    evacuation = region.ask()
    assert "mail" not in {member.application for member in evacuation.members}
    [mail] = [one for one in evacuation.left if one.application == "mail"]
    assert "--override" in mail.way_out
    assert evacuation.member("letters").after == ()
    assert "letters goes without it, and while that runs it cannot follow" in mail.way_out
    view = evacuation_view(region.services, evacuation.id)
    shown = (
        render(view),
        render(planned),
        str(plan_card(planned).blocks),
        str(card.card(view, dict.fromkeys(ACTIONS, "t")).blocks),
        str(evacuation_modals.approve(view, [one.application for one in view.members], None, "C1")),
    )
    assert [text.count("goes without mail,") for text in shown] == [1] * 5


def test_who_goes_without_what_stays_behind_is_read_to_the_end_of_a_long_way_out() -> None:
    out = f"{'Wait until the copy has caught up. ' * 15}Ask for it before you approve."
    left = [LeftBehind(application=f"app-{n}", reason="it is blocked", way_out=out, here=True) for n in range(20)]
    shown = card.left_behind(left)
    assert str(shown).count("before you approve.") == 12
    assert "8 more" in str(shown[-1])
    assert all(len(block["text"]["text"]) <= 3000 for block in shown)  # type: ignore[index, call-overload, arg-type]


def test_where_everything_is_blocked_the_findings_are_offered_to_be_overridden(region: Region) -> None:
    region.see(down=(A, B))
    with pytest.raises(BlockedError) as caught:
        region.ask()
    codes = tuple(finding.code for finding in caught.value.findings)
    assert len(codes) == len(set(codes)), "each once"
    evacuation = region.ask(overrides=codes)
    assert len(evacuation.members) == 4


def test_applications_elsewhere_are_not_concerned(region: Region) -> None:
    with pytest.raises(RefusedError, match=f"Every application is at work in {A}"):
        region.ask(target=A)
    with pytest.raises(RefusedError, match="No application is in"):
        region.ask(target=A, source=B)


def test_with_three_regions_the_one_to_leave_has_to_be_plain(region: Region) -> None:
    wide = region.services.topology.applications["mail"].model_copy(update={"primary": C, "standby": (B,)})
    applications = {**region.services.topology.applications, "mail": wide}
    topology = region.services.topology.model_copy(update={"applications": applications})
    region.services = replace(region.services, topology=topology)
    region.see()
    with pytest.raises(UsageError, match=f"mail is in {C}") as caught:
        region.ask()
    assert "--from" in str(caught.value.hint)
    evacuation = region.ask(source=A)
    assert {one.application for one in evacuation.left if not one.here} == {"mail"}


def test_the_view_tells_what_each_application_waits_for(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    view = evacuation_view(region.services, evacuation.id)
    told = {one.application: one.sentence for one in view.members}
    assert (view.state, view.missing, view.expires_at) == ("running", 0, None)
    assert told["payments"].startswith("approved: it needs identity: run-")
    assert told["identity"].startswith("0 of ")
