"""From one sheet to the next: what is still to be believed, what appeared or went, and when it is time again. Pure."""

from datetime import datetime, timedelta

from dr_core.observation import age
from dr_core.readiness.model import Check, Sheet

EVERY = timedelta(minutes=10)
SOON = timedelta(minutes=3)
"""After a sheet with blocking findings, with unknowns, or cut short: somebody may be mending it right now.

An unknown that lasts is none of these any more: what cannot be asked (a missing permission, a dead region) is not asked
about three times as often as everything else for as long as that goes on.
"""
KEPT = timedelta(hours=24)


def carried(before: Sheet | None, now: Sheet) -> Sheet:
    """`now`, with the blocking findings of before that could not be asked about again.

    A region that fell silent has not become ready by it; what was seen keeps the time at which it was seen.
    """
    if before is None:
        return now
    silent = now.unknown
    kept = tuple(
        check
        for check in before.blocking
        if now.at - check.checked_at <= KEPT and any(_covers(unknown, check, now.application) for unknown in silent)
    )
    told = {_key(check) for check in now.blocking}
    fresh = tuple(check for check in kept if _key(check) not in told)
    since = (before.unknown_since or before.at) if _open(before) == _open(now) else None
    return now.model_copy(update={"checks": (*now.checks, *fresh), "unknown_since": since})


def _open(sheet: Sheet) -> tuple[bool, frozenset[tuple[str, str | None, str]]]:
    """What nobody could say."""
    return sheet.complete, frozenset(_key(check) for check in sheet.unknown)


def _covers(unknown: Check, check: Check, application: str) -> bool:
    """Whether `unknown` stands in the place of the question that `check` had answered."""
    same_subject = unknown.subject in (check.subject, application)
    return unknown.area == check.area and same_subject and unknown.region in (None, check.region)


def _key(check: Check) -> tuple[str, str | None, str]:
    return (check.code, check.region, check.subject)


def changes(before: Sheet | None, now: Sheet) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
    """What would stop a failover now and did not before, and what is seen to be mended; `now` is the carried sheet.

    What only hinders no longer, because the application is in its region now, is not mended; nor is what is forgotten.
    """
    old = {_key(check): check for check in before.hindering} if before else {}
    new = {_key(check): check for check in now.hindering}
    appeared = tuple(check for key, check in new.items() if key not in old)
    left = {_key(check) for check in (*now.blocking, *forgotten(before, now))}
    return appeared, tuple(check for key, check in old.items() if key not in left)


def forgotten(before: Sheet | None, now: Sheet) -> tuple[Check, ...]:
    """What would have stopped a failover, could not be looked at for as long as it is kept, and is believed no more."""
    left = {_key(check) for check in now.blocking}
    lost = [check for check in before.hindering if _key(check) not in left] if before else []
    return tuple(check for check in lost if any(_covers(unknown, check, now.application) for unknown in now.unknown))


def due(last: Sheet | None, *, topology: str, active: str, now: datetime) -> bool:
    """Whether a new preflight is to be made: never made, about something else, or old enough."""
    if last is None or last.topology != topology or last.active != active:
        return True
    lasting = last.unknown_since is not None and last.at - last.unknown_since >= EVERY
    wanting = bool(last.blocking) or ((bool(last.unknown) or not last.complete) and not lasting)
    return age.due(last.at, now, SOON if wanting else EVERY)
