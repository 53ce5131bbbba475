"""What every listener works with: the services, Slack, and the ways to answer the person who did something."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace

from bot import identity
from bot.delivery import Delivery
from bot.metrics import Metrics
from bot.readiness import face_checks
from bot.slack import Slack, SlackRefusedError
from bot.views.message import Message
from bot.views.modal import View
from commands.context import Outcome
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import DrError, RejectedError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Desk:
    """Shared by all listeners of one process; holds no state of an operation."""

    services: Services
    slack: Slack
    metrics: Metrics
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def topology(self) -> Topology:
        return self.services.topology

    def actor(self, delivery: Delivery) -> Actor:
        return identity.actor(self.services.topology, delivery)

    async def meet(self, delivery: Delivery) -> Delivery:
        """Know who this is before anything is decided; while Slack does not say, the decision itself refuses them."""
        return replace(delivery, full_name=await identity.meet(self.services, self.slack, delivery.user))

    async def run(self, delivery: Delivery, words: str | list[str]) -> Outcome:
        """One command through the one way in, on a thread."""
        delivery = await self.meet(delivery)
        return await asyncio.to_thread(
            dispatch,
            self.services,
            self.actor(delivery),
            words,
            channel=delivery.channel,
            cmd_id=delivery.id,
            evidence=delivery.evidence,
            face_checks=face_checks(self.slack.contact, self.services.clock),
        )

    async def tell(self, delivery: Delivery, message: Message) -> None:
        """Answer privately: by the response_url while there is one, else in the channel, else as a direct message."""
        if delivery.response_url:
            try:
                await self.slack.respond(delivery.response_url, message)
                return
            except RejectedError:
                pass  # used up or too old: the channel is next
        if delivery.channel:
            try:
                await self.slack.ephemeral(delivery.channel, delivery.user, message)
                return
            except SlackRefusedError:
                pass  # the bot or the person is not in that channel
        await self.slack.post(delivery.user, message)

    async def open(self, delivery: Delivery, view: View) -> None:
        """Open a window for the person who just did something."""
        if delivery.trigger is None:
            raise DrError("Slack gave nothing to open a window with; press the button again.")
        await self.slack.open_view(delivery.trigger, view)

    async def refused(self, delivery: Delivery, what: str, error: DrError) -> None:
        """Leave an event for an operation that was refused before it reached a command."""
        data = {"command": what, "reason": error.message}
        by = self.actor(delivery)
        await asyncio.to_thread(
            self.services.store.write,
            lambda tx: append_ops(tx, EventKind.COMMAND_REFUSED, by, data, cmd_id=f"{delivery.id}:refused"),
            Point.COMMAND_REFUSED,
        )

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Go on after the acknowledgement; the task is held, since the loop holds tasks only weakly."""
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def drain(self, seconds: float) -> None:
        """Give what is under way a moment before the process ends."""
        if self._later:
            await asyncio.wait(set(self._later), timeout=seconds)
