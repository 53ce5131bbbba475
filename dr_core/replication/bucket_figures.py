"""What one look at a bucket's replication amounts to: exposure no better than the heartbeat proves, and the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.observation.model import Figure
from dr_core.replication.cloudwatch import PERIOD_S, Datapoint
from dr_core.replication.heartbeat import Crossing
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.rules import Rule, drift, live, uncopied

LATENCY, BYTES, OPERATIONS = "ReplicationLatency", "BytesPendingReplication", "OperationsPendingReplication"
FAILED = "OperationsFailedReplication"
_SHOWN = (
    (LATENCY, "latency", "s"),
    (BYTES, "pending_bytes", "bytes"),
    (OPERATIONS, "pending_operations", "operations"),
)
_NO_METRICS = "the rule has no metrics"
_NO_POINT = "no datapoint in the last 15 minutes"


@dataclass(frozen=True)
class Known:
    """The rules and when they were read."""

    rules: tuple[Rule, ...]
    at: datetime


@dataclass(frozen=True)
class Failures:
    """Failed operations of the last quarter of an hour by rule, and why they could not be asked."""

    points: Mapping[str, Datapoint]
    why: str = ""


@dataclass(frozen=True)
class Looked:
    """All answers of one look. `why`: CloudWatch's error. `beats` None: no heartbeat is written for this pair."""

    pair: BucketPair
    known: Known
    points: Mapping[tuple[str, str], Datapoint]
    why: str
    beats: Mapping[str, Crossing] | None
    failures: Failures

    @property
    def rules(self) -> tuple[Rule, ...]:
        return live(self.known.rules, self.pair)


@dataclass(frozen=True)
class _Part:
    """One of the two measures of exposure. None: unknown, and the reason."""

    seconds: float | None
    at: datetime | None
    source: str
    reason: str = ""


def judged(looked: Looked) -> Measurement:
    """The larger of latency and heartbeat, as old as the older of them; one that is unknown makes it unknown.

    So does a declared part that no rule copies: what is lost of it no figure of the other rules tells.
    """
    pair, figures = looked.pair, figures_of(looked)
    if not looked.rules:
        source = f"S3 GetBucketReplication, {pair.source_region}"
        reason = f"no enabled rule replicates {pair.source} to {pair.target}"
        return Measurement(None, None, source, reason, PERIOD_S, figures)
    parts = [_latency(looked), *([_heartbeat(looked.beats, pair)] if looked.beats is not None else [])]
    told = [part.reason for part in parts if part.reason] + [_pending(looked.points), *drift(looked.known.rules, pair)]
    reason = "; ".join(dict.fromkeys(text for text in told if text))
    known = [(part.seconds, part.at, part.source) for part in parts if part.seconds is not None and part.at is not None]
    if len(known) < len(parts) or uncopied(looked.known.rules, pair):
        return Measurement(None, None, " and ".join(part.source for part in parts), reason, PERIOD_S, figures)
    seconds, _, source = max(known, key=lambda part: part[0])
    return Measurement(seconds, min(at for _, at, _ in known), source, reason, PERIOD_S, figures)


def figures_of(looked: Looked) -> tuple[Figure, ...]:
    """Latency, pending and failed of each rule, its heartbeat, and what the rules are."""
    found: list[Figure] = []
    for rule in looked.rules:
        found += [_metric(looked, rule, name, word, unit) for name, word, unit in _SHOWN]
        found += [_failed(looked, rule), *_beat(looked, rule)]
    return (*found, *_of_rules(looked))


def _latency(looked: Looked) -> _Part:
    """The slowest rule, as old as the oldest datapoint."""
    source = f"CloudWatch {LATENCY}, {looked.pair.target_region}"
    silent = [rule.id for rule in looked.rules if (rule.id, LATENCY) not in looked.points]
    if silent:
        reason = looked.why or f"no {LATENCY} datapoint in the last 15 minutes for rule {', '.join(silent)}"
        return _Part(None, None, source, reason)
    points = [looked.points[rule.id, LATENCY] for rule in looked.rules]
    return _Part(max(point.value for point in points), min(point.at for point in points), source)


