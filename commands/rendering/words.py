"""Durations, ages, limits and foreign text in words, the same on every face."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from dr_core.execution.model import StepState
from dr_core.plan.step import Purpose
from dr_core.replication.exposure import StoreExposure
from dr_core.span import duration

UNKNOWN = "unknown"
_LONGEST = 280
_JUST_SEEN = re.compile(r", \d\d:\d\d:\d\dZ, [0-4](?:\.\d)? s old\)$")


class _Move(Protocol):
    @property
    def mode(self) -> str: ...
    @property
    def purpose(self) -> str: ...


def move(item: _Move) -> str:
    """What a plan is, before its application: `forced failover`, `failback`, `live drill`."""
    words = {Purpose.FAILBACK: "failback", Purpose.ROLLBACK: "rollback", Purpose.DRILL: "live drill"}
    return words.get(Purpose(item.purpose), f"{item.mode} failover")


def rollback_of(steps: int, irreversible: int) -> str:
    """`rollback: 5 steps, 1 irreversible`; empty where there is nothing to take back."""
    if not (steps or irreversible):
        return ""
    return f"rollback: {count(steps, 'step')}, {irreversible} irreversible"


class _Step(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


def took(step: _Step) -> str:
    """`took 4.2 s`; of a step that was reached after its run, when that was; empty before its end."""
    if step.started_at is None or step.ended_at is None:
        return ""
    if step.state == StepState.REACHED_LATE:
        return f"reached at {clock(step.ended_at, step.started_at)}, after its run"
    return f"took {duration((step.ended_at - step.started_at).total_seconds())}"


class _Lost(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def gate(self) -> bool: ...
    @property
    def seconds(self) -> float | None: ...


def beside_gates(losses: Sequence[_Lost], seconds: float | None) -> str:
    """A loss is that of the stores that gate: ` in stores that gate, s3 docs 1 m 37 s`, where another lost more."""
    others = [lost for lost in losses if not lost.gate and lost.seconds is not None]
    worst = max(others, key=lambda lost: lost.seconds or 0.0, default=None)
    if worst is None or (seconds is not None and (worst.seconds or 0.0) <= seconds):
        return ""
    whose = "in stores that gate" if any(lost.gate for lost in losses) else "since no store gates"
    return f" {whose}, {worst.kind} {worst.name} {how_long(worst.seconds)}"


class _WayBack(Protocol):
    @property
    def steps(self) -> tuple[str, ...]: ...
    @property
    def irreversible(self) -> tuple[object, ...]: ...


def way_back(view: _WayBack) -> str:
    """The same of a run in full; one that has nothing to take back says so."""
    return rollback_of(len(view.steps), len(view.irreversible)) or "rollback: nothing to take back"


def how_long(seconds: float | None) -> str:
    """An exposure or loss; None is unknown, never 0."""
    return UNKNOWN if seconds is None else duration(seconds)


def age(seconds: float | None) -> str:
    """How old something is, in whole seconds: finer is a precision that nobody needs."""
    return UNKNOWN if seconds is None else duration(round(seconds))


def aged(seconds: float | None) -> str:
    """`8 s ago`; None is what nobody can say."""
    return "age unknown" if seconds is None else f"{age(seconds)} ago"


def in_step(store: StoreExposure) -> bool:
    """Of a store that is only compared: equal."""
    return store.exposure_seconds is None and store.verdict == "ok"


def exposure_of(store: StoreExposure) -> str:
    """The figure of a store; one that is compared and not timed has none."""
    if store.exposure_seconds is None and store.verdict in ("ok", "over"):
        return "in step" if store.verdict == "ok" else "not in step"
    return how_long(store.exposure_seconds)


def undated(reason: str) -> str:
    """A signal's reason without its time, where that is seconds before the verdict: the region's line tells it once."""
    return _JUST_SEEN.sub(")", reason)


def clock(at: datetime, now: datetime | None = None) -> str:
    """`10:03:12Z`, with the date where it is another day than `now`."""
    at = at.astimezone(UTC)
    time = at.strftime("%H:%M:%SZ")
    if now is not None and now.astimezone(UTC).date() == at.date():
        return time
    return f"{at:%Y-%m-%d} {time}"


def ago(at: datetime, now: datetime) -> str:
    """`8 s ago`, `in 12 m 3 s`, `now`."""
    seconds = round((now - at).total_seconds())
    if seconds == 0:
        return "now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def moment(at: datetime | None, now: datetime) -> str:
    """Absolute and relative: `10:03:12Z, 8 s ago`; None is `never`."""
    return "never" if at is None else f"{clock(at, now)}, {ago(at, now)}"


def limit(seconds: int | None) -> str:
    """A loss limit as it is shown: `900 s (15 m)`, `0 s (no loss)`, or `unknown`."""
    if seconds is None:
        return UNKNOWN
    if seconds == 0:
        return "0 s (no loss)"
    return f"{seconds} s" if seconds < 60 else f"{seconds} s ({duration(seconds)})"


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text from people or from AWS on one line, without control or bidirectional characters, at most `longest` long."""
    kept = "".join(" " if char in "\r\n\t" else char for char in text)
    kept = "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 ack`, `2 acks`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def way(source: str, target: str) -> str:
    return f"{source} -> {target}"
