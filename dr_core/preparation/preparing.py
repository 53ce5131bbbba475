"""The duty under the lease `prepare`: scale what a waiting request would need, say so first, and take it back.

Every change is an intent in the trail before it is made, and is looked at before it is made again: a worker that dies
is followed by one that sees what is there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from dr_core.approvals.model import Request
from dr_core.aws.clients import acting_clients
from dr_core.aws.sending import acting_for, guarded
from dr_core.aws.session import Purpose
from dr_core.capacity.by_kind import aws_capacity
from dr_core.capacity.port import Bounds, Capacity, capacity_name
from dr_core.claim import Claim
from dr_core.duty import Held, survived
from dr_core.errors import DeniedError, LeaseLostError, RejectedError
from dr_core.failpoints import Point, When, reached
from dr_core.observation.model import CapacityState
from dr_core.plan.kinds.scale_target import ScaleTo
from dr_core.plan.step import Step
from dr_core.preparation import record
from dr_core.preparation.decide import Fate, fate, preparable, refused, taken_back
from dr_core.preparation.model import Item, ItemState
from dr_core.preparation.situation import quota_short, situation, size_before
from dr_core.services import Services
from dr_core.store import preparations, requests
from dr_core.store.engine import Tx
from dr_core.topology.capacity import Capacity as Entry
from dr_core.topology.model import Account

LEASE = "prepare"
EVERY_S = 2.0
AGAIN_S = 5.0
"""What takes its time is looked at this often."""
LATER_S = 60.0
"""What is there already, or was refused by AWS, is looked at again."""
MARGIN_S = 8.0
"""As of a run's lease: the last call ends before another worker begins."""
KEPT = timedelta(days=7)

_TO_PREPARE = (ItemState.INTENDED, ItemState.UNDOING, ItemState.UNDONE)
"""With those that were taken back when an earlier round was over."""
_GIVEN_UP = (ItemState.REFUSED, ItemState.FAILED)
"""Tried again in a new round."""
_MAY_BE_SCALED = (ItemState.UNDOING, ItemState.FAILED)
"""What it goes back to is what was found before, and not what is there now."""

CapacityOf = Callable[[Account | None], Capacity]
Back = Callable[[Entry, str, int, Claim], None]


@dataclass(frozen=True)
class _Job:
    request: Request
    step: Step
    item: Item | None
    fate: Fate
    why: str


def make(services: Services, lease: Held, lease_ttl_s: float) -> "Preparing":
    """On AWS, under a purpose of its own."""

    @cache
    def capacity_of(account: Account | None) -> Capacity:
        return aws_capacity(acting_clients(services.aws, account, purpose=Purpose.PREPARE), services.clock)

    return Preparing(services, lease, capacity_of, lease_ttl_s)


