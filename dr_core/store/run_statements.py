"""Every statement about runs and steps, made once, because building one costs more; new values come when it is sent."""

from typing import Any

from sqlalchemy import Select, Update, bindparam, case, exists, insert, null, or_, select, update

from dr_core.execution.model import StepState
from dr_core.store import brake
from dr_core.store.tables import event, request, run, step

ALL = select(run, request.c.round).join(request, request.c.id == run.c.request)
ONE = ALL.where(run.c.id == bindparam("wanted"))
OF_REQUEST = ALL.where(run.c.request == bindparam("wanted"))
NOT_ENDED = ALL.where(run.c.state.in_(brake.UNFINISHED)).order_by(run.c.created_at)
NOT_ENDED_OF = NOT_ENDED.where(run.c.application == bindparam("of"))
TAKEABLE = (
    select(run.c.id)
    .where(
        brake.ACTING,
        or_(run.c.lease_until.is_(None), run.c.lease_until < bindparam("now")),
    )
    .order_by(run.c.created_at)
)
ROW = select(run).where(run.c.id == bindparam("wanted"))
HEAD = select(request.c.chain_seq, request.c.chain_hash).where(request.c.id == bindparam("wanted"))
INSERT = insert(run).values(braked_since=brake.since().scalar_subquery())
CLAIM = update(run).where(run.c.id == bindparam("wanted")).values(chain_seq=run.c.chain_seq)
OWNED = update(run).where(run.c.id == bindparam("wanted"), run.c.epoch == bindparam("mine"))
TAKE = OWNED.where(
    run.c.chain_seq == bindparam("old"), or_(run.c.lease_until.is_(None), run.c.lease_until < bindparam("now"))
)
_FOLLOWING = (run.c.application == bindparam("of"), run.c.follow_up.is_(True))
STOP_FOLLOWERS = update(run).where(*_FOLLOWING).values(epoch=run.c.epoch + 1)
# Those, too, whose following a person has just ended: their owner may be in the middle of a call.
FOLLOWERS_ACT = select(run.c.lease_until).where(
    run.c.application == bindparam("of"), run.c.lease_until > bindparam("now")
)
OVERTAKEN = (
    select(run.c.id)
    .where(
        run.c.application == bindparam("of"),
        run.c.id != bindparam("besides"),
        run.c.created_at >= bindparam("since"),
        run.c.gated_at.is_not(None),
    )
    .limit(1)
)

INSERT_STEP = insert(step)
STEPS = select(step).where(step.c.run == bindparam("wanted")).order_by(step.c.position)
_OF_STEP = (step.c.run == bindparam("wanted"), step.c.name == bindparam("called"))
STEP = update(step).where(*_OF_STEP)
JUDGED: Select[Any] = select(
    *(run.c[name] for name in ("id", "request", "state", "epoch", "hold", "started_at", "chain_seq", "chain_hash")),
    exists().where(event.c.cmd_id == bindparam("said")).label("known"),
    select(step.c.state).where(*_OF_STEP).scalar_subquery().label("before"),
).where(run.c.id == bindparam("wanted"))
"""All that a transition is judged by, in one round trip: the run, whether its command is known, its step's state."""
NOTE = update(step).where(
    step.c.run
    == select(run.c.id).where(run.c.id == bindparam("wanted"), run.c.epoch == bindparam("mine")).scalar_subquery(),
    step.c.name == bindparam("called"),
)
DURATIONS = (
    select(step.c.started_at, step.c.ended_at)
    .where(step.c.kind == bindparam("of"), step.c.state == StepState.DONE.value, step.c.started_at.is_not(None))
    .order_by(step.c.ended_at.desc())
    .limit(200)
)


def _fence(*, owner: bool, intent: bool, freed: bool) -> Update:
    """The write that a transition begins with. `freed`: no hold is left, so that at most the brake's words are."""
    fence = update(run).where(run.c.id == bindparam("wanted"), run.c.chain_seq == bindparam("old"))
    if owner:
        fence = fence.where(run.c.epoch == bindparam("mine"))
    if intent:
        free = (run.c.hold.is_(None), run.c.braked_since.is_(None), run.c.ending.is_(None))
        fence = fence.where(*free, ~brake.engaged())
    # The brake may be put on meanwhile, so its part is decided by the database.
    braked = case((run.c.braked_since.is_not(None), brake.SENTENCE), else_=null())
    return fence.values(hold=braked) if freed else fence


FENCES = {
    (owner, intent, freed): _fence(owner=owner, intent=intent, freed=freed)
    for owner in (True, False)
    for intent in (True, False)
    for freed in (True, False)
}
