"""How a step is done by hand, for whoever has the AWS CLI and paper, and no bot."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """`act` is typed once. `until` are conditions, each looked at again until it holds; `show` only prints.

    `note` is said before, `stuck` what to do where `act` is refused or a condition does not come true.
    """

    act: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    note: str = ""
    stuck: str = ""
