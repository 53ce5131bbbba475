"""Every step kind on the fakes: what it sees, what it starts, and that a call that returned is not a result."""

from dataclasses import replace

import pytest

from dr_core.capacity.memory import MemoryCapacity
from dr_core.capacity.port import Bounds, Scaling
from dr_core.claim import Claim
from dr_core.database.memory import MemoryDatabase
from dr_core.errors import RejectedError, UnreachableError
from dr_core.observation.model import MemberState
from dr_core.parameters.memory import MemoryParameters
from dr_core.plan.catalogue import Progress
from dr_core.plan.failover import build
from dr_core.plan.kinds.detach_aurora import DETACH
from dr_core.plan.kinds.scale_target import ScaleTo
from dr_core.plan.ports import Ports
from dr_core.plan.step import Mode
from dr_core.plan.steps import make_catalogue
from dr_core.topology.model import Account
from dr_core.traffic.memory import MemoryRecords, MemoryTakeover
from dr_core.verify.memory import MemoryProbe, MemoryResolver
from tests.ports import some_ports

HOME, AWAY = "ap-south-1", "ap-south-2"
ADDRESSES = {HOME: ("192.0.2.1",), AWAY: ("192.0.2.2",)}
PROBE, HEALTH = "https://pay.acme.test/probe", "https://two.acme.test/up"
TAKEOVER = {"standby_takes_over": {"bucket": {AWAY: "switch-2"}, "key": "on", "health_check": "hc-9"}}
DONE, MOVING, ABSENT = Progress.SATISFIED, Progress.UNDER_WAY, Progress.ABSENT


@pytest.fixture
def ports(topology, clock) -> Ports:
    app = topology.applications["pay"]
    resolver = MemoryResolver()
    resolver.values[("pay.acme.test", "A")] = ADDRESSES[HOME]
    return some_ports(
        database=MemoryDatabase(app.database.aurora_global, HOME, clock),
        records=MemoryRecords(app.traffic[0].route53_records, HOME, ADDRESSES, clock),
        takeover=MemoryTakeover(),
        capacity=MemoryCapacity({("pay/web", HOME): 3, ("pay/web", AWAY): 1}, clock),
        parameters=MemoryParameters({HOME: {"/pay/a": "1", "/pay/b": "2"}, AWAY: {"/pay/a": "1", "/pay/x": "9"}}),
        resolver=resolver,
        probe=MemoryProbe({PROBE: HOME, HEALTH: AWAY}),
    )


class Hands:
    """Observes and acts on the step of a kind, as the runner would."""

    def __init__(self, ports, plan):
        self._catalogue, self._plan = make_catalogue(ports), plan

    def step(self, kind):
        return next(step for step in self._plan.steps if step.kind == kind)

    def look(self, kind):
        return self._catalogue[kind].observe(self.step(kind))

    def act(self, kind):
        self._catalogue[kind].act(self.step(kind), Claim("token", "run-a", 1))


@pytest.fixture
def hands(ports, make_topology):
    def make(mode=Mode.PLANNED, source=HOME, target=AWAY, overrides=(), **changes):
        topology = make_topology(**changes)
        return Hands(ports, build(topology, "pay", source=source, target=target, mode=mode, overrides=overrides))

    return make


def test_scaling_the_target_is_done_when_the_tasks_run_not_when_they_are_asked_for(hands, clock):
    it = hands()
    assert it.look("scale-target").progress is ABSENT
    it.act("scale-target")
    assert it.look("scale-target").progress is MOVING
    clock.advance(30)
    assert it.look("scale-target").progress is DONE


def test_scaling_never_takes_anything_away_from_the_target(hands, ports, clock):
    it = hands()
    entry = ScaleTo.model_validate(it.step("scale-target").params).entry
    ports.capacity.grow(entry, AWAY, 7, Claim("token", "run-a", 1))
    clock.advance(30)
    assert it.look("scale-target").progress is DONE


