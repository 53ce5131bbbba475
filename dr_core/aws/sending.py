"""What befalls each request as it is sent: the guard is asked, the step is named, nothing is repeated blindly."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote

from dr_core.aws.faults import answer_code, attempt_is_doubtful, current_call

Guard = Callable[[], None]

# What cannot change anything; every other operation is not repeated where an attempt may have worked.
_READS = re.compile(
    r"^(Describe|Get|List|Head|Test|Lookup|Search|Query|Scan|BatchGet|Simulate|Select|AssumeRole|Decrypt)"
)
_ACCOUNT_IN_HOST = re.compile(r"(?<=://)\d{12}\.")

_send_guard: ContextVar[Guard | None] = ContextVar("send_guard", default=None)
_acting_for: ContextVar[str | None] = ContextVar("acting_for", default=None)


@contextmanager
def guarded(guard: Guard) -> Iterator[None]:
    """While it lasts, `guard` is asked before each request of this thread leaves, retries included.

    It raises (LeaseLostError) to stop the request; what it raises reaches the caller unchanged.
    """
    token = _send_guard.set(guard)
    try:
        yield
    finally:
        _send_guard.reset(token)


@contextmanager
def acting_for(run_id: str, step: str) -> Iterator[None]:
    """While it lasts, this thread's requests say in their user agent for which step of which run they are sent.

    CloudTrail's record of a call can then be held against the intent that it was made under.
    """
    token = _acting_for.set(f"dr-step/{quote(run_id, safe='')}.{quote(step, safe='')}")
    try:
        yield
    finally:
        _acting_for.reset(token)


def ask_guard(**_event: object) -> None:
    guard = _send_guard.get()
    if guard is not None:
        guard()


def tell_step(*, request: Any, **_event: object) -> None:
    """After signing: botocore writes the user agent anew until then, and no signature covers it."""
    step = _acting_for.get()
    if step is not None:
        request.headers["User-Agent"] = f"{request.headers.get('User-Agent', '')} {step}"


def no_blind_repeat(
    *, operation: Any, response: Any, caught_exception: Exception | None, **_event: object
) -> bool | None:
    """botocore's `needs-retry`: False ends the call, None leaves it to the standard rules. Notes doubtful attempts."""
    code, status = answer_code(response[1]) if response else ("", 0)
    if not attempt_is_doubtful(status, code, caught_exception):
        return None
    record = current_call.get()
    if record is not None:
        record.doubtful = True
    return None if _READS.match(operation.name) else False


def account_out_of_host(*, request: Any, **_event: object) -> None:
    """S3's control API puts the account's id before the host; one endpoint for everything has no such name."""
    request.url = _ACCOUNT_IN_HOST.sub("", request.url)
