"""What a plan is made for: one application, from one region to another, in one mode."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan.step import Mode, Purpose
from dr_core.topology.model import Account, Application
from dr_core.value import Value


@dataclass(frozen=True)
class Move:
    """An application on its way from `source` to `target`.

    Where every region serves, users are shifted away from `source`; `returning`, they are brought back to `target`.
    """

    application: str
    app: Application
    source: str
    target: str
    mode: Mode
    overrides: tuple[str, ...] = ()
    returning: bool = False
    purpose: Purpose = Purpose.FAILOVER

    @property
    def forced(self) -> bool:
        return self.mode is Mode.FORCED


class Params(Value):
    """What a step kind needs, as stored in a step: written by the plan's builder, read back by the kind."""

    account: Account | None = None

    def stored(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)


def slug(text: str) -> str:
    """A part of a step's name: lower case, digits and hyphens."""
    words = "".join(char if char.isalnum() and char.isascii() else " " for char in text.lower()).split()
    return "-".join(words)
