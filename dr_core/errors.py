"""The one error tree. The docstring of a class says what it means; code and hint travel with each error."""


class DrError(Exception):
    """Something went wrong that the user can be told in one sentence."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(DrError):
    """The words of a command are wrong or incomplete; nothing was changed."""

    code, exit_code = "usage", 2


class ConfigError(DrError):
    """`dr.yaml` or the environment is wrong; the message says where and what was expected."""

    code, exit_code = "config", 2


class NotFoundError(DrError):
    """The named application, request, run or person does not exist."""

    code, exit_code = "not-found", 2


class RefusedError(DrError):
    """Policy refuses this person or this operation; nothing was changed."""

    code, exit_code = "refused", 3


class ConflictError(DrError):
    """Somebody else decided first; the message says who and what."""

    code, exit_code = "conflict", 3


class UnreachableError(DrError):
    """A service that is needed did not answer."""

    code, exit_code = "unreachable", 4


class ThrottledError(UnreachableError):
    """A service asks for fewer calls."""

    code = "throttled"


class DeniedError(DrError):
    """Credentials are missing, expired or lack a permission; the message names action and resource."""

    code, exit_code = "denied", 4


class RejectedError(DrError):
    """A service understood the call and refused it, such as a fault of state or a missing resource."""

    code = "rejected"


class FinalError(RejectedError):
    """What was tried has ended without success, and nothing of it is left: nobody need try again."""

    code = "failed"


class LeaseLostError(DrError):
    """Another process owns the run now; this one must not touch it again."""

    code = "lease-lost"
