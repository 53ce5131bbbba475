"""What must be true of everything that was committed and everything that was done, by the order in which it happened.

Nothing here asks the product: it is folded from the rows of the trail, from the world's own record of effects, and from
what people pressed and were told.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dr_core.audit import trail

from .virtual import START
from .world import Condition, Service

if TYPE_CHECKING:
    from .simulation import Simulation

ENDS = frozenset({"run.succeeded", "run.failed", "run.aborted", "run.superseded", "run.gates_refused"})
RELATED = {frozenset({"ledger", "basket"})}
VERIFY_EACH = 16
"""The product's own verification is asked of each so-many-th seed; every chain is verified here anyway."""


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold: which one, and what happened."""

    rule: str
    told: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.told}"


@dataclass(frozen=True)
class Entry:
    """One event of the trail."""

    number: int
    chain: str
    cmd_id: str
    at_s: float
    kind: str
    actor: dict[str, Any]
    data: dict[str, Any]


@dataclass
class RequestStory:
    """One request and its run, as the trail tells them."""

    id: str
    application: str
    required: int
    requester: str
    round: int = 1
    acked: dict[int, set[str]] = field(default_factory=dict)
    unfinished: bool = False
    ended: bool = False
    paused: bool = False
    aborting: bool = False
    intents: dict[str, list[int]] = field(default_factory=dict)


def violations(simulation: "Simulation") -> tuple[list[Violation], list[str]]:
    """What is wrong, and the trail as lines of a timeline."""
    rows = simulation.room.file.history()
    found = list(_links(rows))
    entries = [_entry(row) for row in rows]
    fold = Fold(simulation)
    for entry in entries:
        found += fold.take(entry)
    found += _effects(simulation, fold)
    found += _told(simulation, entries)
    found += _stuck(simulation)
    if simulation.seed % VERIFY_EACH == 0:
        verdict = simulation.room.file.store.read(trail.verify)
        if not verdict.ok:
            found.append(Violation("the trail verifies", str(verdict.first_bad)))
    return found, [_line(entry) for entry in entries]


def _entry(row: tuple[Any, ...]) -> Entry:
    body = json.loads(row[6])
    at_s = row[4] / 1e6 - START.timestamp()
    return Entry(row[0], row[1], row[3], at_s, row[5], body["actor"], body["data"])


def _line(entry: Entry) -> str:
    who = entry.actor.get("display", "") if entry.actor.get("face") != "worker" else entry.actor["person"]
    shown = ("application", "mode", "round", "missing", "step", "attempt", "owner", "reason", "detail", "until")
    data = " ".join(f"{key}={entry.data[key]}" for key in shown if entry.data.get(key) not in (None, ""))
    return f"{entry.at_s:9.2f}  [{entry.number}] {entry.chain} {entry.kind} {who} {data}"


def _links(rows: list[tuple[Any, ...]]) -> Iterator[Violation]:
    """Every chain hangs together, as a stranger would check it."""
    heads: dict[str, tuple[int, str]] = {}
    roots: set[str] = set()
    for _, chain, seq, _, _, _, body, prev, digest in rows:
        last, head = heads.get(chain, (0, "0" * 64))
        sound = seq == last + 1 and prev == head
        if not sound or hashlib.sha256(bytes.fromhex(prev) + body.encode()).hexdigest() != digest:
            yield Violation("the chains hang together", f"{chain}/{seq}")
        heads[chain] = (seq, digest)
        if chain == "root":
            roots.add(json.loads(body)["data"]["chain"])
    for chain in heads:
        if chain != "root" and chain not in roots:
            yield Violation("the root chain knows every chain", chain)


class Fold:
    """The story so far, event after event in the order of commits."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self._people = simulation.people
        self.requests: dict[str, RequestStory] = {}
        self.braked = False

    def take(self, entry: Entry) -> list[Violation]:
        if entry.kind == "brake.engaged":
            self.braked = True
        elif entry.kind == "brake.released":
            self.braked = False
        elif entry.kind == "request.opened":
            data = entry.data
            self.requests[entry.chain] = RequestStory(
                entry.chain, data["application"], data["required"], entry.actor["slack_user"]
            )
        story = self.requests.get(entry.chain)
        return [] if story is None else list(self._of_request(story, entry))

    def _of_request(self, story: RequestStory, entry: Entry) -> Iterator[Violation]:
        if entry.kind == "request.acked":
            yield from self._acked(story, entry)
        elif entry.kind == "request.renewed":
            story.round = entry.data["round"]
        elif entry.kind == "run.created":
            story.unfinished = True
            yield from self._alone(story, entry)
        elif entry.kind == "run.paused":
            story.paused = True
        elif entry.kind in ("run.resumed", "run.round_needed"):
            story.paused = False  # the hold of a new round takes the place of a pause
        elif entry.kind == "run.abort_asked":
            story.aborting = True
        elif entry.kind == "step.intent":
            yield from self._intended(story, entry)
        if story.ended and entry.kind.startswith("run.") and entry.kind not in ("run.taken", "run.followed"):
            yield Violation("a run ends once", f"[{entry.number}] {entry.chain} {entry.kind} after its end")
        if entry.kind in ENDS:
            # A pause ends with its run: what was under way was all that was left of it.
            story.unfinished, story.ended, story.paused = False, True, False

    def _acked(self, story: RequestStory, entry: Entry) -> Iterator[Violation]:
        from .people import APPROVERS, Press  # here, since the people import the world's history for nothing

        user, round_ = entry.actor["slack_user"], entry.data["round"]
        acked = story.acked.setdefault(round_, set())
        where = f"[{entry.number}] {story.id} round {round_} by {user}"
        if Press(story.id, round_, user) not in self._people.presses:
            yield Violation("only what people pressed is acknowledged", where)
        if user in acked:
            yield Violation("a person acknowledges a round once", where)
        if user == story.requester or user not in APPROVERS:
            yield Violation("only approvers acknowledge, and never the requester", where)
        if round_ != story.round:
            yield Violation("only the present round is acknowledged", where)
        acked.add(user)

    def _alone(self, story: RequestStory, entry: Entry) -> Iterator[Violation]:
        for other in self.requests.values():
            pair = frozenset({other.application, story.application})
            if other is not story and other.unfinished and (len(pair) == 1 or pair in RELATED):
                yield Violation(
                    "one unfinished run an application and its dependants",
                    f"[{entry.number}] {story.id} and {other.id}",
                )

    def _intended(self, story: RequestStory, entry: Entry) -> Iterator[Violation]:
        where = f"[{entry.number}] {story.id} {entry.data['step']}"
        story.intents.setdefault(entry.data["step"], []).append(entry.number)
        approvals = len(story.acked.get(story.round, set()))
        if approvals < story.required:
            yield Violation("no intent without its acknowledgements", f"{where}: {approvals} of {story.required}")
        if self.braked:
            yield Violation("no intent passes the brake", where)
        if story.paused:
            yield Violation("no intent passes a pause", where)
        if story.aborting:
            yield Violation("no intent after a wish to abort", where)
        if story.ended and not entry.data.get("late"):
            yield Violation("no intent after the end", where)
        if not story.ended and entry.data.get("late"):
            yield Violation("no late intent before the end", where)


