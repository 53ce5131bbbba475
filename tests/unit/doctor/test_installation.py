"""What the store says of the installation itself."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from dr_core.approvals.model import Roster, RosterUser
from dr_core.clock import ManualClock
from dr_core.doctor.checks import clock, revision, told_by_bot
from dr_core.doctor.installation import guard_check, quorum_check, role_check, roster_check
from dr_core.doctor.processes import Process, kind_check, one_check, processes
from dr_core.doctor.result import CheckState
from dr_core.plan.step import Mode
from dr_core.reports.process_gauges import ProcessGauges
from dr_core.store import leases, replicas
from dr_core.store.engine import Store
from dr_core.store.grants import Power
from dr_core.store.replicas import Replica
from dr_core.topology.approval import Group, Person
from dr_core.topology.model import Topology

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def read(*, age: timedelta = timedelta(0), approvers: tuple[str, ...] = (), **users: RosterUser) -> Roster:
    return Roster(at=NOW - age, incident_members=frozenset({"U1"}), approvers=frozenset(approvers), users=users)


def with_approvers(topology: Topology, group: Group, *people: Person) -> Topology:
    approval = topology.approval.model_copy(update={"approvers": group})
    return topology.model_copy(update={"approval": approval, "people": people})


@pytest.mark.parametrize(
    ("users", "state"),
    [(("U1",), CheckState.FAILED), (("U1", "U2"), CheckState.WARNING), (("U1", "U2", "U3"), CheckState.OK)],
)
def test_a_quorum_needs_one_person_more_than_it_asks_for(shop, users: tuple[str, ...], state: CheckState) -> None:
    check = quorum_check(with_approvers(shop, Group(users=users)), read(approvers=users), Mode.FORCED)
    assert check.state is state
    assert check.detail.startswith(f"{len(users)} can approve, 2 must")


def test_one_person_with_two_accounts_counts_once(shop) -> None:
    topology = with_approvers(shop, Group(users=("U1", "U2")), Person(name="Ada", slack="U1"))
    roster = read(approvers=("U1", "U2"), U2=RosterUser(name="ada-guest", guest=True))
    assert quorum_check(topology, roster, Mode.FORCED).state is CheckState.FAILED


def test_a_group_that_was_never_read_is_unknown(shop) -> None:
    topology = with_approvers(shop, Group(usergroup="S1"))
    assert quorum_check(topology, None, Mode.PLANNED).state is CheckState.UNKNOWN


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(minutes=59), CheckState.OK),
        (timedelta(hours=2), CheckState.WARNING),
        (timedelta(hours=25), CheckState.FAILED),
    ],
)
def test_a_roster_grows_old(age: timedelta, state: CheckState) -> None:
    assert roster_check(read(age=age), NOW).state is state
    assert roster_check(None, NOW).state is CheckState.FAILED


def replica(kind: str, version: str = "1", **state: object) -> Replica:
    return Replica(f"{kind}-{version}", kind, version, NOW, state)  # type: ignore[arg-type]  # JSON values


def process(kind: str, version: str = "1", age_s: float = 1.0) -> Process:
    return Process(f"{kind}-{version}", kind, version, age_s, ("detection",), ("run-1",))


def test_processes_of_two_versions_are_warned_of() -> None:
    assert kind_check("worker", [process("worker")], "").state is CheckState.OK
    assert kind_check("worker", [process("worker"), process("worker", "2")], "").state is CheckState.WARNING
    assert kind_check("worker", [process("bot")], "start it").state is CheckState.WARNING


def test_a_silent_process_is_a_finding_and_counts_for_nothing() -> None:
    silent = process("worker", age_s=31.0)
    assert one_check(silent).state is CheckState.WARNING
    assert one_check(silent).detail.startswith("silent; version 1; last beat 31 s ago")
    assert kind_check("worker", [silent], "start it").way_out == "start it"
    assert kind_check("worker", [process("worker", "2"), silent], "").state is CheckState.OK, "one that ended"


def test_each_process_is_shown_with_what_it_leads_and_carries_out() -> None:
    assert one_check(process("worker")).detail == "version 1; last beat 1 s ago; leads detection; carries out run-1"


def test_processes_are_read_with_their_leases_and_the_long_gone_forgotten(store: Store, clock: ManualClock) -> None:
    ttl = timedelta(seconds=20)
    store.write(lambda tx: replicas.beat(tx, "bot-gone", "bot", "0", {}))
    clock.advance(replicas.FORGOTTEN_AFTER.total_seconds() - 50)
    store.write(lambda tx: replicas.beat(tx, "bot-ended", "bot", "1", {}))
    store.write(lambda tx: replicas.beat(tx, "bot-quiet", "bot", "1", {}))
    store.write(lambda tx: replicas.leave(tx, "bot-ended"))
    clock.advance(51)
    store.write(lambda tx: leases.take_or_renew(tx, "announcer", "bot-a", ttl))
    store.write(lambda tx: replicas.beat(tx, "bot-a", "bot", "1", {}))
    found = {one.name: (one.state.value, one.leads) for one in store.read(processes)}
    assert found == {"bot-a": ("alive", ("announcer",)), "bot-quiet": ("silent", ())}
    clock.advance(21)
    assert store.read(processes)[0].leads == (), "a lease that ran out is nobody's"


def test_the_metrics_of_each_process_show_all_of_them_and_its_own_leases(store: Store) -> None:
    store.write(lambda tx: leases.take_or_renew(tx, "announcer", "bot-a", timedelta(seconds=20)))
    store.write(lambda tx: leases.take_or_renew(tx, "detection", "worker-a", timedelta(seconds=20)))
    store.write(lambda tx: replicas.beat(tx, "bot-a", "bot", "1", {}))
    registry = CollectorRegistry()
    registry.register(ProcessGauges(store, "bot-a"))
    shown = generate_latest(registry).decode()
    assert 'dr_replicas{kind="bot",state="alive"} 1.0' in shown
    assert 'dr_replicas{kind="worker",state="silent"} 0.0' in shown
    assert 'dr_lease_held{lease="announcer"} 1.0' in shown
    assert 'dr_lease_held{lease="detection"} 0.0' in shown


def test_metrics_of_a_store_that_is_away_are_absent_and_not_zero(tmp_path: object) -> None:
    away = Store(f"sqlite:///{tmp_path}/no/such/folder/dr.db")
    registry = CollectorRegistry()
    registry.register(ProcessGauges(away, "bot-a"))
    assert b"dr_" not in generate_latest(registry)
    away.dispose()


def test_a_trail_without_its_guard_fails_the_doctor_and_a_mighty_role_is_warned_of() -> None:
    assert guard_check(frozenset()).state is CheckState.OK
    assert guard_check(frozenset({"event_no_update"})).state is CheckState.FAILED
    assert role_check(None).state is CheckState.OK
    assert role_check(Power("dr_app", ())).state is CheckState.OK
    mighty = role_check(Power("postgres", ("it is a superuser",)))
    assert (mighty.state, "--grant" in mighty.way_out) == (CheckState.WARNING, True)


def test_clocks_and_revisions_are_compared() -> None:
    assert clock(NOW, NOW + timedelta(seconds=1)).state is CheckState.OK
    assert clock(NOW, NOW + timedelta(seconds=3)).state is CheckState.WARNING
    assert revision("0001", "0001").state is CheckState.OK
    assert revision(None, "0001").way_out == "Run `dr db upgrade`."


def test_what_a_dead_bot_told_is_not_believed() -> None:
    told = replica("bot", checks=[{"name": "Slack", "state": "ok", "detail": "fine"}])
    assert [check.state for check in told_by_bot([told], NOW)] == [CheckState.OK]
    assert [check.state for check in told_by_bot([told], NOW + timedelta(minutes=2))] == [CheckState.UNKNOWN]
