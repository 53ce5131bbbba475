"""Lists: requests, runs, the audit trail and its verification, and single sentences."""

from bot.views import message as m
from bot.views.text import counted, date, escape, marked, short
from commands.rendering.words import how_long
from dr_core.reports.audit import AuditEntry, AuditList, AuditVerdict
from dr_core.reports.listing import Message, RequestItem, RequestList, RunItem, RunList

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
    return m.message(told, m.header("Runs"), *_blocks([_run(item) for item in report.runs], "No run yet."))


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
    return m.message(told, m.lines([told]), m.context(f"As of {date(report.at)}"))


def sentence(result: Message) -> m.Message:
    """One sentence and the lines that follow it."""
    more = [m.lines(result.lines[start : start + 8]) for start in range(0, len(result.lines), 8)]
    return m.message(result.text, m.lines([result.text]), *more)


def _blocks(texts: list[str], none: str) -> list[m.Block]:
    shown = texts[:_MOST_LINES]
    blocks = [m.section("\n".join(shown[at : at + _LINES_A_BLOCK])) for at in range(0, len(shown), _LINES_A_BLOCK)]
    more = len(texts) - len(shown)
    rest = [m.context(f"\N{HORIZONTAL ELLIPSIS} {more} more")] if more > 0 else []
    return [*blocks, *rest] or [m.section(none)]


def _request(item: RequestItem) -> str:
    what = f"{item.mode} failover of {escape(item.application)} from {item.source} to {item.target}"
    when = f"expires {date(item.expires_at)}" if item.state == "open" else f"opened {date(item.opened_at)}"
    by = f", decided by {escape(item.decided_by)}" if item.decided_by else ""
    acks = f"{item.acks} of {item.required} acks"
    return f"{marked(item.state)} `{escape(item.id)}`: {what}, {acks}, asked by {escape(item.requester)}, {when}{by}"


def _run(item: RunItem) -> str:
    what = f"{item.mode} run of {escape(item.application)} from {item.source} to {item.target}"
    rto = (
        f", RTO {how_long(item.rto_seconds)} (target {how_long(item.rto_target_seconds)})"
        if item.rto_seconds is not None
        else ""
    )
    lost = f", loss {how_long(item.loss_seconds)}" if item.loss_seconds is not None else ""
    current = f", now: {escape(item.current)}" if item.current else ""
    return f"{marked(item.state)} `{escape(item.id)}`: {what}, {item.done} of {item.total} steps{current}{rto}{lost}"


def _event(event: AuditEntry) -> str:
    where = f"{event.at:%m-%d %H:%M:%S} {event.chain}#{event.seq}"
    return f"{where} {event.kind} by {event.actor}: {event.summary} [{short(event.hash)}]"
