"""What the store says of the installation itself."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.approvals.model import Roster, RosterUser
from dr_core.plan.step import Mode
from dr_core.reports.checks import clock, revision, told_by_bot
from dr_core.reports.doctor import CheckState
from dr_core.reports.installation import process_check, quorum_check, roster_check
from dr_core.store.replicas import Replica
from dr_core.topology.model import Group, Person, Topology

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


def test_processes_of_two_versions_are_warned_of() -> None:
    assert process_check("worker", [replica("worker")], "").state is CheckState.OK
    assert process_check("worker", [replica("worker"), replica("worker", "2")], "").state is CheckState.WARNING
    assert process_check("worker", [replica("bot")], "start it").state is CheckState.WARNING


def test_clocks_and_revisions_are_compared() -> None:
    assert clock(NOW, NOW + timedelta(seconds=1)).state is CheckState.OK
    assert clock(NOW, NOW + timedelta(seconds=3)).state is CheckState.WARNING
    assert revision("0001", "0001").state is CheckState.OK
    assert revision(None, "0001").way_out == "Run `dr db upgrade`."


def test_what_a_dead_bot_told_is_not_believed() -> None:
    told = replica("bot", checks=[{"name": "Slack", "state": "ok", "detail": "fine"}])
    assert [check.state for check in told_by_bot([told], NOW)] == [CheckState.OK]
    assert [check.state for check in told_by_bot([told], NOW + timedelta(minutes=2))] == [CheckState.UNKNOWN]
