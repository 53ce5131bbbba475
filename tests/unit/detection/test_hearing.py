"""An alarm counts for the region that it is named for, as one vantage, and only while its state is fresh."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.detection.hearing import concerns, is_it, signals
from dr_core.detection.message import AlarmState, Told, ToldAlarm, ToldIssue, home_of
from dr_core.health.verdict import decide, isolated, weigh
from dr_core.observation.model import Signal, SignalState, Vantage, Verdict
from dr_core.topology.detection import SignalQueue
from dr_core.topology.model import Account, Application, Topology
from dr_core.topology.traffic import HealthCheck

from .messages import ACCOUNT, STRANGER, arn_of

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FRESH = timedelta(minutes=15)
CENTRAL, WEST = "eu-central-1", "eu-west-1"
USED = frozenset({"RDS"})


def named(shop: Topology, **alarms: str) -> Application:
    by_region = {region.replace("_", "-"): name for region, name in alarms.items()}
    return shop.applications["shop"].model_copy(update={"health": (HealthCheck(alarm=by_region),)})


def told(
    state: AlarmState = AlarmState.ALARM, *, ago_s: float = 60, name: str = "down", region: str = WEST
) -> ToldAlarm:
    at = NOW - timedelta(seconds=ago_s)
    return ToldAlarm(arn=arn_of(name, region), name=name, region=region, state=state, reason="crossed", at=at)


def issue(**how: object) -> ToldIssue:
    made = {"arn": "arn:x", "region": CENTRAL, "service": "RDS", "code": "AWS_RDS_ISSUE", "open": True, "at": NOW} | how
    return ToldIssue.model_validate(made)


@pytest.mark.parametrize(
    ("one", "state", "words"),
    [
        (told(), SignalState.BAD, "ALARM since 08:59:00Z: crossed"),
        (told(AlarmState.OK), SignalState.OK, "OK since"),
        (told(AlarmState.INSUFFICIENT_DATA), SignalState.UNKNOWN, "INSUFFICIENT_DATA"),
        (told(ago_s=901), SignalState.UNKNOWN, "ALARM as told 901 s ago: too long to count"),
        (told(AlarmState.OK, ago_s=901), SignalState.UNKNOWN, "too long to count"),
        (told(name="another"), SignalState.UNKNOWN, "no change of it was told yet"),
    ],
)
def test_a_state_counts_while_it_is_fresh(shop: Topology, one: Told, state: SignalState, words: str) -> None:
    [signal] = signals(named(shop, eu_central_1="down"), ACCOUNT, USED, [one], NOW, FRESH)
    assert (signal.region, signal.vantage, signal.state) == (CENTRAL, Vantage.ALARM, state)
    assert words in signal.detail


def test_the_newest_of_two_states_counts(shop: Topology) -> None:
    app = named(shop, eu_central_1="down")
    [signal] = signals(app, ACCOUNT, USED, [told(AlarmState.OK, ago_s=10), told(ago_s=60, region=CENTRAL)], NOW, FRESH)
    assert signal.state is SignalState.OK


@pytest.mark.parametrize(
    ("alarms", "region", "one", "it"),
    [
        ({"eu_central_1": "down"}, CENTRAL, told(region=WEST), True),
        ({"eu_central_1": "down", "eu_west_1": "down"}, CENTRAL, told(region=WEST), False),
        ({"eu_central_1": "down", "eu_west_1": "down"}, WEST, told(region=WEST), True),
        ({"eu_central_1": arn_of("down", CENTRAL)}, CENTRAL, told(region=WEST), False),
        ({"eu_central_1": arn_of("down", WEST)}, CENTRAL, told(region=WEST), True),
    ],
    ids=["by name", "two of one name: elsewhere", "two of one name: here", "by ARN: another", "by ARN"],
)
def test_which_alarm_is_meant(shop: Topology, alarms: dict[str, str], region: str, one: ToldAlarm, it: bool) -> None:
    app = named(shop, **alarms)
    assert is_it(app, ACCOUNT, region, alarms[region.replace("-", "_")], one) is it


@pytest.mark.parametrize("home", [ACCOUNT, STRANGER])
def test_a_name_means_an_alarm_of_the_application_s_own_account(shop: Topology, home: str) -> None:
    by_name, by_arn = named(shop, eu_central_1="down"), named(shop, eu_central_1=arn_of("down", WEST))
    assert concerns(by_name, home, USED, told()) is (home == ACCOUNT)
    assert concerns(by_arn, home, USED, told()), "an ARN names the account itself"


def test_that_account_is_its_role_s_else_the_queue_s(shop: Topology) -> None:
    queue = SignalQueue(region=WEST, url=f"https://sqs.{WEST}.amazonaws.com/{ACCOUNT}/q")
    app = shop.applications["shop"]
    role = Account(role_arn=f"arn:aws:iam::{STRANGER}:role/dr")
    assert home_of(app.model_copy(update={"account": None}), queue) == ACCOUNT
    assert home_of(app.model_copy(update={"account": role}), queue) == STRANGER


@pytest.mark.parametrize(
    ("one", "bad", "remark"),
    [
        (issue(), True, "open, of a service that is used"),
        (issue(service="S3"), False, "of a service that is not used"),
        (issue(open=False), False, "over"),
        (issue(at=NOW - FRESH - timedelta(seconds=1)), False, "told too long ago"),
        (issue(region="eu-north-1"), False, "elsewhere"),
    ],
)
def test_an_issue_of_aws_health_counts_while_it_is_open(shop: Topology, one: ToldIssue, bad: bool, remark: str) -> None:
    found = signals(named(shop, eu_central_1="down"), ACCOUNT, USED, [one], NOW, FRESH)
    seen = [signal for signal in found if signal.vantage is Vantage.AWS_HEALTH]
    assert bool(seen) is bad, remark
    assert concerns(named(shop, eu_central_1="down"), ACCOUNT, USED, one) is (
        one.service == "RDS" and one.region == CENTRAL
    )


def probe(state: SignalState) -> Signal:
    return Signal(
        region=CENTRAL, component="http", name="u", vantage=Vantage.PROBE, state=state, detail="", observed_at=NOW,
        source="t",
    )  # fmt: skip


def test_one_alarm_is_one_vantage_and_a_minute_does_not_make_it_stale(shop: Topology) -> None:
    app = named(shop, eu_central_1="down")
    heard = signals(app, ACCOUNT, USED, [told(ago_s=600)], NOW, FRESH)
    alone = decide(CENTRAL, heard, None, NOW, timedelta(seconds=30))
    assert alone.verdict is Verdict.DEGRADED
    assert weigh(CENTRAL, [*heard, probe(SignalState.BAD)], NOW).verdict is Verdict.DOWN
    two = signals(app.model_copy(update={"health": (*app.health, *app.health)}), ACCOUNT, USED, [told()], NOW, FRESH)
    assert weigh(CENTRAL, two, NOW).verdict is Verdict.DEGRADED, "two alarms are one vantage"


def test_what_was_told_before_does_not_make_a_cut_off_observer_believe_itself(shop: Topology) -> None:
    app = named(shop, eu_central_1="down", eu_west_1="up")
    heard = signals(app, ACCOUNT, USED, [told(), told(AlarmState.OK, name="up")], NOW, FRESH)
    dark = [probe(SignalState.BAD), probe(SignalState.BAD).model_copy(update={"region": WEST})]
    assert isolated([*dark, *heard], outside_answers=False)
