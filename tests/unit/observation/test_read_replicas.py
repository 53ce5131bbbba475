"""What is made of the instances' own words: who writes, how far a replica is behind, and when nothing is known."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.database.memory_replicas import MemoryReplicas
from dr_core.health.database import judge_instance
from dr_core.observation.asking import ask_all
from dr_core.observation.model import DatabaseState, MemberState, Reading, SignalState
from dr_core.observation.read_replicas import ReplicaLook, joined
from dr_core.observation.scope import Scope
from dr_core.observation.writers import Writers
from dr_core.topology.stores import RdsReplica
from tests.ports import some_ports

NEAR, FAR = "sa-east-1", "us-east-2"
SPEC = RdsReplica(instances={NEAR: "near", FAR: "far"})


@pytest.fixture
def replicas(clock: ManualClock) -> MemoryReplicas:
    return MemoryReplicas(SPEC, NEAR, clock, takes_s=60)


def look(replicas: MemoryReplicas, clock: ManualClock, assumed: str = NEAR) -> tuple[Writers, list[Reading], Any]:
    scope = Scope(
        name="app", application=None, ports=some_ports(replicas=replicas), readers=None, endpoints=None, compared=None,
        threshold_s=60, assumed=assumed,
    )  # type: ignore[arg-type]  # fmt: skip  # it asks for nothing else
    looking = ReplicaLook(scope, SPEC)
    answers = ask_all(looking.questions, clock, 5)
    writers = looking.writers(answers)
    source = writers.regions[0] if writers.regions else assumed
    return writers, looking.readings(answers, source, clock.now()), looking.signals(answers)


def test_at_rest_the_source_writes_and_the_replica_has_a_lag(replicas: MemoryReplicas, clock: ManualClock) -> None:
    replicas.lags[FAR] = (7.0, clock.now())
    writers, [reading], signals = look(replicas, clock)
    assert (writers.regions, writers.reason) == ((NEAR,), "")
    assert (reading.kind, reading.name, reading.region, reading.seconds) == ("rds_replica", "far near", FAR, 7.0)
    assert {signal.state for signal in signals} == {SignalState.OK}


def test_a_source_that_does_not_answer_is_taken_at_its_replicas_word(
    replicas: MemoryReplicas, clock: ManualClock
) -> None:
    replicas.down.add(NEAR)
    writers, _, signals = look(replicas, clock)
    assert writers.regions == (NEAR,)
    assert "does not answer" in writers.reason
    assert {s.region: s.state for s in signals} == {NEAR: SignalState.BAD, FAR: SignalState.OK}


def test_a_promotion_is_seen_under_way(replicas: MemoryReplicas, clock: ManualClock) -> None:
    replicas.promote(SPEC, target=FAR)
    writers, _, _ = look(replicas, clock)
    assert writers.state is not None
    assert (writers.state.failover_status, writers.state.failover_to) == ("modifying", FAR)


def test_after_a_forced_promotion_the_returning_source_makes_two_writers(
    replicas: MemoryReplicas, clock: ManualClock
) -> None:
    replicas.down.add(NEAR)
    replicas.promote(SPEC, target=FAR)
    clock.advance(61)
    assert look(replicas, clock)[0].regions == (FAR,)
    replicas.down.clear()
    assert look(replicas, clock)[0].regions == (NEAR, FAR)
    replicas.stop(SPEC, region=NEAR)
    clock.advance(61)
    writers, [reading], _ = look(replicas, clock, assumed=FAR)
    assert writers.regions == (FAR,)
    assert (reading.region, reading.seconds) == (NEAR, None)
    assert "is no replica, and not of us-east-2" in reading.reason


def test_nobody_answers_nobody_knows(replicas: MemoryReplicas, clock: ManualClock) -> None:
    replicas.down |= {NEAR, FAR}
    writers, [reading], _ = look(replicas, clock)
    assert (writers.regions, writers.state, reading.seconds) == (None, None, None)


def test_an_instances_own_word_outweighs_what_others_say_of_it(clock: ManualClock) -> None:
    own = MemberState(region=NEAR, cluster="near", is_writer=False, status="stopped")
    named = MemberState(region=NEAR, cluster="near", is_writer=True)
    far = MemberState(region=FAR, cluster="far", is_writer=False, copies_from=NEAR)
    views = [
        DatabaseState(members=(far, named), observed_via=FAR, observed_at=clock.now()),
        DatabaseState(members=(own,), observed_via=NEAR, observed_at=clock.now() - timedelta(seconds=5)),
    ]
    for order in (views, views[::-1]):
        state = joined(order)
        assert {m.region: m.is_writer for m in state.members} == {NEAR: False, FAR: False}
        assert state.observed_at == views[1].observed_at, "as old as the oldest of them"


JUDGED = [
    ({"is_writer": True}, SignalState.OK, "copied to nowhere"),
    ({"is_writer": True, "copied_to": (FAR,)}, SignalState.OK, "copied to us-east-2"),
    ({"copies_from": FAR, "copying": "replicating"}, SignalState.OK, "replica of us-east-2"),
    ({"copies_from": FAR, "copying": "error: gone"}, SignalState.BAD, "error: gone"),
    ({"status": "stopped"}, SignalState.BAD, "takes no writes"),
    ({"status": None}, SignalState.UNKNOWN, "not told"),
]


@pytest.mark.parametrize(("facts", "state", "words"), JUDGED)
def test_an_instance_is_judged_by_its_status_and_its_replication(
    clock: ManualClock, facts: dict[str, Any], state: SignalState, words: str
) -> None:
    member = MemberState.model_validate(
        {"region": NEAR, "cluster": "near", "is_writer": False, "status": "available", **facts}
    )
    view = DatabaseState(members=(member,), observed_via=NEAR, observed_at=clock.now())
    found, detail = judge_instance(NEAR, view)
    assert (found, words in detail) == (state, True)
