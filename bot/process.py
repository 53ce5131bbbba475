"""The bot as a process: everything started, kept going, and on a signal ended within a second or two."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from importlib.metadata import version

import aiohttp
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from pydantic import JsonValue

from bot import app as bolt
from bot import health_port, identity
from bot.after_actions import AfterActions
from bot.announcer import Announcer
from bot.connection import Connection, HttpMode, SocketMode
from bot.desk import Desk
from bot.election import Election
from bot.loops import forever
from bot.metrics import Metrics
from bot.readiness import face_checks
from bot.scheduler import Schedules
from bot.serving import server, started
from bot.slack import Slack, connect
from dr_core.doctor.agreement import fingerprints
from dr_core.errors import DrError
from dr_core.failpoints import Point
from dr_core.reports.process_gauges import ProcessGauges
from dr_core.services import Services
from dr_core.store import replicas

_FOLLOW_EVERY_S = 0.5
_TICK_S = 3
_REPORT_EVERY_S = 3.0
_BEAT_EVERY_S = 10.0
_LOOK_EVERY_S = 2.0
_CONTACT_EVERY_S = 60.0
_END_S = 1.5
_TOLD_S = 0.8  # Slack answers within this; a Slack that hangs must not keep others from announcing
_log = structlog.get_logger()


class Bot:
    """One replica of the bot."""

    def __init__(self, services: Services, slack: Slack) -> None:
        # A container's pid is the same after each start; a lease of the life before must not look like ours.
        self.name = f"bot-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.services, self.slack, self.metrics = services, slack, Metrics()
        self.metrics.show(ProcessGauges(services.store, self.name))
        self.desk = Desk(services, slack, self.metrics)
        store, clock = services.store, services.clock
        self.announcing = Election(store, clock, "announcer", self.name, self.metrics)
        self.scheduling = Election(store, clock, "schedule", self.name, self.metrics)
        self.announcer = Announcer(services, slack, self.announcing, self.metrics)
        self.schedules = Schedules(services, slack, self.scheduling, self.name)
        self.connection = _connection(self.desk)
        self._roster_due = clock.monotonic()
        self._telling, self._uploading = asyncio.Lock(), asyncio.Lock()
        self.after_actions = AfterActions(services, slack, self.announcing, self._uploading)

    async def roster(self) -> None:
        """One process reads the roster for all, at its start and then every minute."""
        now = self.services.clock.monotonic()
        if now >= self._roster_due and await asyncio.to_thread(self.announcing.hold):
            await identity.refresh(self.services, self.slack)
            self._roster_due = now + identity.ROSTER_EVERY_S

    async def contact(self) -> None:
        """Each process asks Slack who it is and whether it is in its channels: `/readyz` and the doctor tell."""
        await self.slack.team()
        channels = self.services.topology.slack
        for channel in dict.fromkeys((channels.incident_channel, channels.digest_channel)):
            await self.slack.note_membership(channel)

    async def beat(self) -> None:
        """Tell the store that this replica lives."""
        told = face_checks(self.slack.contact, self.services.clock)
        checks: list[JsonValue] = [check.model_dump(mode="json") for check in told]
        keys = fingerprints(self.services.settings)
        connection = await self.connection.problem() or "ok"
        state: dict[str, JsonValue] = {"connection": connection, "checks": checks, "keys": keys}
        await asyncio.to_thread(
            self.services.store.write,
            lambda tx: replicas.beat(tx, self.name, "bot", version("dr-bot"), state),
            Point.REPLICA_BEAT,
        )

    async def announce(self) -> None:
        """One pass over the trail; `hand_over` waits for the one under way. No upload holds it up."""
        async with self._telling:
            await self.announcer.follow()

    async def hand_over(self) -> None:
        """Let others announce and schedule at once, after what is being told now: half told is told twice."""
        for election in (self.announcing, self.scheduling):
            election.retire()
        with contextlib.suppress(TimeoutError):
            under_way = asyncio.gather(self._telling.acquire(), self._uploading.acquire())
            await asyncio.wait_for(under_way, _TOLD_S)
        await _within(asyncio.to_thread(self._release))

    def _release(self) -> None:
        try:
            for election in (self.announcing, self.scheduling):
                election.release()
        except DrError as error:
            _log.warning("leases not handed over", problem=str(error))

    def leave(self) -> None:
        """The last word of a replica that ends in order, after its last beat."""
        try:
            self.services.store.write(lambda tx: replicas.leave(tx, self.name), Point.REPLICA_BEAT)
        except DrError as error:
            _log.warning("the replica's row stays", problem=str(error))


def _connection(desk: Desk) -> Connection:
    settings = desk.services.settings
    secret = settings.slack_signing_secret if settings.slack_mode() == "http" else None
    app = bolt.build(desk, token=settings.bot_token(), signing_secret=secret.get_secret_value() if secret else None)
    if settings.slack_app_token is not None:
        return SocketMode(app, settings.slack_app_token.get_secret_value())
    return HttpMode(app, "0.0.0.0", settings.port)  # noqa: S104 - Slack calls from outside; every request is signed


async def run(services: Services) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop.set)
    settings = services.settings
    async with AsyncExitStack() as ending:
        session = await ending.enter_async_context(aiohttp.ClientSession())
        bot = Bot(services, connect(settings.bot_token(), settings.slack_api_url, session, services.clock))
        ending.callback(services.store.dispose)
        await _serve_health(bot, ending)
        await bot.connection.open()
        ending.push_async_callback(_within, bot.connection.close())
        ending.push_async_callback(_left, bot)
        _keep_going(bot, ending)
        _log.info("bot started", replica=bot.name, mode=settings.slack_mode())
        await stop.wait()
        _log.info("bot ends", replica=bot.name)
        await bot.hand_over()
        await bot.desk.drain(_END_S)


async def _serve_health(bot: Bot, ending: AsyncExitStack) -> None:
    settings = bot.services.settings
    app = health_port.build(
        bot.services,
        bot.slack,
        bot.metrics,
        socket=bot.connection.problem,
        announcer=lambda: bot.announcer.problem,
    )
    serving = server(app, settings.health_host, settings.health_port)
    task = asyncio.create_task(serving.run())
    await started(serving, task)
    ending.push_async_callback(_within, asyncio.gather(task, return_exceptions=True))
    ending.callback(serving.stop)


def _keep_going(bot: Bot, ending: AsyncExitStack) -> None:
    """The background work; APScheduler does nothing but tick."""
    work = (
        forever("roster", bot.roster, _LOOK_EVERY_S),
        forever("contact", bot.contact, _CONTACT_EVERY_S),
        forever("announcer", bot.announce, _FOLLOW_EVERY_S),
        forever("reports", bot.after_actions.post, _REPORT_EVERY_S),
        forever("beat", bot.beat, _BEAT_EVERY_S),
    )
    tasks = [asyncio.create_task(one) for one in work]

    async def end() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    ending.push_async_callback(end)
    ticking = AsyncIOScheduler(timezone="UTC")
    ticking.add_job(
        _tick,
        IntervalTrigger(seconds=_TICK_S, timezone="UTC"),
        args=[bot.schedules],
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    ticking.start()
    ending.callback(ticking.shutdown, wait=False)


async def _tick(schedules: Schedules) -> None:
    try:
        await schedules.tick()
    except DrError as error:
        _log.warning("schedule will try again", problem=str(error))
    except Exception as error:
        _log.error("unexpected error in a schedule", exc_info=error)


async def _left(bot: Bot) -> None:
    await _within(asyncio.to_thread(bot.leave))


async def _within(work: Awaitable[object]) -> None:
    """Ending waits for nothing longer than this."""
    try:
        await asyncio.wait_for(work, _END_S)
    except (TimeoutError, OSError, RuntimeError) as error:
        _log.warning("not ended cleanly", problem=str(error) or type(error).__name__)