class Preparing:
    """Wired once a worker; `round` again and again."""

    def __init__(self, services: Services, lease: Held, capacity_of: CapacityOf, lease_ttl_s: float) -> None:
        self._services = services
        self._lease = lease
        self._capacity_of = capacity_of
        self._ttl_s = lease_ttl_s
        self._deadline = 0.0
        self._not_before: dict[tuple[str, str], float] = {}

    def round(self) -> None:
        """One look at everything that waits or is to be taken back."""
        now = self._services.clock.monotonic()
        for job in self._services.store.read(lambda tx: list(self._jobs(tx))):
            key = (job.request.id, job.step.name)
            if now >= self._not_before.get(key, 0.0) and self._mine():
                self._not_before[key] = now + AGAIN_S
                survived("preparation_failed", partial(self._do, job), request=job.request.id, step=job.step.name)

    def _jobs(self, tx: Tx) -> Iterator[_Job]:
        topology = self._services.topology
        auto = topology.approval.prepare == "auto"
        begun = {one.request: one for one in preparations.unfinished(tx)}
        found = (*requests.open_requests(tx), *requests.queued(tx)) if auto else ()
        waiting = [one for one in found if one.id not in begun]
        for request in (*waiting, *(requests.get(tx, request_id) for request_id in begun)):
            if request.application not in topology.applications:
                continue
            seen = situation(tx, topology, request)
            done = begun.get(request.id) or preparations.get(tx, request.id)
            for step in preparable(request):
                what, why = fate(request, step.name, seen)
                job = _Job(request, step, done.item(step.name), what, why)
                if _is_due(job):
                    yield job

    def _mine(self) -> bool:
        """The lease is ours, for as long as this process may believe that."""
        asked_at = self._services.clock.monotonic()
        if not self._lease.hold():
            return False
        self._deadline = asked_at + self._ttl_s - MARGIN_S
        return True

    def _guard(self) -> None:
        if self._services.clock.monotonic() >= self._deadline:
            raise LeaseLostError("The lease of the preparation is over; nothing new is started.")

    # -- one thing at a time -----------------------------------------------------------------------------------------

    def _do(self, job: _Job) -> None:
        if job.fate is Fate.KEEP and job.item is not None:
            self._put(job, job.item, ItemState.KEPT, job.why)
            return
        params = ScaleTo.model_validate(job.step.params)
        capacity = self._capacity_of(params.account)
        name = job.item.back if job.fate is Fate.UNDO and job.item else job.step.name
        with guarded(self._guard), acting_for(job.request.id, name):
            state, bounds = capacity.state(params.entry, params.region), capacity.bounds(params.entry, params.region)
            if job.fate is Fate.UNDO and job.item is not None:
                self._undo(job, job.item, capacity, state, bounds)
            elif job.item is not None and job.item.state is ItemState.INTENDED:
                self._go_on(job, job.item, capacity, state, bounds)
            elif job.item is not None and job.item.state in _MAY_BE_SCALED:
                self._again(job, job.item, state, bounds)
            else:
                self._begin(job, params, capacity, state, bounds)

    def _begin(
        self, job: _Job, params: ScaleTo, capacity: Capacity, state: CapacityState, bounds: Bounds | None
    ) -> None:
        if _asked_for(state, bounds, params.count):
            self._rest(job)
            return
        name, region, found = capacity_name(params.entry), params.region, state.desired or 0
        short, size = self._services.store.read(
            lambda tx: (quota_short(tx, job.request), size_before(tx, job.request.application, name, region, found))
        )
        why = refused(bounds, state, params.count, short)
        item = Item(
            step=job.step.name,
            title=job.step.title,
            name=name,
            entry=params.entry,
            region=region,
            account=params.account,
            count=params.count,
            size=size,
            state=ItemState.INTENDED,
        )
        if why:
            self._put(job, item, ItemState.REFUSED, why)
        elif self._put(job, item, ItemState.INTENDED, f"{item.size} were asked for"):
            self._grow(job, item, capacity)

    def _again(self, job: _Job, item: Item, state: CapacityState, bounds: Bounds | None) -> None:
        """Of what failed in an earlier round something may be there: it is refused by failing, and taken back later."""
        short = self._services.store.read(lambda tx: quota_short(tx, job.request))
        asked = item.state is ItemState.UNDOING or _asked_for(state, bounds, item.count)
        why = "" if asked else refused(bounds, state, item.count, short)
        if why:
            self._put(job, item, ItemState.FAILED, why)
        else:
            self._put(job, item, ItemState.INTENDED, "asked for again before it was taken back")

    def _go_on(self, job: _Job, item: Item, capacity: Capacity, state: CapacityState, bounds: Bounds | None) -> None:
        if not _asked_for(state, bounds, item.count):
            if not state.changing:
                self._grow(job, item, capacity)
        elif (state.running or 0) >= item.count:
            self._put(job, item, ItemState.DONE, f"{state.running} run")

    def _grow(self, job: _Job, item: Item, capacity: Capacity) -> None:
        try:
            self._call(partial(capacity.grow, item.entry, item.region, item.count, _claim(job)))
        except (DeniedError, RejectedError) as error:
            self._put(job, item, ItemState.FAILED, error.message)

    def _undo(self, job: _Job, item: Item, capacity: Capacity, state: CapacityState, bounds: Bounds | None) -> None:
        back = taken_back(item, state, bounds)
        if back is ItemState.UNDONE:
            self._put(job, item, back, job.why)
        elif back is ItemState.KEPT:
            self._put(job, item, back, f"it was given another size since: {state.desired} are asked for")
        elif not state.changing:
            # Why AWS refused it before stays to be read.
            why = item.detail if item.state is ItemState.UNDOING else job.why
            if self._put(job, item, ItemState.UNDOING, why):
                # Automatic scaling wants more than the least that was raised: what it wants is left.
                self._shrink(job, item, capacity.give_back if back is ItemState.UNDOING else capacity.stand_by)

    def _shrink(self, job: _Job, item: Item, back: Back) -> None:
        """What AWS refuses to take back is told, tried again, and logged each time."""
        try:
            self._call(partial(back, item.entry, item.region, item.size, _claim(job)))
        except (DeniedError, RejectedError) as error:
            self._rest(job)
            self._put(job, item, ItemState.UNDOING, error.message)
            raise

    def _call(self, call: Callable[[], None]) -> None:
        self._guard()
        reached(Point.PREPARE_CALL, When.BEFORE)
        call()
        reached(Point.PREPARE_CALL, When.AFTER)

    def _rest(self, job: _Job) -> None:
        self._not_before[job.request.id, job.step.name] = self._services.clock.monotonic() + LATER_S

    def _put(self, job: _Job, item: Item, state: ItemState, detail: str) -> bool:
        """False: it is no longer so that it should be done."""
        new = item.model_copy(update={"state": state, "detail": detail, "round": job.request.round})
        return self._services.store.write(
            lambda tx: record.put(tx, self._services.topology, job.request.id, new, self._services.clock.now() - KEPT),
            Point.PREPARE_KEEP,
        )


def _is_due(job: _Job) -> bool:
    if job.fate is Fate.PREPARE:
        anew = job.item is not None and job.item.state in _GIVEN_UP and job.item.round < job.request.round
        return job.item is None or anew or job.item.state in _TO_PREPARE
    return job.fate in (Fate.KEEP, Fate.UNDO) and job.item is not None and not job.item.state.final


def _asked_for(state: CapacityState, bounds: Bounds | None, count: int) -> bool:
    return (state.desired or 0) >= count and (bounds is None or bounds.least >= count)


def _claim(job: _Job) -> Claim:
    return Claim(f"{job.request.id}:{job.step.name}", job.request.id, 1)
