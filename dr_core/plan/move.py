"""What a plan is made for: one application, from one region to another, in one mode."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue

from dr_core.plan.step import Mode, Purpose
from dr_core.topology.model import Account, Application, Failback
from dr_core.value import Value


@dataclass(frozen=True)
class Move:
    """An application on its way from `source` to `target`.

    Where every region serves, users are shifted away from `source`; `returning`, they are brought back to `target`.
    `hold`: for how long a failback wants the target to have caught up.
    """

    application: str
    app: Application
    source: str
    target: str
    mode: Mode
    overrides: tuple[str, ...] = ()
    returning: bool = False
    purpose: Purpose = Purpose.FAILOVER
    hold: timedelta = Failback().hold

    @property
    def forced(self) -> bool:
        return self.mode is Mode.FORCED

    @property
    def homeward(self) -> bool:
        """Whether it is a way home for which the old side has to stand ready, a drill's too; no run is taken back."""
        return leads_home(self.app, self.target, self.mode) and self.purpose is not Purpose.ROLLBACK


def leads_home(app: Application, target: str, mode: Mode) -> bool:
    """Whether a move to `target` brings the application to its primary region while both regions are well."""
    return target == app.primary and mode is Mode.PLANNED and not app.active_active


class Params(Value):
    """What a step kind needs, as stored in a step: written by the plan's builder, read back by the kind."""

    account: Account | None = None

    def stored(self) -> dict[str, JsonValue]:
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)


def slug(text: str) -> str:
    """A part of a step's name: lower case, digits and hyphens."""
    words = "".join(char if char.isalnum() and char.isascii() else " " for char in text.lower()).split()
    return "-".join(words)
