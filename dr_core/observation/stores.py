"""The look at buckets and secrets: are they there, and how far is each copy behind?"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dr_core.errors import DrError
from dr_core.health.failure import failure_signal
from dr_core.health.secrets import secret_signal
from dr_core.health.storage import storage_signal
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import Reading, Signal, Vantage
from dr_core.observation.scope import Scope
from dr_core.replication.port import BucketPair, Measurement, SecretView
from dr_core.replication.readings import measured, secret_reading
from dr_core.topology.model import S3Buckets

_NOT_ASKED = DrError("it is not configured in this region")


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
        self._secrets = {
            (name, region): Question(
                region, f"Secrets Manager in {region}", partial(readers.secrets.view, name, region)
            )
            for name in app.secrets
            for region in app.regions
        }

    @property
    def questions(self) -> list[Question[object]]:
        buckets: list[Question[object]] = [question for _, _, question in self._buckets]
        copies: list[Question[object]] = [copy.question for copy in self._copies]
        return [*buckets, *self._secrets.values(), *copies]

    def signals(self, answers: Answers) -> list[Signal]:
        buckets = [
            self._bucket_signal(answers.of(question), region, bucket) for region, bucket, question in self._buckets
        ]
        secrets = [
            self._secret_signal(answers.of(question), region, name)
            for (name, region), question in self._secrets.items()
        ]
        return buckets + secrets

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        """Towards every region that is not the source."""
        others = [region for region in self._scope.application.regions if region != source]
        return [
            *self._bucket_readings(answers, source, at),
            *(
                self._secret_reading(answers, name, source, region, at)
                for name in self._scope.application.secrets
                for region in others
            ),
        ]

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
        timed = {(id(copy.spec), copy.region): answers.of(copy.question) for copy in self._copies}
        turned = DrError(f"the active region changed to {source} in this pass")
        found = []
        for spec in self._specs:
            for region in spec.buckets:
                if region == source:
                    continue
                answer = timed.get((id(spec), region)) if source == self._scope.assumed else None
                found.append(
                    measured(
                        "s3",
                        spec.buckets[region],
                        region,
                        source_region=source,
                        gate=spec.gate,
                        threshold_s=self._scope.threshold_s,
                        found=answer.or_error() if answer is not None else turned,
                        at=answer.at if answer is not None else at,
                    )
                )
        return found

    def _secret_reading(self, answers: Answers, name: str, source: str, region: str, at: datetime) -> Reading:
        def view(where: str) -> SecretView | DrError:
            return answers.of(self._secrets[name, where]).or_error() if (name, where) in self._secrets else _NOT_ASKED

        return secret_reading(
            name,
            region,
            source_region=source,
            threshold_s=self._scope.threshold_s,
            source=view(source),
            copy=view(region),
            at=at,
        )

    def _bucket_signal(self, answer: Answer[None], region: str, bucket: str) -> Signal:
        if answer.error is None:
            return storage_signal(region, bucket, answer.at, answer.took_ms)
        return failure_signal(
            answer.error,
            region=region,
            component="storage",
            name=bucket,
            vantage=Vantage.CONTROL_PLANE,
            at=answer.at,
            source=f"S3 HeadBucket, {region}",
        )

    def _secret_signal(self, answer: Answer[SecretView], region: str, name: str) -> Signal:
        if answer.error is None:
            return secret_signal(region, name, answer.get(), answer.at, answer.took_ms)
        return failure_signal(
            answer.error,
            region=region,
            component="secret",
            name=name,
            vantage=Vantage.CONTROL_PLANE,
            at=answer.at,
            source=f"Secrets Manager DescribeSecret, {region}",
        )
