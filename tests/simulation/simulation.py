"""One simulated world by its seed: applications, workers, a bot, people, faults; then calm, in which all must end."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from dr_core.approvals import lapse
from dr_core.approvals.model import Request, Roster, RosterUser
from dr_core.approvals.names import run_id_of
from dr_core.failpoints import armed
from dr_core.plan.step import Mode, Plan, Segment, Step
from dr_core.services import Services
from dr_core.store import roster
from dr_core.store.engine import Store

from .faults import Faults, Odds
from .history import Violation, violations
from .people import APPROVERS, EVERYBODY, People
from .seeded import TOPOLOGY, Room, deterministic
from .sight import REGIONS, observation, other
from .virtual import Process, VirtualTime
from .workers import Worker
from .world import Weather, World

PATIENCE_S = 7200.0
"""Once the faults have ceased, everything has ended after this long."""


@dataclass
class Outcome:
    """What came of a seed."""

    seed: int
    runs: dict[str, int]
    violations: list[Violation]
    timeline: list[str]
    effects: int
    late_repeats: int
    points: dict[str, int]
    ended_at: float

    def told(self) -> list[str]:
        """All that happened, as it is printed."""
        return [f"seed {self.seed}: {self.runs}", *(f"  {line}" for line in self.timeline)]


@dataclass
class BotProcess:
    process: Process
    services: Services


@dataclass
class Case:
    """One application as it is simulated."""

    name: str
    active: str = REGIONS[0]
    down: bool = False
    lag_s: float = 0.5
    seen_at: float = -1.0
    requests: list[str] = field(default_factory=list)


def simulate(room: Room, seed: int) -> Outcome:
    """Everything that happens follows from the seed."""
    simulation = Simulation(room, seed)
    with deterministic(seed, simulation.time), armed(simulation.faults.hook):
        return simulation.run()


class Simulation:
    """The cast of one seed, and what they do."""

    def __init__(self, room: Room, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.room = room
        self.time = VirtualTime()
        self.lines: list[str] = []
        room.file.empty()
        room.file.clock.clock = self.time
        self.faults = Faults(self.time, self.random, self.say)
        room.file.store.network = self.faults
        self.world = World(self.time, self.random, room.file.last_event, self._moved)
        self.count = 0
        self.calm = False
        self.changes = -1
        self.bot = self._new_bot()
        self.people = People(lambda: self.bot, TOPOLOGY, self.say)
        self.workers: list[Worker] = []
        self.cases: dict[str, Case] = {}

    def say(self, words: str) -> None:
        self.lines.append(f"{self.time.t:9.2f}  {words}")

    # -- the cast ---------------------------------------------------------------------------------------------------

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"

    def _new_bot(self) -> BotProcess:
        process = Process(self.time, self._name("bot"))
        return BotProcess(process, replace(self.room.services, clock=process))

    def _new_worker(self) -> Worker:
        process = Process(self.time, self._name("worker"))
        return Worker(process, self.world, self.random, self.room.services, self.room.verifier)

    def _supervise(self) -> None:
        """What dies is started anew, with a clock of its own."""
        if not self.bot.process.alive:
            self.bot = self._new_bot()
        for place, worker in enumerate(self.workers):
            if not worker.process.alive:
                self.workers[place] = self._new_worker()
        self.time.after(5, self._supervise)

    # -- the story --------------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        random = self.random
        self._enrol()
        chosen = random.sample(sorted(TOPOLOGY.applications), k=random.choice((1, 2, 2, 3)))
        self.cases = {name: Case(name) for name in chosen}
        for case in self.cases.values():
            case.down = random.random() < 0.3
            self._see(case)
        self.workers = [self._new_worker() for _ in range(random.choice((2, 2, 3, 4)))]
        self.time.after(5, self._supervise)
        storm_s = random.uniform(60, 240)
        self._storm(storm_s)
        for case in self.cases.values():
            self.time.at(random.uniform(0, storm_s * 0.4), partial(self._ask, case))
            if random.random() < 0.2:
                self.time.at(random.uniform(0, storm_s), partial(self._ask, case))
        self.time.run(storm_s, lambda: False)
        self._end_faults()
        self.time.run(storm_s + PATIENCE_S, self._over)
        return self._outcome()

    def _storm(self, storm_s: float) -> None:
        random = self.random
        harsh = random.choice((0.0, 0.5, 1.0, 1.0, 2.0))
        self.faults.odds = Odds(
            killed=0.004 * harsh, stopped=0.003 * harsh, slow=0.02, answer_lost=0.01 * harsh, told_lost=0.004 * harsh
        )
        self.world.weather = Weather(
            throttled=0.04 * harsh,
            lost_before=0.03 * harsh,
            lost_after=0.05 * harsh,
            denied=0.02 * harsh,
            rejected=0.01 * harsh,
            blind=0.04 * harsh,
            gives_up=0.04 * harsh,
            stops=0.008 * harsh,
            sent=0.6,
        )
        if random.random() < 0.15 * harsh:
            begin = random.uniform(0, storm_s)
            self.faults.away.append((begin, begin + random.uniform(1, 70)))
            self.say(f"the store will be away at {begin:.0f}")
        if random.random() < 0.2 * harsh:
            begin, region = random.uniform(0, storm_s), random.choice(REGIONS)
            self.world.dark.append((begin, begin + random.uniform(5, 100), region))
            self.say(f"{region} will be dark at {begin:.0f}")
        for _ in range(random.choice((0, 0, 1)) if harsh else 0):
            self.time.at(random.uniform(0, storm_s), self._jump)
        if random.random() < 0.1 * harsh:
            self.time.at(random.uniform(20, storm_s), self._by_hand)
        if random.random() < 0.14:
            at, user = random.uniform(5, 70), random.choice(EVERYBODY)
            self.time.at(at, lambda: self._lie_in_wait(lambda: self.people.brake_on(user)))
            self.time.at(at + random.uniform(5, 80), lambda: self.people.brake_off(random.choice(APPROVERS)))
        if random.random() < 0.1:
            self.time.at(random.uniform(0, storm_s), self._hand_over)

    def _lie_in_wait(self, deed: Callable[[], object]) -> None:
        """Do it just when a worker is about to write what it has decided; a little later in any case."""

        def at_last() -> None:
            if deed in self.faults.ambushes:
                self.faults.ambushes.remove(deed)
                deed()

        self.faults.ambushes.append(deed)
        self.time.after(8, at_last)

    def _end_faults(self) -> None:
        self.say("the faults cease")
        self.calm = True
        self.faults.odds, self.faults.away = Odds(), []
        self.world.calm()
        for process in (self.bot.process, *(worker.process for worker in self.workers)):
            process.clock_ahead_s = 0.0
        for case in self.cases.values():
            case.lag_s = 0.5
            self._see(case)
        self.time.after(10, self._mend)

    def _mend(self) -> None:
        """People put right what waits for people."""
        raw, people, user = self.room.file.raw, self.people, self.random.choice(APPROVERS)
        lapse.expire_due(self.room.services)
        if raw.execute("SELECT engaged FROM brake WHERE id = 1").fetchone()[0]:
            people.brake_off(user)
        query = "SELECT id, request, holds FROM run WHERE state IN ('pending', 'running', 'held') ORDER BY created_at"
        for run, request, holds in raw.execute(query).fetchall():
            kinds = {hold["kind"] for hold in json.loads(holds)}
            if "round" in kinds:
                self._approve_again(request)
            elif kinds:
                people.resume(run, user)
        for case in self.cases.values():
            if self.time.t - case.seen_at > 3000:
                self._see(case)
        self.time.after(40, self._mend)

    def _approve_again(self, request: str) -> None:
        [state] = self.room.file.raw.execute("SELECT state FROM request WHERE id = ?", (request,)).fetchone()
        if state == "expired":
            self.people.renew(request, APPROVERS[0], then=lambda _: self._approve_again(request))
            return
        for user in APPROVERS:
            self.people.approve(request, user)

    def _over(self) -> bool:
        """Nothing is left to be done."""
        raw = self.room.file.raw
        if not self.calm or raw.total_changes == self.changes:
            return False
        self.changes = raw.total_changes
        query = "SELECT count(*) FROM run WHERE state IN ('pending', 'running', 'held') OR follow_up"
        return bool(raw.execute(query).fetchone() == (0,))

    # -- what people do ---------------------------------------------------------------------------------------------

    def _ask(self, case: Case) -> None:
        random = self.random
        mode = Mode.FORCED if random.random() < (0.9 if case.down else 0.3) else Mode.PLANNED
        user = random.choice(EVERYBODY)
        self.people.open(case.name, other(case.active), mode, user, lambda made: self._opened(case, made))

    def _opened(self, case: Case, made: Request) -> None:
        if made.id in case.requests:
            return
        case.requests.append(made.id)
        self.time.after(30, self._nudge)
        random, people, time = self.random, self.people, self.time
        run = run_id_of(made.id)
        willing = list(APPROVERS)
        random.shuffle(willing)
        requester = made.requester.slack_user or ""
        eager = made.plan.policy.required + random.choice((0, 0, 0, 0, 0, 1))
        able = [user for user in willing if user != requester]
        for user in able[:eager]:
            self._approves(made.id, user, random.uniform(0, 20))
        rare: tuple[tuple[float, float, Callable[[], object]], ...] = (
            (0.08, 15, lambda: people.approve(made.id, requester)),
            (0.05, 25, lambda: people.approve(made.id, "U0RITA")),
            (0.04, 20, lambda: people.deny(made.id, random.choice(EVERYBODY))),
            (0.03, 20, lambda: people.cancel(made.id, random.choice(EVERYBODY))),
            (0.06, 40, lambda: people.renew(made.id, random.choice(EVERYBODY))),
            (0.05, 60, lambda: people.approve(made.id, random.choice(APPROVERS), round_=1)),
            (0.02, 950, lambda: people.approve(made.id, random.choice(APPROVERS))),
            (0.08, 60, lambda: self._pause(run, made.id)),
            (0.05, 60, lambda: people.resume(run, random.choice(EVERYBODY))),
            (0.05, 70, lambda: people.abort(run, made.id, random.choice(EVERYBODY))),
            (0.06, 60, lambda: people.take_over(run, made.id, random.choice(EVERYBODY))),
            (0.05, 30, lambda: self._worse(case)),
        )
        for chance, within_s, deed in rare:
            if random.random() < chance:
                time.after(random.uniform(0, within_s), partial(self._lie_in_wait, deed))
        if made.plan.mode is Mode.PLANNED and random.random() < 0.08:
            asker = random.choice(EVERYBODY)
            time.after(random.uniform(5, 60), lambda: people.escalate(run, asker, lambda new: self._opened(case, new)))

    def _approves(self, request: str, user: str, after_s: float) -> None:
        random, people = self.random, self.people
        double, same = random.random() < 0.08, random.random() < 0.5

        def press() -> None:
            cmd_id = people.approve(request, user)
            self.time.after(random.uniform(0, 3), self._nudge)
            if double:
                people.approve(request, user, cmd_id=cmd_id if same else None)

        self.time.after(after_s, press)

    def _nudge(self) -> None:
        """A quiet worker looks for runs more often than it would by itself."""
        self.random.choice(self.workers).next(0)

    def _pause(self, run: str, request: str) -> None:
        random = self.random
        self.people.pause(run, request, random.choice(EVERYBODY))
        if random.random() < 0.7:
            long = random.random() < 0.1
            after_s = random.uniform(1850, 2200) if long else random.uniform(2, 40)
            self.time.after(after_s, lambda: self.people.resume(run, random.choice(APPROVERS)))

    # -- what happens by itself -------------------------------------------------------------------------------------

    def _worse(self, case: Case) -> None:
        """More would be lost now than anybody accepted."""
        if self.calm:
            return
        case.lag_s = self.random.choice((70.0, 2000.0, 9000.0))
        self.say(f"replication of {case.name} is {case.lag_s:g} s behind")
        self._see(case)

    def _jump(self) -> None:
        process = self.random.choice((self.bot.process, *(worker.process for worker in self.workers)))
        process.clock_ahead_s = self.random.choice((-7200.0, -90.0, 45.0, 3600.0, 86400.0))
        self.say(f"the clock of {process.name} jumps by {process.clock_ahead_s:g} s")

    def _by_hand(self) -> None:
        """Somebody undoes a step in the console."""
        done = sorted(key for key, thing in self.world.things.items() if thing.began_at is not None)
        if done:
            key = self.random.choice(done)
            self.say(f"somebody undoes {key[1]} of {key[0]} by hand")
            self.world.things[key].undo()

    def _hand_over(self) -> None:
        worker = self.random.choice(self.workers)
        self.say(f"{worker.process.name} is told to end")
        worker.terminate()

    def _moved(self, plan: Plan, step: Step) -> None:
        """The writer, or where there is none the traffic, has moved."""
        case = self.cases.get(plan.application)
        database = case is not None and TOPOLOGY.applications[case.name].database is not None
        if case is not None and step.segment is (Segment.PROMOTE if database else Segment.SWITCH):
            case.active, case.down = plan.target, False
            self._see(case)

    def _see(self, case: Case) -> None:
        case.seen_at = self.time.t
        app = TOPOLOGY.applications[case.name]
        seen = observation(case.name, app, case.active, self.time.now(), down=case.down, lag_s=case.lag_s)
        self.room.file.see(case.name, round(self.time.now().timestamp() * 1e6), seen.model_dump_json())

    def _enrol(self) -> None:
        users = {user: RosterUser(name=user, team="T0HOME") for user in EVERYBODY}
        known = Roster(
            at=self.time.now(), team="T0HOME", incident_members=frozenset(users), approvers=frozenset(), users=users
        )
        Store.write(self.room.file.store, lambda tx: roster.save(tx, known, self.people.actors["U0ADA"]))

    # -- the end ----------------------------------------------------------------------------------------------------

    def _outcome(self) -> Outcome:
        rows = self.room.file.raw.execute("SELECT state, count(*) FROM run GROUP BY state ORDER BY state")
        runs = {str(state): int(number) for state, number in rows.fetchall()}
        found, lines = violations(self)
        late = sum(1 for e in self.world.effects if e.found.value != "absent" and e.late and not e.refused)
        return Outcome(
            seed=self.seed,
            runs=runs,
            violations=found,
            timeline=sorted([*self.lines, *lines], key=lambda line: float(line[:9])),
            effects=len(self.world.effects),
            late_repeats=late,
            points=self.faults.reached,
            ended_at=self.time.t,
        )
