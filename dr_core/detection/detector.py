"""The duty of whoever leads detection: episodes from verdicts, an incident with a proposed request, and its cause.

Each effect is looked up before it is repeated: the episode is kept first, its request goes by the episode's id, and the
incident by the same. A worker that dies in between is followed by one that does the rest.
"""

import hashlib
from dataclasses import asdict, dataclass
from functools import partial

from pydantic import JsonValue

from dr_core.approvals import cooldown
from dr_core.approvals.authority import unread
from dr_core.approvals.direction import away
from dr_core.approvals.model import Face, Request, RequestState
from dr_core.approvals.open import REPLACED_BY, Proposal, open_request
from dr_core.approvals.planning import asked
from dr_core.approvals.scope import related
from dr_core.approvals.switched_off import switched_off
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.detection import cause
from dr_core.detection.actor import DETECTION
from dr_core.detection.decide import Decision, Facts, Hold, Join, Propose, decide
from dr_core.detection.episode import Episode, next_episode
from dr_core.duty import Held, survived
from dr_core.errors import DrError
from dr_core.failpoints import Point
from dr_core.incidents.book import open_incident
from dr_core.observation.model import RegionVerdict, Verdict
from dr_core.plan.step import Finding, Mode
from dr_core.plan.target import propose
from dr_core.services import Services
from dr_core.standing.look import look
from dr_core.standing.model import Standing, verdict_of
from dr_core.store import brake, episodes, events, observations, requests, roster, runs, scope
from dr_core.store.engine import Tx

EVERY_S = 2.0
"""A verdict is looked at soon after it was made: people are paged by what follows."""
SHOWN = 8


@dataclass(frozen=True)
class _Turn:
    """What one look found out about a region: its episode before and now, the verdict, and what follows from them."""

    before: Episode | None
    episode: Episode
    verdict: RegionVerdict
    decision: Decision | None

    @property
    def idle(self) -> bool:
        acts = isinstance(self.decision, Propose | Join)
        news = isinstance(self.decision, Hold) and self.decision.codes != self.episode.held
        return self.before == self.episode and not acts and not news


class Detector:
    """Wired once a worker; `round` again and again."""

    def __init__(self, services: Services, lease: Held) -> None:
        self._services = services
        self._topology = services.topology
        self._lease = lease

    def round(self) -> None:
        """Every application; a fault with one costs the others nothing."""
        if not self._topology.detection.propose:
            return
        for application in self._topology.applications:
            survived("detection_failed", partial(self.watch, application), application=application)

    def watch(self, application: str) -> None:
        """Look at one application, and do what follows, if the lease is ours."""
        turns, turned = self._services.store.read(lambda tx: self._look(tx, application))
        turns = [turn for turn in turns if not turn.idle]
        if not (turns or turned) or not self._lease.hold():
            return
        for turn in turns:
            self._follow(turn)
        for request_id in turned:
            turn_it = partial(cause.turn, topology=self._topology, request_id=request_id)
            self._services.store.write(turn_it, Point.DETECTION_KEEP)

    # -- looking -----------------------------------------------------------------------------------------------------

    def _look(self, tx: Tx, application: str) -> tuple[list[_Turn], list[str]]:
        """What became of each region, and the proposals whose cause is gone or came back."""
        known = {r: episodes.get(tx, application, r) for r in self._topology.applications[application].regions}
        in_time = (one for one in requests.open_requests(tx, application) if tx.now() < one.expires_at)
        waiting = (*requests.queued(tx, application), *in_time)
        proposals = [one for one in waiting if one.requester.face is Face.DETECTION]
        lasting = any(one is not None and one.well_since is None for one in known.values())
        if not (proposals or lasting or _any_down(tx, application)):
            return [], []
        standing = look(tx, self._topology, application, tx.now())
        turns = [self._turn(tx, standing, region, before, waiting) for region, before in known.items()]
        turned = [one.id for one in proposals if cause.turned(tx, one, standing) is not None]
        return [turn for turn in turns if turn is not None], turned

    def _turn(
        self, tx: Tx, standing: Standing, region: str, before: Episode | None, waiting: tuple[Request, ...]
    ) -> _Turn | None:
        verdict, serves = verdict_of(standing, region), region in standing.serving
        quiet = self._topology.detection.cooldown
        episode = next_episode(before, standing.name, verdict, tx.now(), quiet, serves=serves)
        if episode is None or verdict is None:
            return None
        if not serves or verdict.verdict is not Verdict.DOWN:
            return _Turn(before, episode, verdict, None)
        return _Turn(before, episode, verdict, decide(self._facts(tx, standing, episode, waiting)))

    def _facts(self, tx: Tx, standing: Standing, episode: Episode, waiting: tuple[Request, ...]) -> Facts:
        name, region = standing.name, episode.region
        app = self._topology.applications[name]
        target = propose(app, standing)
        blocking, refusal = self._objections(tx, name, region, target.region)
        away = [one.id for one in waiting if one.plan.source == region and one.plan.mode is Mode.FORCED]
        on = brake.get(tx)
        return Facts(
            episode=episode,
            target=target,
            others=tuple(other for other in app.regions if other != region),
            spent=episode.request is not None and _spent(tx, episode.request),
            unread=unread(roster.load(tx), tx.now()) or "",
            blocking=blocking,
            refusal=refusal,
            cooldown_until=cooldown.until(tx, self._topology, name),
            braked_by=on.by if on.engaged else None,
            occupied_by=scope.holder(tx, scope.names(name, related(self._topology, name))),
            waiting=away[0] if away else None,
            switched_off=switched_off(tx, self._topology, name, region),
        )

    def _objections(self, tx: Tx, application: str, source: str, target: str | None) -> tuple[tuple[Finding, ...], str]:
        """What preflight has against the plan, and why there is none; both as whoever opens the request will find."""
        if target is None:
            return (), ""
        try:
            way = away(tx, self._topology, application, target, source)
            plan = asked(self._topology, application, **asdict(way), mode=Mode.FORCED)
            return Proposal(tx, self._services, plan).blocking, ""
        except DrError as error:
            return (), error.message

    # -- doing -------------------------------------------------------------------------------------------------------

    def _follow(self, turn: _Turn) -> None:
        decision, episode = turn.decision, turn.episode
        if turn.before != episode:
            self._services.store.write(lambda tx: episodes.put(tx, episode), Point.DETECTION_KEEP)
        if isinstance(decision, Propose):
            request = open_request(
                self._services,
                application=episode.application,
                target=decision.target,
                mode=Mode.FORCED,
                actor=DETECTION,
                reason=decision.reason,
                source=episode.region,
                cmd_id=":".join(("detect", episode.id, *((episode.request,) if episode.request else ()))),
            )
            self._services.store.write(lambda tx: _proposed(tx, turn, request.id), Point.DETECTION_KEEP)
        elif isinstance(decision, Join):
            self._services.store.write(lambda tx: _proposed(tx, turn, decision.request), Point.DETECTION_KEEP)
        elif isinstance(decision, Hold) and decision.codes != episode.held:
            self._services.store.write(lambda tx: _held(tx, turn, decision), Point.DETECTION_KEEP)


