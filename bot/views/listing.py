"""Lists: requests, runs, the audit trail and its verification, and single sentences."""

from bot.views import evacuation_lines
from bot.views import message as m
from bot.views.status import nothing_new
from bot.views.text import counted, date, escape, marked, one_line, short
from commands.rendering.words import how_long, move, rollback_of
from dr_core.reports.audit import AuditEntry, AuditList, AuditVerdict
from dr_core.reports.listing import Message, RequestItem, RequestList, RunItem, RunList
from dr_core.reports.reviews import ReviewItem, ReviewList

_MOST_LINES = 40
_LINES_A_BLOCK = 6


def requests(report: RequestList) -> m.Message:
    """What waits, then what was decided."""
    waiting = sum(1 for item in report.requests if item.state == "open")
    told = f"{counted(waiting, 'request')} waiting, {len(report.requests) - waiting} decided"
    return m.message(
        told, m.header("Requests"), *_blocks([_request(item) for item in report.requests], "No request yet.")
    )


def runs(report: RunList) -> m.Message:
    """What runs, then what ran."""
    told = counted(len(report.runs), "run")
    head = [m.header("Runs"), *evacuation_lines.lines(report.evacuations)]
    return m.message(told, *head, *_blocks([_run(item) for item in report.runs], "No run yet."))


def audit(report: AuditList) -> m.Message:
    """The last events, newest last."""
    chain = f" of chain {report.chain}" if report.chain else ""
    told = f"{counted(len(report.events), 'event')}{chain}"
    texts = [_event(event) for event in report.events]
    shown = texts[-_MOST_LINES:]
    earlier = len(texts) - len(shown)
    more = (
        [m.context(f"\N{HORIZONTAL ELLIPSIS} {counted(earlier, 'earlier event')}: `dr audit list` in a terminal")]
        if earlier
        else []
    )
    events = [m.lines(shown[start : start + 8]) for start in range(0, len(shown), 8)]
    return m.message(told, m.header("Audit trail"), *more, *(events or [m.section("No event yet.")]))


def verdict(report: AuditVerdict) -> m.Message:
    """Whether every link of the trail fits."""
    seen = f"{counted(report.events, 'event')} in {counted(report.chains, 'chain')}"
    if report.ok:
        told = f"{marked('ok')}: the trail is whole, {seen}"
    else:
        told = (
            f"{marked('bad')}: the trail was changed; the first event that does not fit is {report.first_bad} ({seen})"
        )
    places = [f"{place.place} is {place.state}: {place.detail}" for place in report.places]
    lost = [f"{marked('warning')}: history was lost: {one_line(loss)}" for loss in report.lost]
    beside = [escape(one_line(said)) for said in (*places, report.tail) if said]
    more = [m.context(said) for said in beside]
    return m.message(told, m.lines([told, *lost]), *more, m.context(f"As of {date(report.at)}"))


def sentence(result: Message) -> m.Message:
    """One sentence and the lines that follow it."""
    more = [m.lines(result.lines[start : start + 8]) for start in range(0, len(result.lines), 8)]
    return m.message(result.text, m.lines([result.text]), *more)


def reviews(report: ReviewList) -> m.Message:
    """What waits for somebody else's eyes, then what was signed off."""
    told = f"{counted(len(report.open), 'open review')}, {len(report.closed)} closed"
    texts = [_review(item) for item in (*report.open, *report.closed)]
    return m.message(told, m.header("Reviews"), *_blocks(texts, "Nothing was ever done without its quorum."))


def _review(item: ReviewItem) -> str:
    head = f"`{escape(item.id)}`: {escape(one_line(item.by, 80))} broke the glass for `{escape(item.request)}`"
    why = escape(one_line(item.reason, 160))
    if item.closed_at is None:
        way_out = f"another approver types `/dr review close {escape(item.id)} --note TEXT`"
        return f"{marked('open')} {head}, {date(item.opened_at)}: {why}; {way_out}"
    by = escape(one_line(item.closed_by or "somebody", 80))
    return f"{marked('done')} {head}: {why}; closed by {by} {date(item.closed_at)}: {escape(one_line(item.note, 160))}"


def _blocks(texts: list[str], none: str) -> list[m.Block]:
    shown = texts[:_MOST_LINES]
    blocks = [m.section("\n".join(shown[at : at + _LINES_A_BLOCK])) for at in range(0, len(shown), _LINES_A_BLOCK)]
    more = len(texts) - len(shown)
    rest = [m.context(f"\N{HORIZONTAL ELLIPSIS} {more} more")] if more > 0 else []
    return [*blocks, *rest] or [m.section(none)]


def _request(item: RequestItem) -> str:
    what = f"{move(item)} of {escape(item.application)} from {item.source} to {item.target}"
    when = f"expires {date(item.expires_at)}" if item.state == "open" else f"opened {date(item.opened_at)}"
    by = f", decided by {escape(item.decided_by)}" if item.decided_by else ""
    acks = f"{item.acks} of {item.required} acks"
    return f"{marked(item.state)} `{escape(item.id)}`: {what}, {acks}, asked by {escape(item.requester)}, {when}{by}"


def _run(item: RunItem) -> str:
    what = f"{move(item)} run of {escape(item.application)} from {item.source} to {item.target}"
    rto = (
        f", RTO {how_long(item.rto_seconds)} (target {how_long(item.rto_target_seconds)})"
        if item.rto_seconds is not None
        else ""
    )
    lost = f", loss {how_long(item.loss_seconds)}" if item.loss_seconds is not None else ""
    current = f", now: {escape(item.current)}" if item.current else ""
    back = rollback_of(item.rollback_steps or 0, item.rollback_irreversible or 0)
    told = f"{marked(item.state)} `{escape(item.id)}`: {what}, {item.done} of {item.total} steps{current}{rto}{lost}"
    told += f"; {back}" if back else ""
    return told + nothing_new(item.stopped)


def _event(event: AuditEntry) -> str:
    where = f"{event.at:%m-%d %H:%M:%S} {event.chain}#{event.seq}"
    return f"{where} {event.kind} by {event.actor}: {event.summary} [{short(event.hash)}]"
