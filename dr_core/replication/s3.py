"""How far a bucket's copy is behind: the metrics of its replication rules, and a heartbeat object timed across.

Latency and what is pending are published in the destination's region and count new objects only; failures are published
in the source's region, and only when something replicates: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.clock import Clock
from dr_core.errors import DrError, UnreachableError
from dr_core.recent import Recent
from dr_core.replication.bucket_figures import BYTES, FAILED, LATENCY, OPERATIONS, Failures, Known, Looked, judged
from dr_core.replication.cloudwatch import PERIOD_S, Metric, Metrics
from dr_core.replication.heartbeat import Crossing, Heartbeats
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.rules import Rule, live, rule_of


class S3Lag:
    """Rules by GetBucketReplication in the source's region, remembered for when that region does not answer.

    A source that was silent once in a look is not asked again in it, so that one look hangs at most twice: once at
    the source and once at CloudWatch where the copy is. Without `heartbeats` none are written.
    """

    def __init__(
        self,
        client_of: Callable[[str, str], Any],
        metrics: Metrics,
        clock: Clock,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._client_of = client_of
        self._metrics = metrics
        self._clock = clock
        self._heartbeats = heartbeats
        self._known: dict[BucketPair, Known] = {}
        self._failures: Recent[BucketPair, Failures] = Recent(clock, timedelta(seconds=PERIOD_S))

    def lag(self, pair: BucketPair) -> Measurement:
        known, silent = self._rules(pair)
        working = live(known.rules, pair)
        beats: dict[str, Crossing] | None = None
        if self._heartbeats is not None and pair.heartbeat:
            beats, silent = self._beats(self._heartbeats, pair, working, silent)
        points, why = {}, ""
        wanted = {
            (rule.id, name): Metric("AWS/S3", name, _dimensions(pair, rule))
            for rule in working
            if rule.metrics
            for name in (LATENCY, BYTES, OPERATIONS)
        }
        try:
            found = self._metrics.newest(tuple(wanted.values()), pair.target_region) if wanted else {}
            points = {key: found[metric] for key, metric in wanted.items() if metric in found}
        except DrError as error:
            why = error.message
        failures = self._failed(pair, working, silent)
        return judged(Looked(pair, known, points, why, beats, failures))

    def _beats(
        self, heartbeats: Heartbeats, pair: BucketPair, rules: tuple[Rule, ...], silent: str
    ) -> tuple[dict[str, Crossing], str]:
        """By rule; and why the source should not be asked again in this look, where it was silent."""
        found = {}
        for rule in rules:
            try:
                if silent:
                    raise DrError(silent)
                found[rule.id] = heartbeats.look(pair, rule)
            except DrError as error:
                found[rule.id] = heartbeats.proven(pair, rule, error.message)
                silent = silent or (error.message if isinstance(error, UnreachableError) else "")
        return found, silent

    def _failed(self, pair: BucketPair, rules: tuple[Rule, ...], silent: str) -> Failures:
        """The sum of the last quarter of an hour, asked once a minute: there is no newer one before that."""
        known = self._failures.get(pair)
        if known is not None:
            return known
        if silent:
            return Failures({}, silent)
        wanted = {rule.id: Metric("AWS/S3", FAILED, _dimensions(pair, rule), "Sum") for rule in rules if rule.metrics}
        try:
            found = self._metrics.total(tuple(wanted.values()), pair.source_region) if wanted else {}
        except DrError as error:
            return Failures({}, error.message)
        failures = Failures({rule: found[metric] for rule, metric in wanted.items() if metric in found})
        return self._failures.put(pair, failures)

    def _rules(self, pair: BucketPair) -> tuple[Known, str]:
        """The rules, and why they are not fresh; raises where they were never read."""
        try:
            known = Known(self._ask_rules(pair), self._clock.now())
        except DrError as error:
            if pair not in self._known:
                raise
            return self._known[pair], error.message
        self._known[pair] = known
        return known, ""

    def _ask_rules(self, pair: BucketPair) -> tuple[Rule, ...]:
        return rules_of(self._client_of, pair.source, pair.source_region)


def rules_of(client_of: Callable[[str, str], Any], bucket: str, region: str) -> tuple[Rule, ...]:
    """All rules of a bucket, asked where it lives; none where it has no configuration. Raises DrError."""
    try:
        with aws_errors("s3", region, "GetBucketReplication"):
            answer = client_of("s3", region).get_bucket_replication(Bucket=bucket)
    except AwsRejectedError as error:
        if error.aws_code == "ReplicationConfigurationNotFoundError":
            return ()
        raise
    return tuple(rule_of(raw) for raw in answer["ReplicationConfiguration"]["Rules"])


def _dimensions(pair: BucketPair, rule: Rule) -> tuple[tuple[str, str], ...]:
    return (("SourceBucket", pair.source), ("DestinationBucket", pair.target), ("RuleId", rule.id))
