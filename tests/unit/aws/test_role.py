"""The keys of a role: one fetch for everybody, renewed while the old ones hold, and a clear end."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from dr_core.aws.role import RENEW_BEFORE, RoleSession, repeat_once_renewed
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, LeaseLostError, UnreachableError
from dr_core.topology.model import Account

EU, WEST, NORTH = "eu-central-1", "eu-west-1", "eu-north-1"
ROLE = Account(role_arn="arn:aws:iam::111122223333:role/dr", external_id="agreed")
HOUR = timedelta(hours=1)


@dataclass
class Sts:
    """Every region's STS: which are silent, what they answer instead, and who was asked."""

    clock: ManualClock
    silent: set[str] = field(default_factory=set)
    refuses: str = ""
    raises: Exception | None = None
    asked: list[str] = field(default_factory=list)
    hold: threading.Event | None = None

    def of(self, region: str) -> Any:
        return _Client(self, region)


@dataclass
class _Client:
    sts: Sts
    region: str

    def assume_role(self, **request: str) -> dict[str, Any]:
        self.sts.asked.append(self.region)
        assert request == {"RoleArn": ROLE.role_arn, "RoleSessionName": "dr-bot", "ExternalId": "agreed"}
        if self.sts.hold:
            self.sts.hold.wait(5)
        if self.sts.raises:
            raise self.sts.raises
        if self.region in self.sts.silent:
            raise EndpointConnectionError(endpoint_url=f"https://sts.{self.region}.amazonaws.com")
        if self.sts.refuses:
            raise ClientError({"Error": {"Code": self.sts.refuses, "Message": "no"}}, "AssumeRole")
        keys = {"AccessKeyId": f"ASIA{len(self.sts.asked)}", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": self.sts.clock.now() + HOUR}}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sts(clock: ManualClock) -> Sts:
    return Sts(clock)


@pytest.fixture
def session(sts: Sts, clock: ManualClock) -> RoleSession:
    return RoleSession(ROLE, sts.of, (EU, WEST, NORTH), clock)


def test_one_fetch_serves_every_region(session: RoleSession, sts: Sts) -> None:
    assert {session.keys(region).access_key for region in (WEST, EU, NORTH, WEST)} == {"ASIA1"}
    assert sts.asked == [WEST]


def test_a_silent_region_is_asked_last_from_then_on_until_it_answers(
    session: RoleSession, sts: Sts, clock: ManualClock
) -> None:
    sts.silent = {WEST}
    assert session.keys(WEST).access_key
    assert sts.asked == [WEST, EU]
    clock.advance(3600)
    session.keys(WEST)
    assert sts.asked == [WEST, EU, EU]
    sts.silent = {EU, NORTH}
    clock.advance(3600)
    session.keys(WEST)
    assert sts.asked == [WEST, EU, EU, EU, NORTH, WEST]
    clock.advance(3600)
    session.keys(WEST)
    assert sts.asked[-1:] == [WEST]


def test_keys_are_renewed_while_the_old_ones_still_hold(session: RoleSession, clock: ManualClock) -> None:
    session.keys(WEST)
    clock.advance((HOUR - RENEW_BEFORE).total_seconds() - 1)
    assert session.keys(WEST).access_key == "ASIA1"
    clock.advance(1)
    assert session.keys(WEST).access_key == "ASIA2"


def test_a_renewal_that_fails_leaves_the_old_keys_until_their_end_and_is_tried_now_and_then(
    session: RoleSession, sts: Sts, clock: ManualClock
) -> None:
    session.keys(WEST)
    sts.refuses = "AccessDenied"
    clock.advance(1800)
    for _ in range(5):
        assert session.keys(WEST).access_key == "ASIA1"
    assert len(sts.asked) == 2
    clock.advance(1799)
    assert session.keys(WEST).access_key == "ASIA1"
    assert len(sts.asked) == 3
    clock.advance(1)
    with pytest.raises(DeniedError, match=f"sts AssumeRole {ROLE.role_arn} in {WEST}.*sts:AssumeRole") as caught:
        session.keys(WEST)
    assert "external_id of dr.yaml" in str(caught.value)
    sts.refuses = ""
    assert session.keys(WEST).access_key == f"ASIA{len(sts.asked)}"


def test_while_one_thread_renews_the_others_go_on(session: RoleSession, sts: Sts, clock: ManualClock) -> None:
    session.keys(WEST)
    clock.advance(1800)
    sts.hold = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(session.keys, WEST)
        while len(sts.asked) < 2:
            pass
        assert session.keys(EU).access_key == "ASIA1"
        sts.hold.set()
        assert renewing.result().access_key == "ASIA2"
    assert len(sts.asked) == 2


def test_threads_that_waited_share_what_the_first_was_told(session: RoleSession, sts: Sts) -> None:
    sts.hold, sts.silent = threading.Event(), {EU, WEST, NORTH}
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(session.keys, WEST) for _ in range(4)]
        while len(sts.asked) < 1:
            pass
        sts.hold.set()
        errors = [one.exception() for one in waiting]
    assert all(isinstance(error, UnreachableError) for error in errors)
    assert len(sts.asked) % 3 == 0
    assert {str(error) for error in errors} == {f"sts AssumeRole {ROLE.role_arn} in {WEST} could not be reached: "
                                                "no connection."}  # fmt: skip


def test_a_refusal_is_not_asked_for_again_elsewhere(session: RoleSession, sts: Sts) -> None:
    sts.refuses = "AccessDenied"
    with pytest.raises(DeniedError):
        session.keys(WEST)
    assert sts.asked == [WEST]


def test_a_lease_that_was_lost_meanwhile_is_no_silence_of_sts(session: RoleSession, sts: Sts) -> None:
    sts.raises = LeaseLostError("the lease is lost")
    with pytest.raises(LeaseLostError):
        session.keys(WEST)
    sts.raises = None
    session.keys(WEST)
    assert sts.asked == [WEST, WEST]


@pytest.fixture
def expired() -> dict[str, Any]:
    return {"Error": {"Code": "ExpiredTokenException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}


def test_expired_keys_are_replaced_and_the_request_is_signed_anew_once(
    session: RoleSession, sts: Sts, expired: dict[str, Any]
) -> None:
    decide = repeat_once_renewed(session)
    session.keys(WEST)
    assert decide(response=(None, expired), attempts=1) == 0
    assert session.keys(WEST).access_key == "ASIA2"
    assert decide(response=(None, expired), attempts=2) is None
    assert decide(response=None, attempts=1) is None
    assert decide(response=(None, {"Error": {"Code": "AccessDenied"}}), attempts=1) is None
    assert len(sts.asked) == 2


def test_a_late_answer_to_old_keys_does_not_throw_the_new_ones_away(
    session: RoleSession, sts: Sts, expired: dict[str, Any]
) -> None:
    session.keys(WEST)
    with ThreadPoolExecutor(1) as other:
        other.submit(session.keys, WEST).result()
        session.reject()
        assert session.keys(WEST).access_key == "ASIA2"
        assert other.submit(repeat_once_renewed(session), response=(None, expired), attempts=1).result() == 0
    assert session.keys(WEST).access_key == "ASIA2"
    assert len(sts.asked) == 2
