"""A region with several applications in it, on each database: asked for, approved and moved without a worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals.model import Actor, Face, Request, Roster, RosterUser
from dr_core.approvals.people import person_key
from dr_core.approvals.proof import AckSigner
from dr_core.audit.events import EventKind
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.evacuation import deciding
from dr_core.evacuation.advancing import Advancing
from dr_core.evacuation.model import Evacuation
from dr_core.evacuation.opening import open_evacuation
from dr_core.evacuation.reading import members_of
from dr_core.evacuation.survey import Asked
from dr_core.execution.model import Run, RunState
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import evacuations, observations, roster, run_leases, runs, scope
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology
from tests.conftest import TOPOLOGIES
from tests.unit.commands.conftest import observation
from tests.unit.control import conftest as control

store = control.store
A, B, C = "eu-west-1", "eu-central-1", "eu-north-1"
REQUESTER, INES, JONAS, MARA = "U0ASKS", "U7INES", "U7JONAS", "U7MARA"
NEEDS = {"identity": (), "payments": ("identity",), "mail": (), "letters": ("mail",)}


class Ours:
    """The lease is ours."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nobody waits for it."""


def many(topology: Topology, needs: Mapping[str, tuple[str, ...]]) -> Topology:
    """The same configuration with these applications, alike but for what they depend on."""
    like = topology.applications["identity"]
    made = {name: like.model_copy(update={"depends_on": after}) for name, after in needs.items()}
    return topology.model_copy(update={"applications": made})


@dataclass
class Region:
    """What people and the duty do to it, and what became of it."""

    services: Services
    clock: ManualClock
    asked: int = 0

    def actor(self, user: str) -> Actor:
        person, display = person_key(self.services.topology, user)
        return Actor(person=person, display=display, face=Face.SLACK, slack_user=user, team="T0")

    def see(self, *, down: tuple[str, ...] = (A,), names: tuple[str, ...] = ()) -> None:
        for name in names or tuple(self.services.topology.applications):
            seen = observation(self.services.topology, name, self.clock, down=down)
            self.services.store.write(lambda tx, seen=seen: observations.save(tx, seen))

    def ask(self, *, mode: Mode = Mode.FORCED, by: str = REQUESTER, **more: Any) -> Evacuation:
        wanted = Asked(more.pop("target", B), more.pop("source", None), mode, more.pop("overrides", ()))
        cmd_id = more.pop("cmd_id", None) or self._next("ask")
        return open_evacuation(self.services, wanted, actor=self.actor(by), reason="gone", cmd_id=cmd_id)

    def approve(self, evacuation: Evacuation, user: str, typed: str | None = "3600", **more: Any) -> Evacuation:
        seen = deciding.review(self.services, evacuation.id, self.actor(user)) if not more else None
        return deciding.approve(
            self.services,
            evacuation.id,
            round=more.pop("round", seen.round if seen else None),
            digest=more.pop("digest", seen.digest if seen else None),
            actor=self.actor(user),
            typed_limit=typed,
            evidence={"n": user},
            cmd_id=more.pop("cmd_id", None) or self._next("press"),
        )

    def _next(self, what: str) -> str:
        self.asked += 1
        return f"{what}-{self.asked}"

    def advance(self) -> None:
        Advancing(self.services, Ours()).round()  # type: ignore[arg-type]

    def get(self, evacuation: Evacuation) -> Evacuation:
        return self.read(lambda tx: evacuations.get(tx, evacuation.id))

    def requests(self, evacuation: Evacuation) -> dict[str, Request]:
        found = self.read(lambda tx: members_of(tx, evacuations.get(tx, evacuation.id)))
        return {request.application: request for request in found}

    def states(self, evacuation: Evacuation) -> dict[str, str]:
        """Application -> its run's state, else its request's."""
        return {name: self._state(request) for name, request in self.requests(evacuation).items()}

    def _state(self, request: Request) -> str:
        run = self.read(lambda tx: runs.of_request(tx, request.id))
        return request.state.value if run is None else f"run {run.state.value}"

    def finish(self, evacuation: Evacuation, name: str, state: RunState = RunState.SUCCEEDED) -> Run:
        """A worker takes the run of a member to its end, one way or the other."""
        request = self.requests(evacuation)[name]
        run = self.read(lambda tx: runs.of_request(tx, request.id))
        assert run is not None, f"{name} has no run"
        end(self.services.store, run, state)
        return self.read(lambda tx: runs.get(tx, run.id))

    def read(self, work: Callable[[Tx], Any]) -> Any:
        return self.services.store.read(work)


def end(store: Store, run: Run, state: RunState) -> None:
    kind = {
        RunState.SUCCEEDED: EventKind.RUN_SUCCEEDED,
        RunState.FAILED: EventKind.RUN_FAILED,
        RunState.ABORTED: EventKind.RUN_ABORTED,
    }[state]

    def work(tx: Tx) -> None:
        if run.state is RunState.PENDING:
            started = (EventKind.RUN_STARTED, {}, {"run": run.id}, None)
            runs.command(tx, run.id, Change([started], {"state": RunState.RUNNING.value, "started_at": tx.now()}))
        ended = {"state": state.value, "ended_at": tx.now(), "reason": "as the test says"}
        runs.command(tx, run.id, Change([(kind, {}, {"run": run.id}, None)], ended))
        scope.free(tx, run.id)
        run_leases.release(tx, run.id, run.epoch)

    store.write(work)


@pytest.fixture(scope="session")
def ledger() -> Topology:
    return load_checked(TOPOLOGIES / "second.yaml")


@pytest.fixture
def region(store: Store, clock: ManualClock, ledger: Topology, tmp_path: Path) -> Region:
    """Four applications in two chains, their region down, three approvers and somebody who asks."""
    topology = many(ledger, NEEDS)
    signer = AckSigner.load_or_create(tmp_path / "ack.pem")
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem")})
    made = Region(Services(topology, store, clock, settings, AwsSessions.for_topology(topology), signer), clock)
    people = (INES, JONAS, MARA, REQUESTER)
    new = Roster(
        at=clock.now(),
        team="T0",
        incident_members=frozenset(people),
        approvers=frozenset(people[:3]),
        users={user: RosterUser(name=user, team="T0") for user in people},
    )
    store.write(lambda tx: roster.save(tx, new, made.actor(INES)))
    made.see()
    return made
