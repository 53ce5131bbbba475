"""Markers as parameters of SSM, under the purpose `freeze`."""

from typing import Any

from dr_core.aws.clients import observing_clients
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.model import Account


class SsmMarkers:
    def __init__(self, aws: AwsSessions) -> None:
        self._aws = aws

    def read(self, account: Account | None, name: str, region: str) -> str | None:
        try:
            with aws_errors("ssm", region, "GetParameter"):
                answer = self._client(account, region).get_parameter(Name=name)
        except AwsRejectedError as error:
            if error.aws_code == "ParameterNotFound":
                return None
            raise
        return str(answer["Parameter"]["Value"])

    def put(self, account: Account | None, name: str, region: str, text: str) -> None:
        with aws_errors("ssm", region, "PutParameter"):
            self._client(account, region).put_parameter(Name=name, Value=text, Type="String", Overwrite=True)

    def take(self, account: Account | None, name: str, region: str) -> None:
        try:
            with aws_errors("ssm", region, "DeleteParameter"):
                self._client(account, region).delete_parameter(Name=name)
        except AwsRejectedError as error:
            if error.aws_code != "ParameterNotFound":
                raise

    def _client(self, account: Account | None, region: str) -> Any:
        return observing_clients(self._aws, account, Purpose.FREEZE)("ssm", region)
