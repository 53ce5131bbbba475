"""A trail with events, a request and its run, two buckets in memory, and the workers' key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dr_core.approvals.model import Actor, Face, Request, RequestState
from dr_core.audit import trail
from dr_core.audit.anchoring import Anchoring
from dr_core.audit.events import EventKind
from dr_core.audit.memory import MemoryPlace
from dr_core.audit.verify import Verdict, verify
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.keys import SigningKey
from dr_core.plan.step import Mode, Plan, Plane, Policy, Segment, Step
from dr_core.store import requests, runs
from dr_core.store.engine import Store, Tx

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")
STEPS = (
    Step(
        name="scale", kind="scale-target", title="Scale", segment=Segment.PREPARE, region="eu-west-1",
        home_region="eu-west-1", plane=Plane.CONTROL, deadline_s=60,
    ),
    Step(
        name="promote", kind="failover-aurora", title="Promote", segment=Segment.PROMOTE, region="eu-west-1",
        home_region="eu-west-1", plane=Plane.CONTROL, deadline_s=60,
    ),
)  # fmt: skip


@dataclass
class Stage:
    """Everything that an anchoring test moves."""

    store: Store
    clock: ManualClock
    key: SigningKey
    places: tuple[MemoryPlace, ...] = field(
        default_factory=lambda: (MemoryPlace("eu-central-1/a"), MemoryPlace("eu-west-1/b"))
    )

    def anchoring(self, store: Store | None = None, owner: str = "w1") -> Anchoring:
        chosen = store or self.store
        return Anchoring(chosen, self.places, self.key, NamedLease(chosen, "anchor", owner), owner=owner)

    def minute(self, anchoring: Anchoring | None = None) -> None:
        """A minute later, one pass."""
        self.clock.advance(60)
        (anchoring or self.anchoring()).pass_over()

    def note(self, number: int, store: Store | None = None) -> None:
        """One more event of `ops`."""
        (store or self.store).write(
            lambda tx: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {"n": number, "text": "Zürich"})
        )

    def verdict(self, *, key: SigningKey | None = None, places: tuple[MemoryPlace, ...] | None = None) -> Verdict:
        return verify(self.store, self.places if places is None else places, (key or self.key).public)

    def ask(self, request_id: str, state: RequestState, run_id: str | None = None, application: str = "shop") -> None:
        """A request as its approvals left it, with its run."""
        policy = Policy(required=2, expires_after_s=900)
        plan = Plan(
            application=application, mode=Mode.FORCED, source="eu-central-1", target="eu-west-1", steps=STEPS,
            policy=policy,
        )  # fmt: skip
        now = self.clock.now()
        request = Request(
            id=request_id, application=application, plan=plan, digest=plan.digest(), loss_limit_s=60, state=state,
            round=1, version=1, requester=ADA, reason="test", channel=None, opened_at=now,
            expires_at=now + timedelta(minutes=15), approvers_at_open=frozenset(),
        )  # fmt: skip

        def work(tx: Tx) -> None:
            made = requests.create(tx, request, [(EventKind.REQUEST_OPENED, {}, {}, None)])
            if run_id is not None:
                runs.create(tx, run_id, made, [(EventKind.RUN_CREATED, {}, {"run": run_id}, None)])

        self.store.write(work)


@pytest.fixture
def stage(store: Store, clock: ManualClock, tmp_path: Path) -> Stage:
    return Stage(store, clock, SigningKey.load_or_create(tmp_path / "worker.pem"))


@pytest.fixture
def superuser() -> Callable[..., None]:
    """What somebody with the database's own power could do."""

    def work(store: Store, *statements: str) -> None:
        def change(tx: Tx) -> None:
            if tx.conn.dialect.name == "sqlite":
                for name in ("event_no_update", "event_no_delete", "event_in_order"):
                    tx.conn.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            else:
                tx.conn.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
            for statement in statements:
                tx.conn.exec_driver_sql(statement)

        store.write(change)

    return work


Rewrite = Callable[..., Any]
