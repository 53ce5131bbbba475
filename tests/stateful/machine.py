"""Rules over requests, acknowledgements, clocks, the roster, runs, replicas, the brake and holds, on the real code."""

from collections import Counter
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from dr_core.approvals import ack, lapse, renewal
from dr_core.approvals.model import Request, Roster, RosterUser
from dr_core.approvals.names import run_id_of
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.execution import brake, control
from dr_core.plan.step import Mode, Plan, Segment, Step
from dr_core.store import roster, runs
from dr_core.store.engine import Store

from ..simulation.history import violations
from ..simulation.people import Press, actor_of, overriding
from ..simulation.seeded import TOPOLOGY, Room, deterministic
from ..simulation.sight import REGIONS, observation, other
from ..simulation.virtual import VirtualTime
from .oracle import APPROVERS, EVERYBODY, RELATED, Answer, Ask, Oracle
from .surroundings import People, Worker, World

users = st.sampled_from(EVERYBODY)
picks = st.integers(0, 7)
"""Which request or run is meant: mostly one that waits."""
applications = st.sampled_from(tuple(RELATED))
ANSWERS = {RefusedError: Answer.REFUSED, ConflictError: Answer.CONFLICT, UsageError: Answer.USAGE}


class Machine(RuleBasedStateMachine):
    """One world; the class attribute `room` is set by the test. `steps` counts over all examples of a process."""

    room: Room
    steps = 0
    came_to: ClassVar[Counter[str]] = Counter()
    workers: Bundle[Worker] = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.seed = 1
        self.time = VirtualTime()
        self.room.file.empty()
        self.room.file.clock.clock = self.time
        self.services = replace(self.room.services, clock=self.time)
        self.determined = deterministic(self.seed, self.time)
        self.determined.__enter__()
        self.oracle = Oracle()
        self.people = People(set(), [])
        self.world = World(self.time, self.room.file.last_event, self._moved)
        self.active = dict.fromkeys(RELATED, REGIONS[0])
        self.actors = {user: actor_of(TOPOLOGY, user) for user in EVERYBODY}
        self.last_press: tuple[str, dict[str, Any], str] | None = None
        self.presses = 0
        self.made = 0
        self.living: list[Worker] = []
        self.told_until = 0
        self.enrol()
        self.see()

    def teardown(self) -> None:
        try:
            self._count()
            found, lines = violations(self)  # type: ignore[arg-type]  # it has what the fold asks for
            found = [item for item in found if item.rule != "no run is stuck"]
            assert found == [], "\n".join([*map(str, found), *lines])
        finally:
            self.determined.__exit__(None, None, None)

    def _count(self) -> None:
        """What the examples came to: rules that lead nowhere would prove nothing."""
        for kind, number in self.room.file.raw.execute("SELECT kind, count(*) FROM event GROUP BY kind").fetchall():
            self.came_to[kind] += number

    # -- requests ---------------------------------------------------------------------------------------------------

    @initialize(application=applications, mode=st.sampled_from(tuple(Mode)))
    def somebody_has_asked(self, application: str, mode: Mode) -> None:
        self.ask(application, mode, "U0RITA")

    @rule(application=applications, mode=st.sampled_from(tuple(Mode)), user=users)
    def ask(self, application: str, mode: Mode, user: str) -> None:
        source, cmd_id = self.active[application], self._press()
        expected = Answer.DONE
        twin = self.oracle.twin(application, mode.value, source, self.time.t)
        if self._occupied(application) or twin:
            expected = Answer.CONFLICT

        def deed() -> Request:
            return overriding(self.services, application, other(source), mode, self.actors[user], cmd_id)

        answer, made = self._try(deed)
        assert answer is expected, (answer, made)
        if not isinstance(made, Request):
            return
        limit = made.loss_limit_s
        self.oracle.asks[made.id] = Ask(
            id=made.id,
            application=application,
            mode=mode.value,
            source=source,
            target=other(source),
            requester=user,
            approvers=self.oracle.approvers(),
            expires_at=self.time.t + 900,
            must_type="unknown" if limit is None else str(limit) if limit > 60 else None,
        )

    @rule(pick=picks)
    def those_who_may_approve(self, pick: int) -> None:
        """Until the quorum is complete."""
        ask = self._asked(pick)
        for user in APPROVERS:
            if ask.state == "open" and self._able(ask, user):
                press = {"round_": ask.round, "typed": ask.must_type, "user": user}
                self._approve(ask.id, press, self._press())

    @rule(pick=picks)
    def one_who_may_approves(self, pick: int) -> None:
        ask = self._asked(pick)
        able = [user for user in APPROVERS if self._able(ask, user)]
        if able:
            press = {"round_": ask.round, "typed": ask.must_type, "user": able[0]}
            self._approve(ask.id, press, self._press())

    @rule(pick=picks, user=users, behind=st.sampled_from((0, 0, 0, 0, 1)), careless=st.sampled_from((0, 0, 0, 1)))
    def anybody_approves(self, pick: int, user: str, behind: int, careless: int) -> None:
        ask = self._asked(pick)
        typed = "whatever" if careless else ask.must_type
        press = {"round_": max(1, ask.round - behind), "typed": typed, "user": user}
        self._approve(ask.id, press, self._press())
        if careless and self.last_press is not None:
            self._again()

    def _again(self) -> None:
        """An envelope that comes twice is answered as it was, and has no second effect."""
        assert self.last_press is not None
        request, press, cmd_id = self.last_press
        before = self._counted(request)
        answer, _ = self._try(lambda: self._approved(request, press, cmd_id))
        assert answer is Answer.DONE
        assert self._counted(request) == before

    def _approve(self, request: str, press: dict[str, Any], cmd_id: str) -> None:
        ask = self.oracle.asks[request]
        expected = self.oracle.approve(
            ask,
            press["user"],
            self.time.t,
            round_=press["round_"],
            typed=press["typed"],
            moved=self._has_moved(ask),
            occupied=self._occupied(ask.application, besides=request),
            aborting=self._aborting(request),
        )
        self.people.presses.add(Press(request, press["round_"], press["user"]))
        answer, outcome = self._try(lambda: self._approved(request, press, cmd_id))
        assert answer is expected, (answer, expected, outcome)
        if answer is Answer.DONE:
            assert outcome.missing == ask.missing
            assert (outcome.run_id is not None) == (ask.missing == 0)
            self.last_press = (request, press, cmd_id)
            if self.presses % 3 == 0:
                self._again()

    def _aborting(self, request: str) -> bool:
        run = self.services.store.read(lambda tx: runs.of_request(tx, request))
        return run is not None and run.ending is not None

    def _approved(self, request: str, press: dict[str, Any], cmd_id: str) -> ack.AckOutcome:
        return ack.approve(
            self.services,
            request,
            round=press["round_"],
            actor=self.actors[press["user"]],
            typed_limit=press["typed"],
            evidence={"press": cmd_id},
            cmd_id=cmd_id,
        )

    @rule(pick=picks, user=users, verb=st.sampled_from(("renew", "renew", "deny", "cancel")))
    def somebody_ends_or_renews(self, pick: int, user: str, verb: str) -> None:
        ask, actor, cmd_id = self._asked(pick), self.actors[user], self._press()
        moved, occupied = self._has_moved(ask), self._occupied(ask.application, besides=ask.id)
        if verb == "deny":
            expected = self.oracle.deny(ask, user, self.time.t, moved=moved)
            answer, told = self._try(lambda: ack.deny(self.services, ask.id, actor=actor, reason="no", cmd_id=cmd_id))
        elif verb == "cancel":
            expected = self.oracle.cancel(ask, user, self.time.t, moved=moved)
            answer, told = self._try(lambda: ack.cancel(self.services, ask.id, actor=actor, cmd_id=cmd_id))
        else:
            expected = self.oracle.renew(ask, user, self.time.t, moved=moved, occupied=occupied)
            answer, told = self._try(lambda: renewal.renew(self.services, ask.id, actor=actor, cmd_id=cmd_id))
        assert answer is expected, (verb, answer, expected, told)

    # -- time and people --------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1.0, 1.0, 9.0, 20.0, 55.0, 70.0, 310.0, 901.0, 1900.0)))
    def time_passes(self, seconds: float) -> None:
        self.time.t += seconds
        self.see()
        if seconds > 300:
            lapse.expire_due(self.services)
            self.oracle.expire(self.time.t)

    @rule(user=users)
    def somebody_leaves_or_comes_back(self, user: str) -> None:
        self.oracle.gone ^= {user}
        self.time.t += 1.0
        self.enrol()

    # -- replicas ---------------------------------------------------------------------------------------------------

    @initialize(target=workers)
    def the_first_worker_starts(self) -> Worker:
        return self._worker()

    @rule(target=workers)
    def a_worker_starts(self) -> Worker:
        return self._worker()

    @rule(worker=workers, times=st.integers(1, 5))
    def a_worker_goes_on(self, worker: Worker, times: int) -> None:
        for _ in range(times):
            worker.runner.tick()
            self.time.t += 1.5 if times > 1 else 0.0
        self._follow()

    @rule(times=st.integers(2, 5))
    def all_workers_go_on(self, times: int) -> None:
        """Whoever is there; somebody always is, in the end."""
        for _ in range(times):
            for worker in self.living or [self._worker()]:
                worker.runner.tick()
            self.time.t += 1.5
        self._follow()

    @rule(worker=consumes(workers), killed=st.booleans())
    def a_worker_ends(self, worker: Worker, killed: bool) -> None:
        """By SIGKILL, or by SIGTERM."""
        self.living.remove(worker)
        if killed:
            worker.threads.waiting.clear()
        else:
            worker.runner.stop()
            worker.threads.let_go()

    @rule(
        worker=workers,
        takes_s=st.sampled_from((0.0, 0.0, 5.0, 100.0)),
        weather=st.sampled_from(("fair", "fair", "hidden", "fails", "hangs")),
    )
    def the_world_changes(self, worker: Worker, takes_s: float, weather: str) -> None:
        self.world.takes_s, self.world.hidden, self.world.fails_after = takes_s, weather == "hidden", weather == "fails"
        worker.threads.held = weather == "hangs"
        if not worker.threads.held:
            worker.threads.let_go()

    # -- the brake and holds ----------------------------------------------------------------------------------------

    @rule(user=users, sure=st.sampled_from((False, False, True)))
    def the_brake_is_moved(self, user: str, sure: bool) -> None:
        before, actor, cmd_id = self._braked(), self.actors[user], self._press()
        if not before and not sure:
            return
        if before:
            answer, _ = self._try(lambda: brake.release(self.services, actor=actor, cmd_id=cmd_id))
            assert (answer is Answer.DONE) is (user in self.oracle.approvers())
        else:
            answer, _ = self._try(
                lambda: brake.engage(self.services, actor=actor, reason="stop", confirmed=True, cmd_id=cmd_id)
            )
            assert answer is not Answer.DONE or user not in self.oracle.gone
        assert self._braked() is (before is not (answer is Answer.DONE))
        self._follow()

    @precondition(lambda self: self._unfinished())
    @rule(pick=picks, user=users, what=st.sampled_from(("pause", "resume", "resume", "abort", "takeover")))
    def control(self, pick: int, user: str, what: str) -> None:
        runs = [request for request, _ in self._unfinished()]
        request = runs[pick % len(runs)]
        run, actor, cmd_id = run_id_of(request), self.actors[user], self._press()
        more = {"reason": "because", "confirmed": True} if what in ("pause", "abort") else {}
        answer, _ = self._try(lambda: getattr(control, what)(self.services, run, actor=actor, cmd_id=cmd_id, **more))
        if what != "pause":
            assert answer is not Answer.DONE or user in self.oracle.approvers()
        assert answer is not Answer.DONE or user not in self.oracle.gone
        self._follow()

    # -- what must hold after every step ----------------------------------------------------------------------------

    @invariant()
    def requests_are_as_people_know_them(self) -> None:
        type(self).steps += 1
        raw = self.room.file.raw
        query = "SELECT id, state, round FROM request"
        stored = {row[0]: (row[1], row[2]) for row in raw.execute(query).fetchall()}
        assert stored == {ask.id: (ask.state, ask.round) for ask in self.oracle.asks.values()}

    @invariant()
    def one_unfinished_run_an_application_and_its_dependants(self) -> None:
        busy = [name for _, name in self._unfinished()]
        taken = [other for name in busy for other in RELATED[name]]
        assert len(busy) == len(set(busy))
        assert not ({"ledger", "basket"} <= set(busy)), taken

    def _asked(self, pick: int) -> Ask:
        everything = list(self.oracle.asks.values())
        waiting = [ask for ask in everything if ask.waits(self.time.t)]
        chosen = waiting if waiting and pick < 6 else everything
        return chosen[-1 - pick % len(chosen)]

    def _able(self, ask: Ask, user: str) -> bool:
        may = user in self.oracle.approvers() and user in ask.approvers
        return may and user != ask.requester and user not in ask.counted

    # -- the rest ---------------------------------------------------------------------------------------------------

    def _press(self) -> str:
        self.presses += 1
        return f"press-{self.presses}"

    def _try(self, deed: Any) -> tuple[Answer, Any]:
        try:
            return Answer.DONE, deed()
        except DrError as error:
            kinds = [answer for kind, answer in ANSWERS.items() if isinstance(error, kind)]
            return (kinds or [Answer.CONFLICT])[0], error

    def _worker(self) -> Worker:
        self.made += 1
        made = Worker(f"worker-{self.made}", self.world, self.time, self.services, self.room.verifier)
        self.living.append(made)
        return made

    def _unfinished(self) -> list[tuple[str, str]]:
        query = "SELECT request, application FROM run WHERE state IN ('pending', 'running', 'held')"
        return list(self.room.file.raw.execute(query).fetchall())

    def _occupied(self, application: str, besides: str = "") -> bool:
        return any(name in RELATED[application] and request != besides for request, name in self._unfinished())

    def _has_moved(self, ask: Ask) -> bool:
        """The world is not as the plan begins, and no run of the application is under way."""
        busy = any(name == ask.application for _, name in self._unfinished())
        return not busy and self.active[ask.application] != ask.source

    def _braked(self) -> bool:
        return bool(self.room.file.raw.execute("SELECT engaged FROM brake WHERE id = 1").fetchone()[0])

    def _counted(self, request: str) -> Any:
        return self.room.file.raw.execute("SELECT count(*) FROM ack WHERE request = ?", (request,)).fetchone()

    def _follow(self) -> None:
        """A run that asks again opens a new round of its request, and takes it along when it ends; people are told."""
        query = "SELECT rowid, chain FROM event WHERE rowid > ? AND kind = 'run.round_needed' ORDER BY rowid"
        for number, chain in self.room.file.raw.execute(query, (self.told_until,)).fetchall():
            self.told_until = number
            ask = self.oracle.asks[chain]
            self.oracle.new_round(ask, self.time.t)
        ended = "SELECT request FROM run WHERE state IN ('succeeded', 'failed', 'aborted')"
        for (request,) in self.room.file.raw.execute(ended).fetchall():
            ask = self.oracle.asks[request]
            ask.state = "void" if ask.state == "open" else ask.state

    def _moved(self, plan: Plan, step: Step) -> None:
        database = TOPOLOGY.applications[plan.application].database is not None
        if step.segment is (Segment.PROMOTE if database else Segment.SWITCH):
            self.active[plan.application] = plan.target
            self.see()

    def see(self) -> None:
        at = round(self.time.now().timestamp() * 1e6)
        for name, app in TOPOLOGY.applications.items():
            seen = observation(name, app, self.active[name], self.time.now(), down=False, lag_s=0.5)
            self.room.file.see(name, at, seen.model_dump_json())

    def enrol(self) -> None:
        members = {user: RosterUser(name=user, team="T0HOME", deleted=user in self.oracle.gone) for user in EVERYBODY}
        known = Roster(
            at=self.time.now(),
            team="T0HOME",
            incident_members=frozenset(members),
            approvers=frozenset(),
            users=members,
        )
        Store.write(self.room.file.store, lambda tx: roster.save(tx, known, self.actors["U0ADA"]))
