"""A small object that is written where the data is and timed until its copy arrives: what metrics alone cannot prove.

Metrics count new objects only, and a rule that does nothing looks like one that has nothing to do. Metadata and tags
go along with the copy: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html.
A crossing is timed from pass to pass, so that it is measured too long by at most one pass, and never too short.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from dr_core.aws.faults import aws_errors, is_gone
from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.replication.port import BucketPair
from dr_core.replication.rules import Rule

EVERY = timedelta(seconds=60)
# S3 gives up on an object for good; a beat that is this late, or failed, is followed by another one.
AGAIN_AFTER = timedelta(minutes=15)
_WRITTEN, _SINCE = "dr-written-at", "dr-since"
_BODY = b"Written by the disaster recovery bot once a minute: the arrival of its copy times the replication.\n"


@dataclass(frozen=True)
class Beat:
    """One write. `since`: when the oldest beat was written of which no copy had arrived by then, else its own time."""

    written_at: datetime
    since: datetime


@dataclass(frozen=True)
class Crossing:
    """What the heartbeats prove: at `measured_at` the copy was `seconds` behind, or None and the reason."""

    seconds: float | None
    measured_at: datetime | None
    reason: str = ""


@dataclass(frozen=True)
class Track:
    """What is known of one rule's beats. `took_s`: the last crossing that was watched, and `arrived_at` its end.

    `own` False: another process wrote the beat, by a clock that may differ from ours, so that it is not timed.
    """

    sent: Beat | None = None
    arrived: bool = False
    ever: bool = False
    took_s: float | None = None
    arrived_at: datetime | None = None
    own: bool = True


def arrival(track: Track, copy: datetime | None, now: datetime) -> Track:
    """The track after a look at the copy, which bears the time `copy`, at `now`.

    Only the very beat that was sent has arrived: one that bears a later time is of a worker whose clock is ahead.
    """
    if track.sent is None or track.arrived:
        return track
    if copy is None or copy != track.sent.written_at:
        return replace(track, ever=track.ever or copy is not None)
    if not track.own:
        return replace(track, arrived=True, ever=True, took_s=None, arrived_at=None)
    took = max(0.0, (now - track.sent.written_at).total_seconds())
    return replace(track, arrived=True, ever=True, took_s=took, arrived_at=now)


def next_beat(track: Track, now: datetime, *, failed: bool = False) -> Beat | None:
    """The beat that is due: the first, one a minute after a crossing, and another one for one that is lost."""
    if track.sent is None:
        return Beat(now, now)
    age = now - track.sent.written_at
    if track.arrived:
        return Beat(now, now) if track.took_s is None or age >= EVERY else None
    return Beat(now, track.sent.since) if failed or age >= AGAIN_AFTER else None


def crossing(track: Track, now: datetime) -> Crossing:
    """What the track proves at `now`. Until a first beat has crossed it proves nothing."""
    if track.sent is None or (track.arrived and track.took_s is None):
        return Crossing(None, None, "the heartbeat is about to be timed")
    if track.arrived:
        return Crossing(track.took_s, track.arrived_at)
    waiting = max(0.0, (now - track.sent.since).total_seconds())
    if not track.ever:
        return Crossing(None, None, f"no heartbeat has arrived yet; the first one was written {waiting:.0f} s ago")
    if track.took_s is None and waiting < EVERY.total_seconds():
        return Crossing(None, None, "the heartbeat is on its way and is being timed")
    if waiting > (track.took_s or 0.0):
        return Crossing(waiting, now, f"the heartbeat of {track.sent.since:%H:%M:%S}Z has not arrived")
    return Crossing(track.took_s, track.arrived_at)


class Heartbeats:
    """The beats of every rule: read through `reader_of`, written through `writer_of` (service, region) -> client.

    What it needs: s3:GetObject in both buckets (s3:ListBucket too, else a missing object looks like a refusal),
    s3:PutObject under `*.dr-heartbeat/*`, and s3:PutObjectTagging for rules that choose by tags.
    """

    def __init__(
        self, reader_of: Callable[[str, str], Any], writer_of: Callable[[str, str], Any], clock: Clock
    ) -> None:
        self._reader_of = reader_of
        self._writer_of = writer_of
        self._clock = clock
        self._tracks: dict[tuple[str, str], Track] = {}
        self._proven: dict[tuple[str, str], Crossing] = {}

    def look(self, pair: BucketPair, rule: Rule) -> Crossing:
        """Look at the copy, and write the next beat when it is due. Raises what AWS answers as one of our errors."""
        key = (pair.target, key_of(pair, rule))
        self._advance(pair, rule, key)
        return self._proven[key]

    def proven(self, pair: BucketPair, rule: Rule, reason: str) -> Crossing:
        """What the last look proved, with its own time; `reason` says why there is no newer one."""
        before = self._proven.get((pair.target, key_of(pair, rule)), Crossing(None, None))
        return replace(before, reason=reason)

    def _advance(self, pair: BucketPair, rule: Rule, key: tuple[str, str]) -> None:
        track = self._tracks.get(key)
        if track is None:
            track = self._found(pair, key[1])
        elif not track.arrived:
            copy, _ = self._head(pair.target, pair.target_region, key[1])
            if copy is not None and track.sent is not None and copy.written_at > track.sent.written_at:
                # Another worker has written since, or one whose clock is ahead did before: look at both sides anew.
                track = self._found(pair, key[1])
            else:
                track = arrival(track, copy.written_at if copy else None, self._clock.now())
        self._tracks[key] = track
        self._proven[key] = crossing(track, self._clock.now())
        beat = next_beat(track, self._clock.now(), failed=self._failed(pair, track, key[1]))
        if beat is not None:
            self._send(pair, rule, key[1], beat)
            self._tracks[key] = replace(track, sent=beat, arrived=False, own=True)
            self._proven[key] = crossing(self._tracks[key], self._clock.now())

    def _found(self, pair: BucketPair, name: str) -> Track:
        """The track of a worker that has just begun to look: what was sent before, and whether it is there."""
        sent, _ = self._head(pair.source, pair.source_region, name)
        copy, _ = self._head(pair.target, pair.target_region, name)
        arrived = sent is not None and copy is not None and copy.written_at == sent.written_at
        return Track(sent, arrived=arrived, ever=copy is not None, own=False)

    def _failed(self, pair: BucketPair, track: Track, name: str) -> bool:
        """Whether S3 has given up on the beat; asked only where it is late."""
        if track.sent is None or track.arrived or self._clock.now() - track.sent.written_at < EVERY:
            return False
        _, status = self._head(pair.source, pair.source_region, name)
        return status == "FAILED"

    def _head(self, bucket: str, region: str, name: str) -> tuple[Beat | None, str | None]:
        """The beat that the object bears and its replication status; None for what is not there."""
        try:
            # A refused HEAD has no body: what is named here is the permission that it needs.
            with aws_errors("s3", region, "GetObject"):
                answer = self._reader_of("s3", region).head_object(Bucket=bucket, Key=name)
        except DrError as error:
            if is_gone(error):
                return None, None
            raise
        return _beat_of(answer.get("Metadata") or {}), answer.get("ReplicationStatus")

    def _send(self, pair: BucketPair, rule: Rule, name: str, beat: Beat) -> None:
        tags = {"Tagging": urlencode(rule.tags, quote_via=quote)} if rule.tags else {}
        with aws_errors("s3", pair.source_region, "PutObject"):
            self._writer_of("s3", pair.source_region).put_object(
                Bucket=pair.source,
                Key=name,
                Body=_BODY,
                ContentType="text/plain",
                Metadata={_WRITTEN: beat.written_at.isoformat(), _SINCE: beat.since.isoformat()},
                **tags,
            )


def key_of(pair: BucketPair, rule: Rule) -> str:
    """One object for each rule and direction, under the rule's own prefix; rules of one prefix differ by their tags."""
    tagged = f"-{hashlib.sha256(repr(rule.tags).encode()).hexdigest()[:8]}" if rule.tags else ""
    return f"{rule.prefix}.dr-heartbeat/{pair.source_region}-to-{pair.target_region}{tagged}"


def _beat_of(metadata: dict[str, str]) -> Beat | None:
    written, since = _instant(metadata.get(_WRITTEN)), _instant(metadata.get(_SINCE))
    return None if written is None else Beat(written, since or written)


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