def test_a_target_that_gets_no_capacity_stays_under_way(hands, ports, clock):
    it = hands()
    ports.capacity.ceiling[AWAY] = 2
    it.act("scale-target")
    clock.advance(600)
    seen = it.look("scale-target")
    assert (seen.progress, seen.evidence["running"]) == (MOVING, 2)


def test_fencing_is_done_when_nothing_runs_any_more(hands, clock):
    it = hands()
    assert it.look("fence-source").progress is ABSENT
    it.act("fence-source")
    assert it.look("fence-source").progress is MOVING
    clock.advance(30)
    assert it.look("fence-source").progress is DONE


def test_what_scales_by_itself_is_suspended_with_the_source_and_held_at_work_in_the_target(hands, ports, clock):
    """A policy would bring a fenced service back, and take an idle target in again."""
    on = Bounds(least=1, most=2, scaling=Scaling.ON)
    ports.capacity.scaled = {("pay/web", HOME): on, ("pay/web", AWAY): on}
    it = hands()
    for kind in ("fence-source", "scale-target"):
        assert it.look(kind).progress is ABSENT
        it.act(kind)
        clock.advance(30)
        assert it.look(kind).progress is DONE
    assert ports.capacity.scaled["pay/web", HOME].scaling is Scaling.SUSPENDED
    assert ports.capacity.scaled["pay/web", AWAY] == Bounds(least=3, most=3, scaling=Scaling.ON)
    ports.capacity.scaled["pay/web", HOME] = on
    assert it.look("fence-source").progress is ABSENT, "nothing runs, and something would start by itself"


def test_a_target_of_the_right_size_that_may_shrink_is_not_done(hands, ports, clock):
    it = hands()
    it.act("scale-target")
    clock.advance(30)
    ports.capacity.scaled["pay/web", AWAY] = Bounds(least=1, most=9, scaling=Scaling.ON)
    seen = it.look("scale-target")
    assert seen.progress is ABSENT
    assert "automatic scaling is on from 1 to 9" in seen.detail


def test_a_standby_scales_by_itself_again_from_its_own_least(hands, ports, clock):
    ports.capacity.scaled = {("pay/web", HOME): Bounds(least=3, most=9, scaling=Scaling.SUSPENDED)}
    it = hands()
    it.act("scale-to-standby")
    clock.advance(30)
    assert it.look("scale-to-standby").progress is DONE
    assert ports.capacity.scaled["pay/web", HOME] == Bounds(least=1, most=9, scaling=Scaling.ON)


@pytest.mark.parametrize(
    ("lingering", "progress"),
    [({}, DONE), ({"Terminating:Wait": 2}, MOVING), ({"Standby": 1}, MOVING), ({"Pending": 1}, MOVING)],
)
def test_what_is_there_without_serving_may_still_write_and_holds_the_fence(hands, ports, clock, lingering, progress):
    it = hands()
    it.act("fence-source")
    clock.advance(30)
    ports.capacity.lingering["pay/web", HOME] = lingering
    seen = it.look("fence-source")
    assert seen.progress is progress
    assert all(f"{count} {state}" in seen.detail for state, count in lingering.items())


def test_fencing_a_silent_region_cannot_be_observed(hands, ports):
    ports.capacity.down.add(HOME)
    with pytest.raises(UnreachableError):
        hands(Mode.FORCED).look("fence-source")


def test_the_old_side_gets_exactly_its_standby_count(hands, clock):
    it = hands()
    assert it.look("scale-to-standby").progress is ABSENT
    it.act("scale-to-standby")
    clock.advance(30)
    seen = it.look("scale-to-standby")
    assert (seen.progress, seen.evidence["running"]) == (DONE, 1)


def test_parameters_that_differ_or_are_missing_are_copied_and_others_stay(hands, ports):
    it = hands()
    seen = it.look("sync-parameters")
    assert (seen.progress, seen.evidence["missing"]) == (ABSENT, ["/pay/b"])
    it.act("sync-parameters")
    assert it.look("sync-parameters").progress is DONE
    assert ports.parameters.values[AWAY] == {"/pay/a": "1", "/pay/b": "2", "/pay/x": "9"}


