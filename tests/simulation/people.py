"""People at their buttons, through a bot that dies: they press twice, too late, and again after an error.

What they were told is kept: nothing that somebody was told may be missing from the trail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from dr_core.approvals import ack, escalation, renewal
from dr_core.approvals.decision import must_type
from dr_core.approvals.model import Actor, Face, Request
from dr_core.approvals.open import BlockedError, open_request
from dr_core.approvals.people import person_key
from dr_core.audit.events import EventKind
from dr_core.errors import DrError, UnreachableError
from dr_core.execution import brake, control
from dr_core.execution.impact import ConfirmationError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import requests
from dr_core.topology.model import Topology

from .virtual import Process

APPROVERS = ("U0ADA", "U0GRACE", "U0LINUS")
EVERYBODY = (*APPROVERS, "U0RITA")
RPO_S = 60


class Bot(Protocol):
    """The process that presses arrive at, whichever lives now."""

    process: Process
    services: Services


@dataclass(frozen=True)
class Told:
    """Somebody was told that it is done."""

    kind: EventKind
    user: str
    chain: str | None
    cmd_id: str
    round: int | None = None


@dataclass(frozen=True)
class _Deed:
    """One press, however often it is sent."""

    words: str
    do: Callable[[Services, str], Any]
    cmd_id: str
    done: Callable[[Any], None]


@dataclass(frozen=True)
class Press:
    """Somebody acknowledged a round of a request, as far as they know."""

    request: str
    round: int
    user: str


def actor_of(topology: Topology, user: str) -> Actor:
    person, display = person_key(topology, user)
    return Actor(person=person, display=display, face=Face.SLACK, slack_user=user, team="T0HOME")


class People:
    """Everything that people do; each deed is a thread of the bot."""

    def __init__(self, bot: Callable[[], Bot], topology: Topology, say: Callable[[str], None]) -> None:
        self._bot = bot
        self._topology = topology
        self._say = say
        self._count = 0
        self._rounds: dict[str, int] = {}
        self.told: list[Told] = []
        self.presses: set[Press] = set()
        self.actors = {user: actor_of(topology, user) for user in EVERYBODY}

    def do(
        self,
        words: str,
        deed: Callable[[Services, str], Any],
        *,
        kind: EventKind | None = None,
        user: str = "",
        chain: str | None = None,
        then: Callable[[Any], None] = lambda _: None,
        cmd_id: str | None = None,
    ) -> str:
        """Do it now; where nobody answered, the same press once more a little later. Its id."""
        self._count += 1
        own = cmd_id or f"press-{self._count}"

        def done(result: Any) -> None:
            if kind is not None:
                self.told.append(Told(kind, user, chain or _chain_of(result), own))
            then(result)

        self._try(_Deed(words, deed, own, done), tries=2)
        return own

    def _try(self, deed: "_Deed", *, tries: int) -> None:
        if tries == 0:
            return
        bot = self._bot()

        def again() -> None:
            self._try(deed, tries=tries - 1)

        def work() -> None:
            try:
                result = deed.do(bot.services, deed.cmd_id)
            except UnreachableError as error:
                self._say(f"{deed.words}: nobody answered: {error.message}")
                bot.process.time.after(20, again)
            except DrError as error:
                self._say(f"{deed.words}: refused: {error.message}")
            else:
                self._say(f"{deed.words}: done")
                deed.done(result)

        def look() -> None:
            if not bot.process.alive:
                again()

        bot.process.spawn(work)
        bot.process.time.after(30, look)

    def open(self, application: str, target: str, mode: Mode, user: str, then: Callable[[Request], None]) -> None:
        def deed(services: Services, cmd_id: str) -> Request:
            return overriding(services, application, target, mode, self.actors[user], cmd_id)

        words = f"{user} asks for {application} to {target} ({mode.value})"
        self.do(words, deed, kind=EventKind.REQUEST_OPENED, user=user, then=then)

    def approve(self, request: str, user: str, *, round_: int | None = None, cmd_id: str | None = None) -> str:
        """`round_`: of the card that is looked at; None for today's. The same press keeps its round."""

        def deed(services: Services, cmd_id: str) -> ack.AckOutcome:
            seen = services.store.read(lambda tx: requests.get(tx, request))
            number = self._rounds.setdefault(cmd_id, round_ or seen.round)
            self.presses.add(Press(request, number, user))
            typed = must_type(seen, RPO_S)
            outcome = ack.approve(
                services,
                request,
                round=number,
                actor=self.actors[user],
                typed_limit=typed,
                evidence={"press": cmd_id},
                cmd_id=cmd_id,
            )
            self.told.append(Told(EventKind.REQUEST_ACKED, user, request, cmd_id, number))
            return outcome

        return self.do(f"{user} approves {request}", deed, user=user, chain=request, cmd_id=cmd_id)

    def deny(self, request: str, user: str) -> None:
        self.do(
            f"{user} denies {request}",
            lambda services, cmd: ack.deny(services, request, actor=self.actors[user], reason="no", cmd_id=cmd),
            kind=EventKind.REQUEST_DENIED,
            user=user,
            chain=request,
        )

    def cancel(self, request: str, user: str) -> None:
        self.do(
            f"{user} cancels {request}",
            lambda services, cmd: ack.cancel(services, request, actor=self.actors[user], cmd_id=cmd),
            kind=EventKind.REQUEST_CANCELLED,
            user=user,
            chain=request,
        )

    def renew(self, request: str, user: str, then: Callable[[Request], None] = lambda _: None) -> None:
        self.do(
            f"{user} renews {request}",
            lambda services, cmd: renewal.renew(services, request, actor=self.actors[user], cmd_id=cmd),
            kind=EventKind.REQUEST_RENEWED,
            user=user,
            chain=request,
            then=then,
        )

    def pause(self, run: str, chain: str, user: str) -> None:
        def deed(services: Services, cmd: str) -> Any:
            return _confirmed(control.pause, services, run, actor=self.actors[user], reason="wait", cmd_id=cmd)

        self.do(f"{user} pauses {run}", deed, kind=EventKind.RUN_PAUSED, user=user, chain=chain)

    def resume(self, run: str, user: str) -> None:
        self.do(
            f"{user} resumes {run}",
            lambda services, cmd: control.resume(services, run, actor=self.actors[user], cmd_id=cmd),
        )

    def abort(self, run: str, chain: str, user: str) -> None:
        def deed(services: Services, cmd: str) -> Any:
            return _confirmed(control.abort, services, run, actor=self.actors[user], reason="enough", cmd_id=cmd)

        self.do(f"{user} aborts {run}", deed, kind=EventKind.RUN_ABORT_ASKED, user=user, chain=chain)

    def take_over(self, run: str, chain: str, user: str) -> None:
        self.do(
            f"{user} takes {run} over",
            lambda services, cmd: control.takeover(services, run, actor=self.actors[user], cmd_id=cmd),
            kind=EventKind.RUN_TAKEN_OVER,
            user=user,
            chain=chain,
        )

    def escalate(self, run: str, user: str, then: Callable[[Request], None]) -> None:
        def deed(services: Services, cmd_id: str) -> Request:
            def ask(overrides: tuple[str, ...]) -> Request:
                return escalation.escalate(
                    services, run, actor=self.actors[user], reason="it died", overrides=overrides, cmd_id=cmd_id
                )

            return _overriding(ask)

        self.do(f"{user} escalates {run}", deed, kind=EventKind.REQUEST_OPENED, user=user, then=then)

    def brake_on(self, user: str) -> None:
        def deed(services: Services, cmd: str) -> Any:
            return _confirmed(brake.engage, services, actor=self.actors[user], reason="stop", cmd_id=cmd)

        self.do(f"{user} puts the brake on", deed, kind=EventKind.BRAKE_ENGAGED, user=user, chain="ops")

    def brake_off(self, user: str) -> None:
        self.do(
            f"{user} takes the brake off",
            lambda services, cmd: brake.release(services, actor=self.actors[user], cmd_id=cmd),
            kind=EventKind.BRAKE_RELEASED,
            user=user,
            chain="ops",
        )


def _confirmed(deed: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Asked whether they are sure, people are."""
    try:
        return deed(*args, **more)
    except ConfirmationError:
        return deed(*args, confirmed=True, **more)


def _overriding(ask: Callable[[tuple[str, ...]], Request]) -> Request:
    """People override what may be overridden."""
    try:
        return ask(())
    except BlockedError as error:
        return ask(tuple(dict.fromkeys(finding.code for finding in error.findings)))


def overriding(services: Services, application: str, target: str, mode: Mode, actor: Actor, cmd_id: str) -> Request:
    """Open a request with the overrides that it turns out to need."""

    def ask(overrides: tuple[str, ...]) -> Request:
        return open_request(
            services,
            application=application,
            target=target,
            mode=mode,
            actor=actor,
            reason="simulated",
            overrides=overrides,
            channel=None,
            cmd_id=cmd_id,
        )

    return _overriding(ask)


def _chain_of(result: Any) -> str | None:
    return result.id if isinstance(result, Request) else None
