"""A canary's two steps, on the fake and on Route 53: begun, held, passed or failed, and taken back by itself."""

from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from dr_core.canary.memory import MemoryTrials
from dr_core.claim import Claim
from dr_core.errors import DeniedError, DrError, RejectedError, UnreachableError
from dr_core.observation.samples import Sample
from dr_core.plan.catalogue import Progress
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Segment
from dr_core.plan.steps import make_catalogue
from dr_core.topology.traffic import Canary
from dr_core.traffic.memory import MemoryRecords
from dr_core.traffic.route53 import Route53
from tests.ports import some_ports

SOURCE, TARGET = "eu-central-1", "eu-west-1"
CLAIM, LATER = Claim("t", "run-a", 1), Claim("t", "run-a", 2)
HOLD_S = 100


class Play:
    """The canary of shop, planned from the one region to the other, and what is measured of it."""

    def __init__(self, stage) -> None:
        self.stage = stage
        app = stage.topology.applications["shop"]
        canary = Canary(percent=5, hold=timedelta(seconds=HOLD_S))
        topology = stage.topology.model_copy(
            update={"applications": {"shop": app.model_copy(update={"canary": canary})}}
        )
        self.spec = app.traffic[0].route53_records
        plan = build(topology, "shop", source=SOURCE, target=TARGET, mode=Mode.PLANNED)
        self.start, self.hold = (step for step in plan.steps if step.segment is Segment.CANARY)
        self.begun_at = None
        self.trials = MemoryTrials(stage.clock, lambda: self.begun_at)
        if stage.world is None:
            values = {SOURCE: ("192.0.2.1",), TARGET: ("192.0.2.2",)}
            self.records = MemoryRecords(self.spec, SOURCE, values, stage.clock)
        else:
            self.records = Route53(stage.aws, stage.clock)
        self.kinds = make_catalogue(some_ports(records=self.records, trials=self.trials))

    def look(self, step):
        return self.kinds[step.kind].observe(step)

    def act(self, step, claim=CLAIM):
        self.kinds[step.kind].act(step, claim)

    @property
    def weights(self):
        return {record.region: record.weight for record in self.records.records(self.spec)}

    def begin(self):
        self.act(self.start)
        assert self.look(self.start).progress is Progress.SATISFIED
        self.begun_at = self.stage.clock.now()

    def measure(self, seconds, *, bad=()):
        """Probes of both sides every ten seconds, while the clock goes on."""
        for _ in range(seconds // 10):
            self.stage.advance(10)
            for region in (SOURCE, TARGET):
                ok = region not in bad
                at, ms = self.stage.clock.now(), 40.0 if ok else None
                self.trials.samples.append(Sample("shop", region, "signal/http/url", at, ms, ok))


@pytest.fixture
def play(stage) -> Play:
    return Play(stage)


def test_a_share_is_sent_and_is_seen_to_be(play):
    assert play.look(play.start).progress is Progress.ABSENT
    play.act(play.start)
    assert play.weights == {SOURCE: 95, TARGET: 5}
    play.act(play.start, LATER)
    assert play.look(play.start).progress is Progress.SATISFIED, "done already is done"


def test_a_canary_that_passes_is_held_for_its_whole_time_and_taken_back(play):
    play.begin()
    play.measure(HOLD_S - 10)
    seen = play.look(play.hold)
    assert seen.progress is Progress.UNDER_WAY
    assert "held for 90 of 100 s" in seen.detail
    play.measure(10)
    assert play.look(play.hold).progress is Progress.ABSENT, "its time is over, and a share still is in the target"
    play.act(play.hold)
    assert play.weights == {SOURCE: 100, TARGET: 0}
    done = play.look(play.hold)
    assert done.progress is Progress.SATISFIED
    assert done.evidence[TARGET] == {"probes": 10, "failed": 0, "median_ms": 40.0}


def test_a_canary_that_fails_is_taken_back_at_once_and_refuses_its_run_for_good(play):
    play.begin()
    play.measure(50, bad={TARGET})
    seen = play.look(play.hold)
    assert seen.progress is Progress.ABSENT
    assert "100 % of the probes of eu-west-1 failed" in seen.detail
    play.act(play.hold)
    assert play.weights == {SOURCE: 100, TARGET: 0}
    play.measure(HOLD_S)
    with pytest.raises(RejectedError, match="The canary has failed, and everybody is sent to eu-central-1 again"):
        play.look(play.hold)


def test_a_canary_that_was_not_measured_does_not_pass(play):
    play.begin()
    play.stage.advance(HOLD_S + 120)
    assert "not enough was measured" in play.look(play.hold).detail
    play.act(play.hold)
    with pytest.raises(RejectedError, match="not enough was measured"):
        play.look(play.hold)


def test_a_worker_that_takes_over_counts_from_the_recorded_start(play):
    play.begin()
    play.measure(60)
    anew = make_catalogue(some_ports(records=play.records, trials=play.trials))[play.hold.kind]
    assert "held for 60 of 100 s" in anew.observe(play.hold).detail


def test_one_that_somebody_takes_back_before_its_time_says_nothing(play):
    play.begin()
    play.measure(60)
    play.records.set_active(play.spec, SOURCE, LATER)
    with pytest.raises(RejectedError, match="before its time"):
        play.look(play.hold)


def test_weights_that_somebody_changes_meanwhile_end_it(play):
    play.begin()
    play.measure(60)
    play.records.set_weights(play.spec, {SOURCE: 50, TARGET: 50}, CLAIM)
    assert play.look(play.hold).progress is Progress.ABSENT
    play.act(play.hold)
    assert play.weights == {SOURCE: 100, TARGET: 0}


def test_a_hold_without_a_recorded_start_or_without_a_store_is_refused(play):
    with pytest.raises(RejectedError, match="has recorded the start"):
        play.look(play.hold)
    play.begin()
    kinds = make_catalogue(some_ports(records=play.records))
    with pytest.raises(RejectedError, match="no store"):
        kinds[play.hold.kind].observe(play.hold)


def test_while_the_store_is_away_nothing_is_decided(play):
    play.begin()
    play.trials.down = True
    with pytest.raises(UnreachableError):
        play.look(play.hold)


def test_it_begins_only_where_everybody_is_with_the_source(play):
    play.records.set_active(play.spec, TARGET, LATER)
    with pytest.raises(RejectedError, match="Not everybody is sent to eu-central-1"):
        play.look(play.start)


# -- what only the simulated AWS can do ------------------------------------------------------------------------------


@pytest.fixture
def on_aws(stage, play) -> Play:
    if stage.world is None:
        pytest.skip("the fake answers everything")
    return play


FAULTS = {
    "error_before": UnreachableError,
    "error_after": UnreachableError,
    "throttle": UnreachableError,
    "denied": DeniedError,
}
SHARE, BACK = {SOURCE: 95, TARGET: 5}, {SOURCE: 100, TARGET: 0}


@pytest.mark.parametrize("name", ["start", "hold"])
def test_a_change_that_is_refused_or_lost_is_found_and_not_made_twice(on_aws, name):
    play, step = on_aws, getattr(on_aws, name)
    before, after = (BACK, SHARE) if name == "start" else (SHARE, BACK)
    play.begin()
    play.measure(60, bad={TARGET})
    for kind, error in FAULTS.items():
        play.records.set_weights(play.spec, before, CLAIM)
        fault = play.stage.world.add_fault(kind, service="route53", operation="ChangeResourceRecordSets")
        assert play.look(step).progress is Progress.ABSENT
        with pytest.raises(error):
            play.act(step)
        play.stage.world.remove_fault(fault)
        assert play.weights == (after if kind == "error_after" else before), kind
        if kind != "error_after":
            play.act(step)
        assert play.weights == after, kind


def test_with_several_records_all_or_none_are_sent(on_aws):
    """The same name for IPv6, whose change is refused, takes that for IPv4 back with it."""
    play = on_aws
    zone = boto3.client("route53", region_name="us-east-1", endpoint_url=play.stage.endpoints.aws_url)
    found = zone.list_resource_record_sets(HostedZoneId=play.spec.hosted_zone)["ResourceRecordSets"]
    other = play.spec.model_copy(update={"type": "AAAA"})
    values = {"Type": "AAAA", "ResourceRecords": [{"Value": "2001:db8::7"}]}
    made = [{"Action": "CREATE", "ResourceRecordSet": {**raw, **values}} for raw in found]
    zone.change_resource_record_sets(HostedZoneId=play.spec.hosted_zone, ChangeBatch={"Changes": made})
    both = {**play.start.params, "records": [one.model_dump(mode="json") for one in (play.spec, other)]}
    step = play.start.model_copy(update={"params": both})
    kind = play.kinds[step.kind]
    broken = Refusing(play.records, "AAAA")
    with pytest.raises(DrError):
        make_catalogue(some_ports(records=broken, trials=play.trials))[step.kind].act(step, CLAIM)
    assert play.weights == {SOURCE: 100, TARGET: 0}
    assert kind.observe(step).progress is Progress.ABSENT
    kind.act(step, CLAIM)
    assert set(kind.observe(step).evidence["weights"]) == {"api.example.com A", "api.example.com AAAA"}
    assert kind.observe(step).progress is Progress.SATISFIED


class Refusing:
    """Records of which one type may not be changed."""

    def __init__(self, inner, kind) -> None:
        self._inner, self._kind = inner, kind

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def set_weights(self, spec, weights, claim):
        if spec.type == self._kind:
            raise DeniedError("not this one")
        self._inner.set_weights(spec, weights, claim)


def test_records_that_are_not_weighted_are_refused_by_name(stage, play):
    if stage.world is None:
        play.records._records = tuple(replace(one, routing="failover") for one in play.records._records)
        with pytest.raises(RejectedError, match=r"api\.example\.com are not weighted"):
            play.look(play.start)
