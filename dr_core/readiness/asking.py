"""One AWS call of an examination: by its name in the API reference, and its errors as ours."""

import re
from collections.abc import Iterator
from typing import Any

from dr_core.aws.faults import aws_errors, is_gone
from dr_core.errors import RejectedError
from dr_core.readiness.examination import Subject

_MOST_PAGES = 40
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def method_of(operation: str) -> str:
    """How boto3 spells an operation: DescribeDBClusters -> describe_db_clusters."""
    return _WORD.sub("_", operation).lower()


def call(
    subject: Subject, service: str, region: str, operation: str, *, endpoint: str | None = None, **parameters: Any
) -> dict[str, Any]:
    """The answer as boto3 gives it. Raises DrError."""
    with aws_errors(service, region, operation):
        method = getattr(subject.client_of(service, region, endpoint), method_of(operation))
        answer: dict[str, Any] = method(**parameters)
        return answer


def found(subject: Subject, service: str, region: str, operation: str, **parameters: Any) -> dict[str, Any] | None:
    """The answer; None where AWS says that there is no such thing."""
    try:
        return call(subject, service, region, operation, **parameters)
    except RejectedError as error:
        if is_gone(error):
            return None
        raise


def pages(
    subject: Subject, service: str, region: str, operation: str, *, token: tuple[str, str], **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Every page of a listing; `token` names the answer's field that says where to go on, and the request's."""
    given, asked = token
    answer = call(subject, service, region, operation, **parameters)
    yield answer
    for _ in range(_MOST_PAGES):
        if not answer.get(given):
            return
        answer = call(subject, service, region, operation, **parameters, **{asked: answer[given]})
        yield answer