def test_values_and_fingerprints_of_parameters_are_not_evidence(hands, ports):
    ports.parameters.values[HOME]["/pay/a"] = "hush"
    assert "hush" not in str(hands().look("sync-parameters"))


def test_a_comparison_says_what_differs_and_changes_nothing(hands, ports):
    it = hands(Mode.FORCED)
    seen = it.look("compare-parameters")
    it.act("compare-parameters")
    assert seen.progress is DONE
    assert "/pay/b" in seen.detail
    assert "/pay/b" not in ports.parameters.values[AWAY]


@pytest.mark.parametrize(("mode", "kind"), [(Mode.PLANNED, "switchover-aurora"), (Mode.FORCED, "failover-aurora")])
def test_promotion_is_under_way_until_the_target_is_the_only_writer(hands, clock, mode, kind):
    it = hands(mode)
    assert it.look(kind).progress is ABSENT
    it.act(kind)
    assert it.look(kind).progress is MOVING
    clock.advance(60)
    seen = it.look(kind)
    assert seen.progress is DONE
    assert seen.evidence["writers"] == [AWAY]
    assert seen.evidence["data_loss_allowed"] is (mode is Mode.FORCED)


@pytest.mark.parametrize(("mode", "kind"), [(Mode.PLANNED, "switchover-aurora"), (Mode.FORCED, "failover-aurora")])
def test_a_second_call_while_the_first_works_has_no_effect_and_is_no_error(hands, ports, mode, kind):
    it = hands(mode)
    it.act(kind)
    it.act(kind)
    assert len(ports.database.calls) == 1


def test_a_promotion_that_is_refused_with_nothing_under_way_is_an_error(hands, ports):
    ports.database.down.add(HOME)
    it = hands()
    with pytest.raises((RejectedError, UnreachableError)):
        it.act("switchover-aurora")


def test_a_switchover_whose_source_dies_is_observed_from_the_target(hands, ports):
    it = hands()
    it.act("switchover-aurora")
    ports.database.down.add(HOME)
    seen = it.look("switchover-aurora")
    assert (seen.progress, seen.evidence["observed_via"]) == (MOVING, AWAY)


def test_a_forced_promotion_needs_nothing_of_the_source_and_tells_the_last_lag(hands, ports, clock):
    ports.database.down.add(HOME)
    ports.database.lags[AWAY] = (0.8, clock.now())
    it = hands(Mode.FORCED)
    it.act("failover-aurora")
    clock.advance(60)
    seen = it.look("failover-aurora")
    assert (seen.progress, seen.evidence["lag_seconds"]) == (DONE, 0.8)


def test_a_lag_that_nobody_measured_stays_unknown_in_the_evidence(hands, clock):
    it = hands(Mode.FORCED)
    it.act("failover-aurora")
    clock.advance(60)
    evidence = it.look("failover-aurora").evidence
    assert evidence["lag_seconds"] is None
    assert evidence["lag_reason"]


def test_a_target_that_left_the_global_cluster_is_refused(hands, ports):
    ports.database.detached.add(AWAY)
    with pytest.raises(RejectedError, match=AWAY):
        hands(Mode.FORCED).look("failover-aurora")


def test_a_target_that_left_its_global_cluster_takes_writes_whatever_is_listed_there(hands, ports, clock, monkeypatch):
    it = hands(Mode.FORCED, overrides=(DETACH,))
    listed = ports.database.state
    other = MemberState(region=HOME, cluster="one", is_writer=True)

    def state(spec, *, via, details=True):
        seen = listed(spec, via=via, details=details)
        return seen.model_copy(update={"members": (*seen.members, other), "failover_status": "failing-over"})

    monkeypatch.setattr(ports.database, "state", state)
    it.act("detach-aurora")
    assert it.look("verify-writer").progress is MOVING
    clock.advance(600)
    assert it.look("verify-writer").progress is DONE


def test_records_are_switched_when_the_zone_answers_so_not_when_they_were_changed(hands, clock):
    it = hands()
    assert it.look("switch-records").progress is ABSENT
    it.act("switch-records")
    assert it.look("switch-records").progress is MOVING
    clock.advance(60)
    assert it.look("switch-records").progress is DONE


