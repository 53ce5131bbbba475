"""Pages of a listing: a token is how many entries were returned before."""

from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.world.api import AwsError

T = TypeVar("T")


def position(token: object, refusal: AwsError) -> int:
    """Where a page begins; `refusal` for a token that no page gave."""
    if token in (None, ""):
        return 0
    if not str(token).isdigit():
        raise refusal
    return int(str(token))


def page(items: Sequence[T], token: object, most: int, refusal: AwsError) -> tuple[list[T], str | None]:
    """The entries of one page, and the token of the next when there is one."""
    start = position(token, refusal)
    if start > len(items):
        raise refusal
    end = start + most
    return list(items[start:end]), str(end) if end < len(items) else None
