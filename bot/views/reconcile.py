"""Lost writes as a message: what is open, where it is kept, and what was signed off."""

from bot.views import message as m
from bot.views.text import counted, date, escape, marked, one_line
from dr_core.reports.reconciliations import ReconciliationItem, ReconciliationList

_MOST = 20
_LONGEST = 500


def reconciliations(report: ReconciliationList) -> m.Message:
    """What waits for another person's eyes, then what was signed."""
    told = f"{counted(len(report.open), 'open reconciliation item')}, {len(report.signed)} signed"
    texts = [f"{marked('unknown')} {escape(one_line(sentence, _LONGEST))}." for sentence in report.unknown]
    texts += [_item(one) for one in (*report.open, *report.signed)]
    shown = [m.section(text) for text in texts[:_MOST]]
    more = len(texts) - len(shown)
    rest = [m.context(f"\N{HORIZONTAL ELLIPSIS} {more} more")] if more > 0 else []
    nothing = [m.section("No forced failover has left lost writes behind.")]
    return m.message(told, m.header("Lost writes"), *(shown or nothing), *rest)


def _item(item: ReconciliationItem) -> str:
    said = f"`{escape(item.id)}`: {escape(one_line(item.sentence, _LONGEST))}"
    if item.signed_at is None:
        way_out = f"Another approver types `/dr reconcile sign {escape(item.id)} --note TEXT`"
        return f"{marked('open')} {said}, {date(item.opened_at)}. {way_out}"
    by = escape(one_line(item.signed_by or "somebody", 80))
    return f"{marked('done')} {said}; signed by {by} {date(item.signed_at)}: {escape(one_line(item.note, 160))}"