def _any_down(tx: Tx, application: str) -> bool:
    seen = observations.latest(tx, application)
    return seen is not None and any(verdict.verdict is Verdict.DOWN for verdict in seen.verdicts)


def _spent(tx: Tx, request_id: str) -> bool:
    """Whether a person's request came to nothing: what was joined, or what took the proposal's place."""
    request = requests.get(tx, request_id)
    if request.requester.face is Face.DETECTION:
        told = (event.data.get(REPLACED_BY) for event in events.of_chain(tx, request_id))
        by = next((new for new in told if new is not None), None)
        if by is None:
            return False
        request = requests.get(tx, str(by))
    waits = request.state is RequestState.OPEN and tx.now() < request.expires_at
    waits |= request.state is RequestState.QUEUED
    return not waits and runs.of_request(tx, request.id) is None


def _proposed(tx: Tx, turn: _Turn, request: str) -> None:
    """The incident has its request, and the episode its proposal."""
    incident = _incident(tx, turn, request, turn.verdict.reasons[:SHOWN], f"incident:{turn.episode.id}:{request}")
    changed = {"request": request, "incident": incident, "held": (), "tellings": turn.episode.tellings + 1}
    episodes.put(tx, turn.episode.model_copy(update=changed))


def _held(tx: Tx, turn: _Turn, hold: Hold) -> None:
    """People are told that nothing is proposed, why, and what they may type."""
    episode, codes = turn.episode, hashlib.sha256(",".join(hold.codes).encode()).hexdigest()
    against = f"Nothing is proposed: {'; '.join(reason for _, reason in hold.reasons)}"
    signals = (*turn.verdict.reasons[:SHOWN], against, f"To ask all the same: {hold.command}")
    incident = episode.incident or _incident(tx, turn, None, signals, f"incident:{episode.id}")
    data: dict[str, JsonValue] = {
        "application": episode.application,
        "region": episode.region,
        "incident": incident,
        "since": episode.since.isoformat(),
        "codes": list(hold.codes),
        "reasons": [reason for _, reason in hold.reasons],
        "command": hold.command,
    }
    # What was told before is told again once something was asked for since: reasons that take turns page nobody.
    append_ops(
        tx, EventKind.DETECTION_HELD, DETECTION, data, cmd_id=f"held:{episode.id}:{episode.tellings}:{codes[:16]}"
    )
    episodes.put(tx, episode.model_copy(update={"incident": incident, "held": hold.codes}))


def _incident(tx: Tx, turn: _Turn, request: str | None, signals: tuple[str, ...], cmd_id: str) -> str:
    episode = turn.episode
    opened = open_incident(
        tx,
        application=episode.application,
        title=f"{episode.region} of {episode.application} is down",
        actor=DETECTION,
        signals=signals,
        request=request,
        cmd_id=cmd_id,
    )
    return opened.id
