"""Which acknowledgements count, whatever stands in the store: the last look before a quorum is called complete."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.approvals.decision import refuse_ack, standing
from dr_core.approvals.model import Ack, Actor, Face, Request, RequestState
from dr_core.execution.judge import accepted_limit
from dr_core.plan.step import Mode, Plan, Policy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RITA = Actor(person="person:Rita", display="Rita", face=Face.SLACK, slack_user="U0RITA")
PLAN = Plan(
    application="shop",
    mode=Mode.FORCED,
    source="eu-central-1",
    target="eu-west-1",
    steps=(),
    policy=Policy(required=2, expires_after_s=900),
)


def given(person: str, *, round_: int = 2, digest: str = PLAN.digest(), limit_s: int | None = 300) -> Ack:
    return Ack(
        person=f"person:{person}",
        display=person,
        round=round_,
        digest=digest,
        accepted_limit_s=limit_s,
        at=NOW,
        kind=Face.SLACK.value,
        proof="",
    )


def asked(*acks: Ack, limit_s: int | None = 300) -> Request:
    return Request(
        id="r-aaaa2222",
        application="shop",
        plan=PLAN,
        digest=PLAN.digest(),
        loss_limit_s=limit_s,
        state=RequestState.OPEN,
        round=2,
        version=1,
        requester=RITA,
        reason="test",
        channel=None,
        opened_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        approvers_at_open=frozenset(),
        acks=acks,
    )


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (given("Ada"), "the same person again"),
        (given("Rita"), "the requester"),
        (given("Bob", round_=1), "an earlier round"),
        (given("Bob", digest="0" * 64), "another plan"),
        (given("Bob", limit_s=60), "a smaller loss than the request's"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_count_completes_no_quorum(second: Ack, what: str) -> None:
    found = standing(asked(given("Ada"), second))
    assert (found.people, found.missing) == (("person:Ada",), 1), what


def test_two_other_people_of_this_round_are_a_quorum() -> None:
    assert standing(asked(given("Ada"), given("Bob", limit_s=900))).complete
    assert standing(asked(given("Ada"), given("Bob", limit_s=None))).complete
    assert standing(asked(given("Ada"), given("Bob", limit_s=None), limit_s=None)).missing == 1
    assert standing(asked(given("Ada", limit_s=None), given("Bob", limit_s=None), limit_s=None)).complete


BOB = Actor(person="person:Bob", display="Bob", face=Face.SLACK, slack_user="U0BOB")


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({"U0BOB"}, {"U0BOB"}, None),
        (set(), {"U0BOB"}, "joined the approvers after"),
        ({"U0BOB"}, set(), "not in the group of approvers"),
    ],
    ids=["both", "joined later", "left since"],
)
def test_approvers_are_those_who_were_it_then_and_are_it_now(then: set[str], now: set[str], told: str | None) -> None:
    request = asked().model_copy(update={"approvers_at_open": frozenset(then)})
    found = refuse_ack(request, BOB, round_=2, approvers=frozenset(now), acked={}, now=NOW)
    assert (found is None) == (told is None)
    assert told is None or told in str(found)


def test_the_lowest_accepted_loss_is_the_limit_of_the_run() -> None:
    assert accepted_limit((given("Ada", limit_s=900), given("Bob", limit_s=300))) == 300
    assert accepted_limit((given("Ada", limit_s=None), given("Bob", limit_s=300))) == 300
    assert accepted_limit((given("Ada", limit_s=None),)) is None
