"""One object written, read and deleted in the standby's bucket, under a prefix of the drill's own.

Replication may carry it to the application's other buckets: there it is looked for, and deleted, as well. While S3
still has to copy it, it stays, since a copy may arrive after its source was deleted.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
"""

from dr_core.drills.model import Exercise
from dr_core.drills.port import DrillObjects
from dr_core.drills.trial import Kept, Occasion, Seen, Verdict, failed, passed, unknown
from dr_core.plan.catalogue import Progress

NAME = "written-by-a-drill"
PREFIX = "dr-drill"


class WriteAndRead:
    """`params`: `buckets` by region, and `prefix`. `kept`: `body`, what is written."""

    patience_s = 60.0

    def __init__(self, objects: DrillObjects) -> None:
        self._objects = objects

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        bucket, region, _ = _place(exercise)
        if self._objects.locks(bucket, region):
            return unknown(f"{bucket} locks every new object: what a drill writes could not be deleted")
        return Kept({"body": f"Written and deleted by drill {occasion.drill.id} of the disaster recovery bot.\n"})

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        bucket, region, key = _place(exercise)
        body = self._objects.read(bucket, region, key)
        if body is None:
            return Seen(Progress.ABSENT)
        if body.decode("utf-8", "replace") != exercise.kept["body"]:
            return Seen(Progress.SATISFIED, verdict=failed(f"{key} holds something else than was written"))
        return Seen(Progress.SATISFIED, verdict=passed(f"written to {bucket} and read back"))

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        bucket, region, key = _place(exercise)
        self._objects.put(bucket, region, key, str(exercise.kept["body"]).encode())

    def left(self, exercise: Exercise, occasion: Occasion) -> Seen:
        bucket, region, key = _place(exercise)
        if self._objects.copying(bucket, region, key):
            return Seen(Progress.UNDER_WAY, f"S3 has yet to copy it from {bucket}")
        buckets = _buckets(exercise)
        found = [name for where, name in buckets.items() if self._objects.versions(name, where, _prefix(exercise))]
        if found:
            return Seen(Progress.ABSENT, f"there is something under {_prefix(exercise)} in {', '.join(found)}")
        return Seen(Progress.SATISFIED, f"nothing is under {_prefix(exercise)} in {', '.join(buckets.values())}")

    def clean(self, exercise: Exercise, occasion: Occasion) -> None:
        for region, bucket in _buckets(exercise).items():
            versions = self._objects.versions(bucket, region, _prefix(exercise))
            if versions:
                self._objects.delete(bucket, region, versions)


def prefix_of(drill: str, region: str) -> str:
    """Of a region's own: what is copied here from another standby is not what was written here."""
    return f"{PREFIX}/{drill}/{region}/"


def _buckets(exercise: Exercise) -> dict[str, str]:
    buckets = exercise.params["buckets"]
    assert isinstance(buckets, dict)
    return {region: str(name) for region, name in buckets.items()}


def _prefix(exercise: Exercise) -> str:
    return str(exercise.params["prefix"])


def _place(exercise: Exercise) -> tuple[str, str, str]:
    """The standby's bucket, its region, and the key."""
    region = str(exercise.region)
    return _buckets(exercise)[region], region, f"{_prefix(exercise)}{NAME}"
