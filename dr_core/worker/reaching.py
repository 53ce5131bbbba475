"""What a worker reaches of AWS, told with its beat: the doctor on any face then knows it of every worker."""

from pydantic import JsonValue

from dr_core.doctor.reach import reach
from dr_core.doctor.result import CheckState
from dr_core.services import Services

FIRST_S = 20.0
"""Not at once: at its start a worker has to observe, and a short life needs no doctor."""
EVERY_S = 300.0
AGAIN_S = 60.0


class Reaching:
    """Every worker does this for itself, without a lease."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: JsonValue = None
        self._all_ok = False

    @property
    def told(self) -> JsonValue:
        """When it looked, how many checks were ok, and those that were not; None before the first look."""
        return self._told

    def pause(self) -> float:
        """Seconds to the next look: what is wrong may be mended soon."""
        return EVERY_S if self._all_ok else AGAIN_S

    def look(self) -> bool:
        """Ask once; True when everything was ok."""
        self._all_ok = False
        at = self._services.clock.now()
        checks = reach(self._services)
        bad = [check for check in checks if check.state is not CheckState.OK]
        told: list[JsonValue] = [check.model_dump(mode="json") for check in bad]
        self._told = {"at": at.isoformat(), "ok": len(checks) - len(bad), "not_ok": told}
        self._all_ok = not bad
        return self._all_ok
