"""What a message of the queue says; whatever it holds, it is never believed without its sender, and never raises."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dr_core.detection.message import (
    TEST,
    AlarmState,
    Dropped,
    Senders,
    ToldAlarm,
    ToldIssue,
    ToldTest,
    Why,
    read,
    senders,
)
from dr_core.topology.detection import Detection, SignalQueue
from dr_core.topology.model import Account, Topology

from .messages import ACCOUNT, STRANGER, TOPIC, alarm, alarm_event, arn_of, health_event, notification

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
KNOWN = Senders(frozenset({TOPIC}), frozenset({ACCOUNT}))
NONCE = "n0nce-of-a-test"


def test_an_alarm_through_a_topic_says_its_state_and_time() -> None:
    heard = read(notification(alarm(NOW)), KNOWN, NOW)
    assert isinstance(heard, ToldAlarm)
    assert (heard.name, heard.region, heard.state) == ("shop-down", "eu-west-1", AlarmState.ALARM)
    assert heard.at == NOW + timedelta(milliseconds=236)


@pytest.mark.parametrize("wrapped", [False, True], ids=["a rule sends to the queue", "a rule sends to a topic"])
def test_an_event_says_the_same(wrapped: bool) -> None:
    event = alarm_event(NOW, state="OK")
    heard = read(notification(event) if wrapped else json.dumps(event), KNOWN, NOW)
    assert isinstance(heard, ToldAlarm)
    assert (heard.arn, heard.state, heard.at) == (arn_of("shop-down"), AlarmState.OK, NOW)


def test_aws_health_says_which_region_and_whether_it_is_over() -> None:
    heard = read(json.dumps(health_event(NOW, status="closed")), KNOWN, NOW)
    assert heard == ToldIssue(
        arn="arn:aws:health:eu-central-1::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/1", region="eu-central-1",
        service="RDS", code="AWS_RDS_OPERATIONAL_ISSUE", open=False, at=NOW,
    )  # fmt: skip


def test_the_doctor_s_test_is_known_by_its_nonce() -> None:
    assert read(notification({TEST: NONCE}), KNOWN, NOW) == ToldTest(NONCE)


@pytest.mark.parametrize(
    ("body", "why", "words"),
    [
        (notification(alarm(NOW), topic=TOPIC.replace(ACCOUNT, STRANGER)), Why.FOREIGN, "does not name"),
        (notification(alarm(NOW, account=STRANGER)), Why.FOREIGN, STRANGER),
        (notification(alarm(NOW, AlarmArn=arn_of("shop-down", account=STRANGER))), Why.FOREIGN, STRANGER),
        (json.dumps(alarm_event(NOW, account=STRANGER)), Why.FOREIGN, STRANGER),
        (notification({TEST: NONCE}, topic="arn:aws:sns:eu-west-1:1:x"), Why.FOREIGN, "does not name"),
        (json.dumps({TEST: NONCE}), Why.MALFORMED, "source"),
        (json.dumps(alarm(NOW)), Why.MALFORMED, "source"),
        (notification(alarm(NOW, AlarmArn=arn_of("another"))), Why.MALFORMED, "no ARN of its own"),
        (notification(alarm(NOW, NewStateValue="FINE")), Why.MALFORMED, "NewStateValue"),
        (notification(alarm(NOW, StateChangeTime="soon")), Why.MALFORMED, "no time"),
        (notification(alarm(NOW, StateChangeTime="0001-01-01T00:00:00+10:00")), Why.MALFORMED, "no time"),
        (notification(alarm(NOW, StateChangeTime="9999-12-31T23:59:59-10:00")), Why.MALFORMED, "no time"),
        (notification(alarm(NOW, StateChangeTime="2026-01-05T09:00:00")), Why.MALFORMED, "no time zone"),
        (notification(alarm(NOW + timedelta(hours=1))), Why.MALFORMED, "yet to come"),
        (notification("not JSON"), Why.MALFORMED, "no JSON"),
        ("", Why.MALFORMED, "no JSON"),
        ("[" * 100_000, Why.MALFORMED, "no JSON"),
        ("[1]", Why.MALFORMED, "no JSON object"),
        (json.dumps({**alarm_event(NOW), "source": "aws.ec2"}), Why.UNNAMED, "aws.ec2"),
        (json.dumps(health_event(NOW, eventTypeCategory="scheduledChange")), Why.UNNAMED, "no outage"),
    ],
)
def test_what_does_not_count_says_why(body: str, why: Why, words: str) -> None:
    heard = read(body, KNOWN, NOW)
    assert isinstance(heard, Dropped)
    assert heard.why is why
    assert words in heard.detail


@settings(max_examples=30)
@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=8)
)
def test_whatever_lies_in_the_queue_is_answered_in_one_line(anything: object) -> None:
    for body in (json.dumps(anything), notification(anything), json.dumps({"TopicArn": TOPIC, "Message": anything})):
        heard = read(body, KNOWN, NOW)
        assert isinstance(heard, Dropped)
        assert "\n" not in heard.detail
        assert len(heard.detail) < 300


def test_senders_are_the_accounts_of_the_queue_the_topics_and_the_roles(shop: Topology) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/111111111111/signals"
    queue = SignalQueue(region="eu-west-1", url=url, topics=("arn:aws:sns:eu-west-1:222222222222:alarms",))
    app = shop.applications["shop"].model_copy(
        update={"account": Account(role_arn="arn:aws:iam::333333333333:role/dr")}
    )
    made = shop.model_copy(update={"detection": Detection(queue=queue), "applications": {"shop": app}})
    assert senders(made) == Senders(
        frozenset(queue.topics), frozenset({"111111111111", "222222222222", "333333333333"})
    )
    assert senders(shop) == Senders(frozenset(), frozenset())
