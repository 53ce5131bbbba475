"""AWS in memory for examinations: answers by service, region and operation, and errors in their place."""

from collections.abc import Callable
from typing import Any

from dr_core.aws.faults import AwsRejectedError
from dr_core.errors import DrError
from dr_core.readiness.asking import method_of

Answer = dict[str, Any] | Callable[..., dict[str, Any]]
ANY = "*"


class MemoryAws:
    """Answers are AWS's own shapes; a function is called with the parameters. A region of ANY fits every region.

    What nobody put in is refused as not existing. `fail` goes before every answer; `log` holds what was asked.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], Answer] = {}
        self._errors: list[tuple[str, str, str, DrError]] = []
        self.log: list[tuple[str, str, str]] = []

    def put(self, service: str, operation: str, answer: Answer, region: str = ANY) -> None:
        self._answers[service, region, method_of(operation)] = answer

    def fail(self, error: DrError, service: str = ANY, operation: str = ANY, region: str = ANY) -> None:
        method = operation if operation == ANY else method_of(operation)
        self._errors.append((service, region, method, error))

    def client_of(self, service: str, region: str, /, endpoint_url: str | None = None) -> Any:
        return _Client(self, service, region)

    def ask(self, service: str, region: str, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self.log.append((service, region, method))
        for of_service, of_region, of_method, error in self._errors:
            if of_service in (ANY, service) and of_region in (ANY, region) and of_method in (ANY, method):
                raise error
        for place in (region, ANY):
            answer = self._answers.get((service, place, method))
            if answer is not None:
                return answer(**parameters) if callable(answer) else answer
        raise not_found(f"{service} {method} in {region}: nothing like {parameters}")


class _Client:
    def __init__(self, aws: MemoryAws, service: str, region: str) -> None:
        self._aws, self._service, self._region = aws, service, region

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        return lambda **parameters: self._aws.ask(self._service, self._region, method, parameters)


def not_found(message: str, code: str = "NotFoundException") -> AwsRejectedError:
    """The refusal with which AWS says that there is no such thing."""
    error = AwsRejectedError(message)
    error.aws_code = code
    return error
