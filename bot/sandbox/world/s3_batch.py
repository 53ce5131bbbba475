"""S3 Batch Operations as far as Batch Replication goes: jobs that list objects, wait to be confirmed, and copy them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-batch.html

Which words AWS has for a generator that finds nothing is not documented; those below are this world's. Reports and
priorities are taken and have no effect.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page
from bot.sandbox.world.s3 import S3, Stored

LISTING_S = 20.0
COPYING_S = 30.0
_MOST = 1000
_OVER = frozenset({"Complete", "Failed", "Cancelled"})
_NAMESPACE = uuid.UUID("5a6d0e2c-0000-4000-8000-000000000002")


@dataclass
class Job:
    """One job, in the region of its bucket. `asked` is the request; `found` the objects that it lists."""

    id: str
    account: str
    region: str
    asked: Parameters
    made_at: datetime
    status: str = "New"
    failure: str = ""
    found: list[Stored] = field(default_factory=list)
    copied: int = 0

    @property
    def bucket(self) -> str:
        generator = self.asked["ManifestGenerator"]["S3JobManifestGenerator"]
        return str(generator["SourceBucket"]).rsplit(":", 1)[-1]


class S3Batch:
    """The control API of S3; the objects are those of `S3`."""

    PAGES: ClassVar[dict[str, str]] = {
        "s3control": "https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self._s3 = ground.part(S3)
        self.jobs: dict[str, Job] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "CreateJob": self.create,
            "DescribeJob": self.describe,
            "ListJobs": self.listed,
            "UpdateJobStatus": self.update,
        }
        return {("s3control", name): handler for name, handler in table.items()}

    # -- operations --------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> Parameters:
        """A job lists its objects by itself; with ConfirmationRequired it then waits. One token makes one job."""
        asked = {name: value for name, value in call.parameters.items() if name != "ClientRequestToken"}
        token, account = call.text("ClientRequestToken"), call.text("AccountId")
        identifier = str(uuid.uuid5(_NAMESPACE, f"{account} {call.region} {token}"))
        known = self.jobs.get(identifier)
        if known is not None:
            if known.asked != asked:
                raise AwsError("IdempotencyException", "The token was used with other parameters.")
            return {"JobId": identifier}
        if "S3ReplicateObject" not in (asked.get("Operation") or {}) or not asked.get("ManifestGenerator"):
            raise AwsError("InvalidRequest", "Only Batch Replication with a manifest generator is simulated.")
        job = Job(identifier, account, call.region, asked, self._timeline.now)
        if self._s3.region_of(job.bucket) != call.region:
            raise AwsError("InvalidRequest", f"The bucket {job.bucket} is not in {call.region}.")
        self.jobs[identifier] = job
        self._timeline.after(LISTING_S / 4, lambda: self._step(job, "New", "Preparing"))
        self._timeline.after(LISTING_S, lambda: self._list(job))
        return {"JobId": identifier}

    def describe(self, call: Call) -> Parameters:
        """With the reason of a failure."""
        job = self._job(call)
        reasons = [{"FailureCode": "ManifestGeneratorFailure", "FailureReason": job.failure}] if job.failure else []
        return {
            "Job": {
                **{name: value for name, value in _summary(job).items() if name != "Operation"},
                "Operation": job.asked.get("Operation"),
                "ConfirmationRequired": bool(job.asked.get("ConfirmationRequired")),
                "FailureReasons": reasons,
                "RoleArn": job.asked.get("RoleArn"),
                "Report": job.asked.get("Report"),
            }
        }

    def listed(self, call: Call) -> Parameters:
        """The account's jobs in this region, by status where one is asked for, the newest first."""
        account, wanted = call.text("AccountId"), call.parameters.get("JobStatuses") or ()
        found = [
            job
            for job in reversed(self.jobs.values())
            if job.account == account and job.region == call.region and (not wanted or job.status in wanted)
        ]
        refusal = AwsError("InvalidNextTokenException", "The token is not valid.")
        most = int(call.parameters.get("MaxResults") or _MOST)
        shown, rest = page([_summary(job) for job in found], call.parameters.get("NextToken"), most, refusal)
        return {"Jobs": shown, **({"NextToken": rest} if rest else {})}

    def update(self, call: Call) -> Parameters:
        """`Ready` confirms a job that waits; `Cancelled` ends one that has not ended."""
        job, wanted = self._job(call), call.text("RequestedJobStatus")
        if job.status in _OVER or (wanted == "Ready" and job.status != "Suspended"):
            raise AwsError("JobStatusException", f"The job is {job.status}.")
        job.status = wanted
        if wanted == "Ready":
            self._run(job)
        return {"JobId": job.id, "Status": job.status}

    # -- time --------------------------------------------------------------------------------------------------------

    def _step(self, job: Job, before: str, after: str) -> None:
        if job.status == before:
            job.status = after

    def _list(self, job: Job) -> None:
        """What the rules would carry, of those replication statuses that are asked for."""
        if job.status != "Preparing":
            return
        chosen = job.asked["ManifestGenerator"]["S3JobManifestGenerator"].get("Filter") or {}
        statuses = set(chosen.get("ObjectReplicationStatuses") or ("COMPLETED", "FAILED", "REPLICA", "NONE"))
        job.found = self._s3.eligible(job.bucket, statuses)
        if not job.found:
            job.status, job.failure = "Failed", "Manifest generator found no keys matching filter criteria"
        elif job.asked.get("ConfirmationRequired"):
            job.status = "Suspended"
        else:
            job.status = "Ready"
            self._run(job)

    def _run(self, job: Job) -> None:
        self._timeline.after(COPYING_S / 10, lambda: self._step(job, "Ready", "Active"))
        self._timeline.after(COPYING_S, lambda: self._copy(job))

    def _copy(self, job: Job) -> None:
        if job.status == "Active":
            for stored in job.found:
                self._s3.replicate(job.bucket, stored)
            job.status, job.copied = "Complete", len(job.found)

    def _job(self, call: Call) -> Job:
        job = self.jobs.get(call.text("JobId"))
        if job is None or job.region != call.region or job.account != call.text("AccountId"):
            raise AwsError("NoSuchJob", "The specified job does not exist.", 404)
        return job


def _summary(job: Job) -> Parameters:
    return {
        "JobId": job.id,
        "Description": job.asked.get("Description"),
        "Operation": "S3ReplicateObject",
        "Priority": job.asked.get("Priority"),
        "Status": job.status,
        "CreationTime": job.made_at,
        "ProgressSummary": {
            "TotalNumberOfTasks": len(job.found),
            "NumberOfTasksSucceeded": job.copied,
            "NumberOfTasksFailed": 0,
        },
    }
