"""What a worker reaches of AWS, told with its beat: the doctor on any face then knows it of every worker."""

from datetime import datetime
from threading import Event as Stop

import structlog
from pydantic import JsonValue

from dr_core.errors import DrError
from dr_core.reports.doctor import CheckState
from dr_core.reports.reach import reach
from dr_core.services import Services

log = structlog.get_logger(__name__)

FIRST_S = 20.0
"""Not at once: at its start a worker has to observe, and a short life needs no doctor."""
EVERY_S = 300.0
AGAIN_S = 60.0


class Reaching:
    """Every worker does this for itself, without a lease; `run` in a thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: JsonValue = None

    @property
    def told(self) -> JsonValue:
        """When it looked, how many checks were ok, and those that were not; None before the first look."""
        return self._told

    def run(self, stop: Stop) -> None:
        pause = FIRST_S
        while not stop.wait(pause):
            pause = EVERY_S if self.look() else AGAIN_S

    def look(self) -> bool:
        """Ask once; True when everything was ok."""
        at: datetime = self._services.clock.now()
        try:
            checks = reach(self._services)
        except DrError as error:
            log.warning("reach_not_known", error=error.message)
            return False
        except Exception:
            log.exception("reach_not_known")
            return False
        bad = [check for check in checks if check.state is not CheckState.OK]
        told: list[JsonValue] = [check.model_dump(mode="json") for check in bad]
        self._told = {"at": at.isoformat(), "ok": len(checks) - len(bad), "not_ok": told}
        return not bad
