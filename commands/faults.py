"""The one place where an unexpected exception becomes a message with an id; its traceback goes to the log only."""

from collections.abc import Callable
from typing import TypeVar

from dr_core.errors import DrError

T = TypeVar("T")


class InternalError(DrError):
    """A fault of ours. `reference` is the id under which the log has the details."""

    code = "internal"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Internal error, id {reference}.", hint="The log has the details under this id.")
        self.reference = reference


def guarded(command: str, work: Callable[[], T]) -> T:
    """Run `work`; DrError passes, anything else is logged and raised as InternalError."""
    try:
        return work()
    except (DrError, BrokenPipeError):
        raise
    except Exception as error:
        import structlog  # a fault is rare: `dr --help` does not pay for its log
        from ulid import ULID

        reference = str(ULID())
        structlog.get_logger(__name__).exception("internal error", id=reference, command=command)
        raise InternalError(reference) from error
