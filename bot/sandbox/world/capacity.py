"""Fleets whose running counts follow the desired ones in time: behind ECS services and Auto Scaling groups."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

START_S = 60.0
STOP_S = 10.0


@dataclass
class Fleet:
    """Tasks or instances of one service or group in one region; `kind` is the service whose API shows them.

    `short`: growing stopped for want of capacity. `held`: nothing may be launched, whatever is asked for.
    """

    kind: str
    region: str
    name: str
    desired: int
    running: int
    short: bool = False
    held: bool = False


Listener = Callable[[Fleet, int], None]
"""Told of a fleet and how many ran before: as many as now when there was no capacity for more."""
Watcher = Callable[[Fleet], None]
"""Told of a fleet of which another size was asked."""


class Capacity:
    """All fleets."""

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._listeners: dict[str, Listener] = {}
        self._watchers: dict[str, Watcher] = {}
        self.fleets: dict[tuple[str, str, str], Fleet] = {}
        ground.faults.subscribe(self._resume)

    def listen(self, kind: str, listener: Listener) -> None:
        """Call it after every change of the running count of a fleet of this kind."""
        self._listeners[kind] = listener

    def watch(self, kind: str, watcher: Watcher) -> None:
        """Call it whenever somebody asks for another size of a fleet of this kind."""
        self._watchers[kind] = watcher

    def hold(self, kind: str, region: str, name: str, *, held: bool) -> None:
        """Whether nothing of it may be launched. What was asked for meanwhile comes when that is over."""
        fleet = self._fleet(kind, region, name)
        fleet.held = held
        self._move(fleet)

    def seed(self, kind: str, region: str, name: str, count: int) -> None:
        """A fleet that already runs."""
        fleet = self._fleet(kind, region, name)
        fleet.desired = fleet.running = count

    def want(self, kind: str, region: str, name: str, count: int) -> Fleet:
        """So many from now on; they come and go in time."""
        fleet = self._fleet(kind, region, name)
        fleet.desired = count
        self._move(fleet)
        if kind in self._watchers:
            self._watchers[kind](fleet)
        return fleet

    def running(self, kind: str, region: str, name: str) -> int:
        fleet = self.fleets.get((kind, region, name))
        return 0 if fleet is None else fleet.running

    def there(self, kind: str, region: str) -> list[Fleet]:
        """Every fleet of a kind in a region."""
        return [fleet for fleet in self.fleets.values() if (fleet.kind, fleet.region) == (kind, region)]

    def _fleet(self, kind: str, region: str, name: str) -> Fleet:
        return self.fleets.setdefault((kind, region, name), Fleet(kind, region, name, 0, 0))

    def _resume(self) -> None:
        """Capacity may be there again: go on where growing had stopped."""
        for fleet in self.fleets.values():
            if fleet.short and not self._is_short(fleet):
                fleet.short = False
                self._move(fleet)

    def _move(self, fleet: Fleet) -> None:
        growing = fleet.desired > fleet.running
        if fleet.desired != fleet.running and not (growing and fleet.held):
            seconds = START_S if growing else STOP_S
            self._timeline.after(seconds, partial(self._arrive, fleet, fleet.desired))

    def _arrive(self, fleet: Fleet, count: int) -> None:
        if fleet.desired != count or fleet.running == count or (fleet.held and count > fleet.running):
            return
        if count > fleet.running and self._is_short(fleet):
            fleet.short = True
            count = fleet.running
        before, fleet.running = fleet.running, count
        self._listeners[fleet.kind](fleet, before)

    def _is_short(self, fleet: Fleet) -> bool:
        short = self._faults.lasting(FaultKind.CAPACITY_SHORT, (fleet.region,), fleet.kind) is not None
        return short or not self._faults.up(fleet.region)
