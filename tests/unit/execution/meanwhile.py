"""Two who decide about one run at the same time: the other begins when the one has read it and written nothing."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import get_ident
from typing import Any

import pytest

from dr_core.errors import DrError

Act = Callable[[], Any]
BETWEEN_S = 0.2
"""How long the one gives the other, who either waits for the row meanwhile or is through."""
AT_MOST_S = 20.0


@dataclass(frozen=True)
class Outcome:
    """What each of the two was told: a value, or an error of ours. `other_first`: it did not have to wait."""

    one: Any
    other: Any
    other_first: bool


def meanwhile(patch: pytest.MonkeyPatch, module: Any, name: str, one: Act, other: Act) -> Outcome:
    """Do `one`, and `other` in a thread of its own as soon as `one` calls `module.name` for the first time.

    `claim` is where a decision begins, so its caller goes on only after it has claimed; any other function is what a
    decision ends with, so the other comes just before it.
    """
    plain, mine = getattr(module, name), get_ident()
    begun, through = list[Future[Any]](), list[Future[Any]]()
    with ThreadPoolExecutor(1) as pool:

        def let_the_other_begin() -> None:
            if get_ident() == mine and not begun:
                begun.append(pool.submit(_told, other))
                through.extend(wait(begun, timeout=BETWEEN_S).done)

        def wrapped(*args: Any, **more: Any) -> Any:
            if name == "claim":
                found = plain(*args, **more)
                let_the_other_begin()
                return found
            let_the_other_begin()
            return plain(*args, **more)

        with patch.context() as for_now:
            for_now.setattr(module, name, wrapped)
            told = _told(one)
            assert begun, f"the one came to no {name}"
            return Outcome(told, begun[0].result(AT_MOST_S), bool(through))


def _told(act: Act) -> Any:
    try:
        return act()
    except DrError as error:
        return error
