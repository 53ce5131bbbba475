"""Replicated buckets through S3's API: their rules, what these still owe, and Batch Replication jobs.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-batch.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html: `ClientRequestToken` keeps a second call
from making a second job; a job that requires confirmation lists its objects and then waits, suspended, for a person.
"""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.copies.backfill import OPERATION, PRIORITY, REPORT, account_of, described, listed_by
from dr_core.copies.port import BackfillJob, Remainder
from dr_core.errors import RejectedError
from dr_core.observation.model import Figure
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.port import BucketPair
from dr_core.replication.rules import Rule, live
from dr_core.replication.s3 import S3Lag, rules_of

_FAILED = "Failed"
_PAGE, _MOST_PAGES = 1000, 20


class S3Copies:
    """One attempt a call: the runner repeats, so that every attempt is seen."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = client_of
        self._clock = clock
        self._reader = S3Lag(client_of, Metrics(client_of, clock), clock)

    def rules(self, pair: BucketPair) -> tuple[Rule, ...]:
        return rules_of(self._client, pair.source, pair.source_region)

    def remainder(self, pair: BucketPair) -> Remainder:
        if not live(self.rules(pair), pair):
            raise RejectedError(f"No enabled rule replicates {pair.source} to {pair.target}.")
        return owed(self._reader.lag(pair).figures, self._clock)

    def backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> BackfillJob | None:
        account, region, mine = account_of(role_arn), pair.source_region, described(pair, claim.run)
        found = next((raw for raw in self._jobs(account, region) if raw.get("Description") == mine), None)
        if found is None:
            return None
        failure = self._failure(found["JobId"], account, region) if found["Status"] == _FAILED else ""
        done = found.get("ProgressSummary") or {}
        return BackfillJob(
            found["JobId"],
            found["Status"],
            failure,
            total=int(done.get("TotalNumberOfTasks") or 0),
            copied=int(done.get("NumberOfTasksSucceeded") or 0),
            failed=int(done.get("NumberOfTasksFailed") or 0),
        )

    def prepare_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        self._make(pair, role_arn, claim, confirmed_by_a_person=True)

    def start_backfill(self, pair: BucketPair, role_arn: str, claim: Claim) -> None:
        self._make(pair, role_arn, claim, confirmed_by_a_person=False)

    def _make(self, pair: BucketPair, role_arn: str, claim: Claim, *, confirmed_by_a_person: bool) -> None:
        with aws_errors("s3control", pair.source_region, "CreateJob"):
            self._client("s3control", pair.source_region).create_job(
                AccountId=account_of(role_arn),
                # A step's token may be cut off where two buckets have long names: with its bucket it is the job's own.
                ClientRequestToken=str(uuid5(NAMESPACE_URL, f"{claim.token} {pair.source} {pair.target}")),
                ConfirmationRequired=confirmed_by_a_person,
                Description=described(pair, claim.run),
                Operation=OPERATION,
                ManifestGenerator=listed_by(pair),
                Report=REPORT,
                Priority=PRIORITY,
                RoleArn=role_arn,
            )

    def _jobs(self, account: str, region: str) -> list[dict[str, Any]]:
        client, token, found = self._client("s3control", region), dict[str, str](), list[dict[str, Any]]()
        for _ in range(_MOST_PAGES):
            with aws_errors("s3control", region, "ListJobs"):
                page = client.list_jobs(AccountId=account, MaxResults=_PAGE, **token)
            found += page.get("Jobs", ())
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}
        raise RejectedError(f"There are more than {_PAGE * _MOST_PAGES} Batch Operations jobs in {region}.")

    def _failure(self, job: str, account: str, region: str) -> str:
        with aws_errors("s3control", region, "DescribeJob"):
            told = self._client("s3control", region).describe_job(AccountId=account, JobId=job)["Job"]
        reasons = [str(one.get("FailureReason", "")) for one in told.get("FailureReasons", ())]
        return "; ".join(reason for reason in reasons if reason) or "S3 gives no reason"


def owed(figures: tuple[Figure, ...], clock: Clock) -> Remainder:
    """The sum over all rules; one that is not known makes all of it unknown."""
    now = clock.now()
    waiting = [figure for figure in figures if figure.name.startswith("pending_operations/")]
    sizes = [figure.value for figure in figures if figure.name.startswith("pending_bytes/")]
    unknown = [figure.reason for figure in waiting if figure.value is None]
    if unknown or not waiting:
        return Remainder(None, None, None, now, "; ".join(dict.fromkeys(unknown)) or "no rule has metrics")
    times = [figure.measured_at for figure in waiting if figure.measured_at is not None]
    size = None if None in sizes else round(sum(value for value in sizes if value is not None))
    return Remainder(round(sum(figure.value or 0.0 for figure in waiting)), size, min(times, default=None), now)
