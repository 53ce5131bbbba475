"""Pointers as parameters of SSM.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html: `Overwrite` is the only condition
there is, and each write makes a new version.
"""

from functools import partial

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.errors import RejectedError
from dr_core.releases.model import Pointer


class SsmPointers:
    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "ssm")

    def read(self, name: str, region: str) -> Pointer | None:
        try:
            with aws_errors("ssm", region, "GetParameter"):
                answer = self._client(region).get_parameter(Name=name)
        except AwsRejectedError as error:
            if error.aws_code == "ParameterNotFound":
                return None
            raise
        if answer["Parameter"].get("Type") == "SecureString":
            # Without decryption its value is a ciphertext, which is no colour, and a colour is no secret.
            raise RejectedError(f"{name} in {region} is a SecureString, and a pointer is a String: make it anew.")
        return Pointer(value=str(answer["Parameter"]["Value"]), version=int(answer["Parameter"]["Version"]))

    def put(self, name: str, region: str, value: str) -> None:
        # Type and tier stay as they are: whoever made the parameter chose them.
        with aws_errors("ssm", region, "PutParameter"):
            self._client(region).put_parameter(Name=name, Value=value, Overwrite=True)