def test_a_standby_takes_over_by_its_object(hands):
    it = hands(traffic=[TAKEOVER])
    assert it.look("take-over").progress is ABSENT
    it.act("take-over")
    assert it.look("take-over").progress is DONE


def test_giving_back_removes_the_object(hands, ports):
    ports.takeover.present.add(AWAY)
    it = hands(source=AWAY, target=HOME, traffic=[TAKEOVER])
    assert it.look("give-back").progress is ABSENT
    it.act("give-back")
    assert it.look("give-back").progress is DONE
    assert ports.takeover.present == set()


def promote(ports, clock):
    ports.database.failover(ports.database._spec, target=AWAY)
    clock.advance(60)


def test_one_writer_is_seen_from_both_sides(hands, ports, clock):
    it = hands()
    assert it.look("verify-writer").progress is MOVING
    promote(ports, clock)
    seen = it.look("verify-writer")
    assert (seen.progress, seen.evidence["old_side"]) == (DONE, [AWAY])


def test_an_old_side_that_does_not_answer_is_said_to_be_not_observed(hands, ports, clock):
    ports.database.down.add(HOME)
    promote(ports, clock)
    seen = hands(Mode.FORCED).look("verify-writer")
    assert seen.progress is DONE
    assert seen.evidence["old_side"] == "not observed"
    assert "was not observed" in seen.detail


def test_dns_is_verified_when_every_resolver_that_answers_says_the_target(hands, ports):
    it = hands()
    assert it.look("verify-dns").progress is MOVING
    ports.resolver.values[("pay.acme.test", "A")] = ADDRESSES[AWAY]
    assert it.look("verify-dns").progress is DONE


def test_one_resolver_that_still_has_the_old_answer_is_named_with_its_ttl(hands, ports):
    ports.resolver.values[("pay.acme.test", "A")] = ADDRESSES[AWAY]
    ports.resolver.cached["resolver-2:53"] = ADDRESSES[HOME]
    seen = hands().look("verify-dns")
    assert seen.progress is MOVING
    assert f"resolver-2:53 answers {HOME} (TTL 30 s)" in seen.detail


def test_an_address_that_belongs_to_no_region_is_not_the_target(hands, ports):
    ports.resolver.values[("pay.acme.test", "A")] = (*ADDRESSES[AWAY], "203.0.113.99")
    seen = hands().look("verify-dns")
    assert seen.progress is MOVING
    assert "203.0.113.99" in seen.detail


def test_silent_resolvers_prove_nothing_but_do_not_stop_the_others(hands, ports):
    ports.resolver.values[("pay.acme.test", "A")] = ADDRESSES[AWAY]
    ports.resolver.silent.add("resolver-1:53")
    assert "1 of 2" in hands().look("verify-dns").detail
    ports.resolver.silent.add("resolver-2:53")
    assert hands().look("verify-dns").progress is MOVING


def test_a_write_counts_only_when_the_target_takes_it(hands, ports):
    it = hands()
    assert it.look("verify-write").progress is MOVING
    ports.probe.regions[PROBE] = AWAY
    assert it.look("verify-write").progress is DONE


def test_every_look_writes_another_token(hands, ports):
    it = hands()
    it.look("verify-write")
    it.look("verify-write")
    assert len(set(ports.probe.tokens)) == 2


def test_health_is_that_of_the_target(hands, ports):
    it = hands()
    assert it.look("verify-health").progress is DONE
    ports.probe.regions[HEALTH] = HOME
    assert it.look("verify-health").progress is MOVING


def test_steps_of_another_account_use_the_ports_of_that_account(hands, ports, make_topology):
    role = "arn:aws:iam::210987654321:role/dr"
    asked: list[Account] = []
    bound = replace(ports, accounts=lambda account: asked.append(account) or ports)
    plan = build(make_topology(account={"role_arn": role}), "pay", source=HOME, target=AWAY, mode=Mode.PLANNED)
    Hands(bound, plan).look("scale-target")
    assert [account.role_arn for account in asked] == [role]
