"""A bucket in one region: the copy that is there when the other region is not.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: an object is replaced as a whole or not at all.
"""

from dataclasses import dataclass

from dr_core.aws.clients import acting_clients
from dr_core.aws.faults import aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.runbook.shelf import Page
from dr_core.topology.duties import RunbookPlace


@dataclass(frozen=True)
class Bucket:
    aws: AwsSessions
    place: RunbookPlace

    @property
    def name(self) -> str:
        return f"s3://{self.place.bucket}/{self.place.prefix} in {self.place.region}"

    @property
    def lane(self) -> str:
        return self.place.region

    def put(self, page: Page) -> None:
        client = acting_clients(self.aws, None, purpose=Purpose.RUNBOOK, read_timeout_s=5.0)("s3", self.place.region)
        with aws_errors("s3", self.place.region, "PutObject"):
            client.put_object(
                Bucket=self.place.bucket,
                Key=f"{self.place.prefix.strip('/')}/{page.path}",
                Body=page.text.encode(),
                ContentType="text/markdown; charset=utf-8",
            )
