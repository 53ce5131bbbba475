"""Reviews as lines."""

from datetime import datetime

from commands.rendering.lines import wrap
from commands.rendering.words import count, moment, plain
from dr_core.reports.reviews import ReviewItem, ReviewList


def reviews(listed: ReviewList, now: datetime) -> list[str]:
    if not (listed.open or listed.closed):
        return ["Nothing was ever done without its quorum."]
    lines = [f"{count(len(listed.open), 'review')} open"]
    for one in listed.open:
        lines += [*_head(one, now), *wrap(f"close it: review close {one.id} --note TEXT (somebody else must)", 4, 2)]
    for one in listed.closed:
        lines += _head(one, now)
        when = moment(one.closed_at, now) if one.closed_at else "never"
        lines += wrap(f"closed by {plain(one.closed_by or 'nobody')} at {when}: {plain(one.note)}", 4, 2)
    return lines


def _head(one: ReviewItem, now: datetime) -> list[str]:
    what = f"{one.id} {one.request}: {plain(one.by)} broke the glass at {moment(one.opened_at, now)}"
    return wrap(f"{what}: {plain(one.reason)}", 2, 2)