def _effects(simulation: "Simulation", fold: Fold) -> Iterator[Violation]:
    """Against the world's own record."""
    stories = {f"run-{story.id.removeprefix('r-')}": story for story in fold.requests.values()}
    landed_late: set[tuple[str, str]] = set()
    for effect in simulation.world.effects:
        where = f"{effect.at:.2f} {effect.step} of {effect.run} by {effect.process} ({effect.service.value})"
        story = stories.get(effect.run)
        intents = story.intents.get(effect.step, []) if story else []
        if not any(number <= effect.event for number in intents):
            yield Violation("no effect without its intent", where)
        before = (effect.run, effect.step) in landed_late
        if effect.late and not effect.refused:
            landed_late.add((effect.run, effect.step))
        if effect.found is Condition.ABSENT or effect.refused:
            continue
        if not effect.late and not before:
            yield Violation("no effect twice", where)
        elif effect.service is not Service.PLAIN and effect.service is not Service.EPOCH:
            yield Violation("what can refuse a second effect does", where)


def _told(simulation: "Simulation", entries: list[Entry]) -> Iterator[Violation]:
    """Whatever somebody was told stands in the trail, once."""
    by_id = {entry.cmd_id: entry for entry in entries}
    acks = {
        (entry.chain, entry.data["round"], entry.actor["slack_user"])
        for entry in entries
        if entry.kind == "request.acked"
    }
    for told in simulation.people.told:
        where = f"{told.kind.value} of {told.chain} for {told.user} ({told.cmd_id})"
        if told.kind.value == "request.acked":
            if (told.chain, told.round, told.user) not in acks:
                yield Violation("nothing acknowledged is lost", where)
            continue
        entry = by_id.get(told.cmd_id)
        if entry is None or entry.kind != told.kind.value or told.chain not in (None, entry.chain):
            yield Violation("nothing that was told is lost", where)


def _stuck(simulation: "Simulation") -> Iterator[Violation]:
    query = "SELECT id, state, hold, follow_up FROM run WHERE state IN ('pending', 'running', 'held') OR follow_up"
    for run, state, hold, follow_up in simulation.room.file.raw.execute(query).fetchall():
        yield Violation("no run is stuck", f"{run} is {state} ({hold or 'no hold'}, follow-up {follow_up})")