def _heartbeat(beats: Mapping[str, Crossing], pair: BucketPair) -> _Part:
    """The slowest crossing, as old as the oldest proof."""
    source = f"heartbeat object, {pair.source_region} to {pair.target_region}"
    reason = "; ".join(dict.fromkeys(beat.reason for beat in beats.values() if beat.reason))
    known = [
        (beat.seconds, beat.measured_at)
        for beat in beats.values()
        if beat.seconds is not None and beat.measured_at is not None
    ]
    if len(known) < len(beats):
        return _Part(None, None, source, reason)
    return _Part(max(seconds for seconds, _ in known), min(at for _, at in known), source, reason)


def _pending(points: Mapping[tuple[str, str], Datapoint]) -> str:
    def total(name: str) -> float | None:
        values = [point.value for (_, metric), point in points.items() if metric == name]
        return sum(values) if values else None

    operations, size = total(OPERATIONS), total(BYTES)
    parts = [f"{operations:.0f} operation{'' if operations == 1 else 's'}"] if operations is not None else []
    parts += [f"{size:.0f} bytes"] if size is not None else []
    return f"{' and '.join(parts)} pending" if parts else ""


def _metric(looked: Looked, rule: Rule, name: str, word: str, unit: str) -> Figure:
    point = looked.points.get((rule.id, name))
    return Figure(
        name=f"{word}/{rule.id}",
        value=point.value if point else None,
        unit=unit,
        measured_at=point.at if point else None,
        source=f"CloudWatch {name}, {looked.pair.target_region}",
        reason="" if point else looked.why or (_NO_POINT if rule.metrics else _NO_METRICS),
    )


def _failed(looked: Looked, rule: Rule) -> Figure:
    point = looked.failures.points.get(rule.id)
    quiet = f"{_NO_POINT}: S3 publishes it only when something replicates" if rule.metrics else _NO_METRICS
    return Figure(
        name=f"failed_operations/{rule.id}",
        value=point.value if point else None,
        unit="operations in 15 m",
        measured_at=point.at if point else None,
        source=f"CloudWatch {FAILED}, {looked.pair.source_region}",
        reason="" if point else looked.failures.why or quiet,
    )


def _beat(looked: Looked, rule: Rule) -> list[Figure]:
    pair = looked.pair
    source = f"heartbeat object, {pair.source_region} to {pair.target_region}"
    if looked.beats is None:
        reason = "switched off" if not pair.heartbeat else "nobody writes one here"
        return [_unknown(f"heartbeat/{rule.id}", "s", source, reason)]
    beat = looked.beats[rule.id]
    return [
        Figure(
            name=f"heartbeat/{rule.id}",
            value=beat.seconds,
            unit="s",
            measured_at=beat.measured_at,
            source=source,
            reason=beat.reason,
        )
    ]


def _of_rules(looked: Looked) -> Sequence[Figure]:
    rules, wrong = looked.rules, drift(looked.known.rules, looked.pair)
    counted = (
        ("rules", len(rules), ""),
        ("rules_with_time_control", sum(rule.time_control for rule in rules), ""),
        ("rules_that_copy_delete_markers", sum(rule.delete_markers for rule in rules), ""),
        ("rule_drift", len(wrong), "; ".join(wrong)),
    )
    source = f"S3 GetBucketReplication, {looked.pair.source_region}"
    return [
        Figure(
            name=name,
            value=float(number),
            unit="differences" if name == "rule_drift" else "rules",
            measured_at=looked.known.at,
            source=source,
            reason=reason,
        )
        for name, number, reason in counted
    ]


def _unknown(name: str, unit: str, source: str, reason: str) -> Figure:
    return Figure(name=name, value=None, unit=unit, measured_at=None, source=source, reason=reason)
