"""One door for everything that can be broken: AWS by the world, Slack by the local Slack, processes by signals."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from bot.sandbox.processes import Processes, ProcessFaultKind
from bot.sandbox.slack.faults import SlackFaultKind
from bot.sandbox.slack.server import LocalSlack


class WorldPort(Protocol):
    """What the sandbox asks of the simulated AWS."""

    def snapshot(self) -> dict[str, Any]:
        """The truth, not what the bot believes."""
        ...

    def calls(self) -> list[dict[str, Any]]:
        """Every mutating AWS call."""
        ...

    def permissions(self) -> dict[str, list[dict[str, str]]]:
        """What policies let through and refused, where they are enforced."""
        ...

    def add_fault(
        self,
        kind: str,
        *,
        region: str | None = None,
        service: str | None = None,
        operation: str | None = None,
        value: Any = None,
        for_s: float | None = None,
    ) -> str:
        """Break something; ValueError says what is unknown."""
        ...

    def remove_fault(self, fault_id: str | None) -> Any:
        """Mend one thing, or all with None."""
        ...

    def faults(self) -> list[dict[str, Any]]:
        """What is broken."""
        ...

    def set_speed(self, speed: float) -> None:
        """Divide how long simulated services take."""
        ...


@dataclass(frozen=True)
class Wanted:
    """One fault as asked for."""

    kind: str
    region: str | None = None
    service: str | None = None
    operation: str | None = None
    value: Any = None
    for_s: float | None = None


class Faults:
    """Adds, lists and removes faults wherever they belong."""

    def __init__(self, world: WorldPort, slack: LocalSlack, processes: Processes) -> None:
        self._world = world
        self._slack = slack
        self._processes = processes

    async def add(self, wanted: Wanted) -> str:
        """The id of the new fault; ValueError says what is wrong with it."""
        if wanted.kind in set(SlackFaultKind):
            value = None if wanted.value is None else float(wanted.value)
            return await self._slack.add_fault(
                SlackFaultKind(wanted.kind), operation=wanted.operation, value=value, for_s=wanted.for_s
            )
        if wanted.kind in set(ProcessFaultKind):
            return self._processes.add_fault(ProcessFaultKind(wanted.kind), for_s=wanted.for_s)
        return await asyncio.to_thread(
            self._world.add_fault,
            wanted.kind,
            region=wanted.region,
            service=wanted.service,
            operation=wanted.operation,
            value=wanted.value,
            for_s=wanted.for_s,
        )

    async def remove(self, fault_id: str | None) -> bool:
        """Mend one thing, or everything with None; False when there is no such fault."""
        if fault_id is None:
            self._slack.desk.faults.remove(None)
            self._processes.remove_fault(None)
            await asyncio.to_thread(self._world.remove_fault, None)
            return True
        if self._slack.desk.faults.remove(fault_id) or self._processes.remove_fault(fault_id):
            return True
        if fault_id not in {str(fault.get("id")) for fault in self._world.faults()}:
            return False
        await asyncio.to_thread(self._world.remove_fault, fault_id)
        return True

    def all(self) -> list[dict[str, Any]]:
        """Everything that is broken now."""
        slack = [
            {"id": fault.id, "kind": fault.kind.value, "operation": fault.operation, "value": fault.value}
            for fault in self._slack.desk.faults.all()
        ]
        processes = [{"id": one, "kind": kind.value} for one, kind in self._processes.faults().items()]
        return [*self._world.faults(), *slack, *processes]
