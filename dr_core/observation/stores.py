"""The look at buckets and secrets: are they there, and how far is each copy behind?"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from dr_core.health.control_plane import control_plane_signal
from dr_core.health.secrets import judge_secret
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import Reading, Signal, SignalState
from dr_core.observation.places import Places, changed_to
from dr_core.observation.scope import Scope
from dr_core.replication.port import BucketPair, Measurement
from dr_core.replication.readings import Towards, timed
from dr_core.replication.secret_readings import secret_reading
from dr_core.topology.stores import S3Buckets


@dataclass(frozen=True)
class _Copy:
    """The timing of one bucket's copy, from the region that was active in the pass before."""

    spec: S3Buckets
    region: str
    question: Question[Measurement]


class StoreLook:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        app, readers = scope.application, scope.readers
        self._specs = [entry.s3 for entry in app.storage if entry.s3 is not None]
        self._buckets = [
            (region, bucket, Question(region, f"S3 in {region}", partial(readers.buckets.check, bucket, region)))
            for spec in self._specs
            for region, bucket in spec.buckets.items()
        ]
        self._copies = [copy for spec in self._specs for copy in self._copying(spec)]
        self._secrets = Places(app.secrets, scope, "Secrets Manager", readers.secrets.view)

    @property
    def questions(self) -> list[Question[object]]:
        buckets: list[Question[object]] = [question for _, _, question in self._buckets]
        copies: list[Question[object]] = [copy.question for copy in self._copies]
        return [*buckets, *self._secrets.questions, *copies]

    def signals(self, answers: Answers) -> list[Signal]:
        buckets = [
            self._bucket_signal(answers.of(question), region, bucket) for region, bucket, question in self._buckets
        ]
        return buckets + self._secrets.signals(answers, "secret", "Secrets Manager DescribeSecret", judge_secret)

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        """Towards every region that is not the source."""
        secrets = [
            secret_reading(replace(where, at=at), *self._secrets.both(answers, where))
            for where in self._secrets.towards(answers, "secret", source)
        ]
        return self._bucket_readings(answers, source, at) + secrets

    def _copying(self, spec: S3Buckets) -> list[_Copy]:
        source = self._scope.assumed
        if source not in spec.buckets:
            return []
        lag, own = self._scope.readers.bucket_lag.lag, spec.buckets[source]
        return [
            # A lane of its own: the source's silence must not count against the target's region.
            _Copy(
                spec,
                region,
                Question(
                    f"copies {source} to {region}",
                    f"the replication of {own}",
                    partial(lag, BucketPair(own, source, bucket, region, spec.prefixes, spec.heartbeat)),
                ),
            )
            for region, bucket in spec.buckets.items()
            if region != source
        ]

    def _bucket_readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        asked = {(id(copy.spec), copy.region): answers.of(copy.question) for copy in self._copies}
        turned: Answer[Measurement] = Answer(None, changed_to(source), at, 0.0)
        found = []
        for spec in self._specs:
            for region, bucket in spec.buckets.items():
                if region != source:
                    known = asked.get((id(spec), region)) if source == self._scope.assumed else None
                    answer = known or turned
                    where = Towards("s3", bucket, region, source, self._scope.threshold_s, answer.at, spec.gate)
                    found.append(timed(where, answer.or_error()))
        return found

    def _bucket_signal(self, answer: Answer[None], region: str, bucket: str) -> Signal:
        return control_plane_signal(
            answer,
            lambda _: (SignalState.OK, f"answers in {answer.took_ms:.0f} ms"),
            region=region,
            component="storage",
            name=bucket,
            source="S3 HeadBucket",
        )
