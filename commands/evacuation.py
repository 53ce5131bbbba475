"""`--all`: every application leaves a region; asked for, decided and looked at as one."""

from commands.context import Context, Outcome
from commands.parsing import Arguments
from commands.questions import NeedsAcceptance
from dr_core.errors import RefusedError
from dr_core.evacuation import deciding, renewing
from dr_core.evacuation.deciding import Review
from dr_core.evacuation.opening import open_evacuation
from dr_core.evacuation.survey import Asked, survey
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import EvacuationView, evacuation_view
from dr_core.reports.evacuation_plan import evacuation_plan
from dr_core.reports.listing import Message
from dr_core.store import evacuations
from dr_core.store.engine import Tx


def asked(arguments: Arguments, mode: Mode) -> Asked:
    """What `failover` and `plan` were asked for with `--all`."""
    return Asked(arguments.given("region"), arguments.text("from"), mode, arguments.many("override"))


def opened(context: Context, mode: Mode) -> Outcome:
    """`failover REGION --all`."""
    new = open_evacuation(
        context.services,
        asked(context.arguments, mode),
        actor=context.actor,
        reason=context.arguments.text("reason") or "",
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome("failover", evacuation_view(context.services, new.id))


def planned(context: Context, mode: Mode) -> Outcome:
    """`plan REGION --all`: nothing is changed."""
    wanted = asked(context.arguments, mode)
    found = context.services.store.read(lambda tx: survey(tx, context.services, wanted))
    return Outcome("plan", evacuation_plan(context.services.topology, found))


def show(context: Context) -> Outcome:
    """`evacuation [ID]`: the one named, else the newest."""
    named = context.arguments.text("id") or context.services.store.read(_newest)
    if named is None:
        return Outcome("evacuation", Message(text="There was no evacuation yet: `failover REGION --all` asks for one."))
    return Outcome("evacuation", _view(context, named))


def approve(context: Context, evacuation_id: str) -> Outcome:
    arguments = context.arguments
    typed, round_, only = arguments.text("accept_loss"), arguments.integer("round"), arguments.many("only")
    seen = _review(context, evacuation_id, round_, only)
    if seen is not None and seen.must_type is not None and typed is None:
        raise NeedsAcceptance(seen)
    deciding.approve(
        context.services,
        evacuation_id,
        round=seen.round if seen is not None else round_,
        digest=seen.digest if seen is not None else None,
        only=[one.id for one in seen.waiting] if seen is not None else only,
        actor=context.actor,
        typed_limit=typed,
        evidence=dict(context.evidence),
        cmd_id=context.cmd_id,
    )
    return Outcome("approve", _view(context, evacuation_id))


def deny(context: Context, evacuation_id: str) -> Outcome:
    deciding.deny(
        context.services,
        evacuation_id,
        actor=context.actor,
        reason=context.arguments.given("reason"),
        cmd_id=context.cmd_id,
        round_=context.arguments.integer("round"),
    )
    return Outcome("deny", _view(context, evacuation_id))


def cancel(context: Context, evacuation_id: str) -> Outcome:
    round_ = context.arguments.integer("round")
    deciding.cancel(context.services, evacuation_id, actor=context.actor, cmd_id=context.cmd_id, round_=round_)
    return Outcome("cancel", _view(context, evacuation_id))


def renew(context: Context, evacuation_id: str) -> Outcome:
    round_ = context.arguments.integer("round")
    renewing.renew(context.services, evacuation_id, actor=context.actor, cmd_id=context.cmd_id, round_=round_)
    return Outcome("renew", _view(context, evacuation_id))


def _review(context: Context, evacuation_id: str, round_: int | None, only: tuple[str, ...]) -> Review | None:
    """What would be approved. None when it is refused: `approve` refuses it too, and writes that into the trail."""
    try:
        return deciding.review(context.services, evacuation_id, context.actor, round_, only)
    except RefusedError:
        return None


def _view(context: Context, evacuation_id: str) -> EvacuationView:
    return evacuation_view(context.services, evacuation_id)


def _newest(tx: Tx) -> str | None:
    found = evacuations.recent(tx, 1)
    return found[0].id if found else None
