"""What botocore knows of each service: its operations, protocol and names."""

import re
from functools import cache

import botocore.session
from botocore import xform_name
from moto.core.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model

# Signing names that differ from the name of the boto3 client.
_BY_SIGNING_NAME = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "logs": "logs",
    "servicequotas": "service-quotas",
    "tagging": "resourcegroupstaggingapi",
}

_READS = re.compile(
    r"^(Describe|List|Get|Head|Lookup|Search|Select|BatchGet|Query|Scan|Test|Check|Simulate|Estimate|Preview|Validate)"
)
_READS_BY_NAME = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "TransactGetItems",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "ReEncrypt",
        "Sign",
        "Verify",
        "ReceiveMessage",
    }
)


@cache
def known_services() -> frozenset[str]:
    """The names of all boto3 clients."""
    return frozenset(botocore.session.get_session().get_available_services())


@cache
def service_named(signing_name: str) -> str | None:
    """The boto3 client that signs with this name, None when there is none."""
    name = _BY_SIGNING_NAME.get(signing_name, signing_name)
    return name if name in known_services() else None


def model_of(service: str) -> ServiceModel:
    """The service's model, loaded once."""
    return get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel:
    """The operation's model; KeyError-like error of botocore when it does not exist."""
    model: OperationModel = model_of(service).operation_model(operation)
    return model


def operation_named(service: str | None, operation: str) -> str | None:
    """The CamelCase name of an operation given in either spelling; without a service it is only respelled."""
    if service is None:
        return operation if operation[:1].isupper() else "".join(part.capitalize() for part in operation.split("_"))
    names = model_of(service).operation_names
    return next((name for name in names if operation in (name, xform_name(name))), None)


def changes_something(service: str, operation: str) -> bool:
    """Whether a call may change the world; reads, and computing with a key, do not."""
    if service == "lambda" and operation == "Invoke":
        return True
    return not _READS.match(operation) and operation not in _READS_BY_NAME
