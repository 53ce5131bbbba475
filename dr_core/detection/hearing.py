"""The signals of an application that came through the queue: what was told last, for as long as it counts."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dr_core.detection.message import AlarmState, Told, ToldAlarm, ToldIssue, home_of
from dr_core.health.events import services_of
from dr_core.health.verdict import span_text
from dr_core.observation.events import kinds_of
from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.store import told as kept
from dr_core.store.engine import Store
from dr_core.topology.model import Application, Topology

_STATES = {
    AlarmState.ALARM: SignalState.BAD,
    AlarmState.OK: SignalState.OK,
    AlarmState.INSUFFICIENT_DATA: SignalState.UNKNOWN,
}


def named(application: Application) -> Iterator[tuple[str, str]]:
    """(region, alarm) as the application's health names them."""
    for entry in application.health:
        yield from (entry.alarm or {}).items()


def is_it(application: Application, home: str | None, region: str, alarm: str, told: ToldAlarm) -> bool:
    """Whether `told` is the alarm that is named for the region: by ARN, or by name in the application's `home` account;
    where several regions have alarms of one name, by the region that it lives in, too."""
    if alarm.startswith("arn:"):
        return told.arn == alarm
    if home not in (None, told.account):
        return False
    shared = len({other for other, name in named(application) if name == alarm}) > 1
    return told.name == alarm and (not shared or told.region == region)


def concerns(application: Application, home: str | None, services: frozenset[str], told: Told) -> bool:
    """Whether anybody would look at it."""
    if isinstance(told, ToldIssue):
        return told.region in application.regions and told.service in services
    return any(is_it(application, home, region, alarm, told) for region, alarm in named(application))


def signals(
    application: Application,
    home: str | None,
    services: frozenset[str],
    told: Sequence[Told],
    now: datetime,
    fresh_for: timedelta,
) -> tuple[Signal, ...]:
    """One for each alarm that is named, and one for each region of which AWS Health told an issue through the queue.

    A state that was told longer than `fresh_for` ago is unknown: that it ended may not have been heard.
    """
    alarms = [one for one in told if isinstance(one, ToldAlarm)]
    issues = [one for one in told if isinstance(one, ToldIssue) and one.open and now - one.at <= fresh_for]
    found = [
        _alarm(region, alarm, [one for one in alarms if is_it(application, home, region, alarm, one)], now, fresh_for)
        for region, alarm in named(application)
    ]
    for region in application.regions:
        mine = [one for one in issues if one.region == region and one.service in services]
        if mine:
            found.append(_issues(region, mine, fresh_for))
    return tuple(found)


def _alarm(region: str, alarm: str, told: Sequence[ToldAlarm], now: datetime, fresh_for: timedelta) -> Signal:
    newest = max(told, key=lambda one: one.at, default=None)
    if newest is None:
        state, detail, at = SignalState.UNKNOWN, "no change of it was told yet", now
    elif now - newest.at > fresh_for:
        state, at = SignalState.UNKNOWN, now
        detail = f"{newest.state} as told {span_text(now - newest.at)} ago: too long to count"
    else:
        state, at = _STATES[newest.state], newest.at
        detail = f"{newest.state} since {newest.at:%H:%M:%S}Z{': ' if newest.reason else ''}{newest.reason}"
    return Signal(
        region=region,
        component="alarm",
        name=alarm,
        vantage=Vantage.ALARM,
        state=state,
        detail=detail,
        observed_at=at,
        source="CloudWatch alarm through the queue",
        lasts_s=fresh_for.total_seconds(),
    )


def _issues(region: str, issues: Sequence[ToldIssue], fresh_for: timedelta) -> Signal:
    newest = max(issue.at for issue in issues)
    return Signal(
        region=region,
        component="aws-health",
        name=f"{region} by event",
        vantage=Vantage.AWS_HEALTH,
        state=SignalState.BAD,
        detail=f"AWS has open: {', '.join(sorted({issue.code for issue in issues})[:3])}",
        observed_at=newest,
        source="AWS Health event through the queue",
        lasts_s=fresh_for.total_seconds(),
    )


class Hearing:
    """What a pass over an application hears of the queue: a call with its name and the time."""

    def __init__(self, store: Store, topology: Topology) -> None:
        self._store = store
        self._topology = topology
        self._services = {name: services_of(kinds_of(app)) for name, app in topology.applications.items()}

    def __call__(self, application: str, now: datetime) -> tuple[Signal, ...]:
        queue = self._topology.detection.queue
        if queue is None:
            return ()
        app = self._topology.applications[application]
        heard, used = self._store.read(kept.told), self._services[application]
        return signals(app, home_of(app, queue), used, heard, now, queue.fresh_for)
