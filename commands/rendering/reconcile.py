"""Lost writes as lines."""

from datetime import datetime

from commands.rendering.lines import wrap
from commands.rendering.words import count, moment, plain
from dr_core.reports.reconciliations import ReconciliationItem, ReconciliationList

NOTHING = "No forced failover has left lost writes behind."


def reconciliations(listed: ReconciliationList, now: datetime) -> list[str]:
    if not (listed.open or listed.signed or listed.unknown):
        return [NOTHING]
    lines = [f"{count(len(listed.open), 'reconciliation item')} open"]
    for sentence in listed.unknown:
        lines += wrap(f"NOT KNOWN YET: {plain(sentence)}", 2, 2)
    for one in listed.open:
        lines += [*_head(one, now), *wrap(f"sign it: reconcile sign {one.id} --note TEXT (another person must)", 4, 2)]
    for one in listed.signed:
        when = moment(one.signed_at, now) if one.signed_at else "never"
        lines += _head(one, now)
        lines += wrap(f"signed by {plain(one.signed_by or 'nobody')} at {when}: {plain(one.note)}", 4, 2)
    return lines


def _head(one: ReconciliationItem, now: datetime) -> list[str]:
    return wrap(f"{one.id} ({moment(one.opened_at, now)}): {plain(one.sentence)}", 2, 2)
