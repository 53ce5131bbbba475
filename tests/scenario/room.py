"""A running sandbox as its users see it: Slack for the people in it, terminals, and the world underneath."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.scenario import forked

PROJECT = Path(__file__).parents[2]
REQUESTER = "U0REQUESTER"
PATIENCE_S = 180.0
_MOVES = re.compile(r"\b(failover|failback|rollback|drill|evacuation) of ")
T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One message of a channel; `words` is everything that it shows."""

    ts: str
    thread: str | None
    user: str
    text: str
    blocks: list[Json]
    to: str | None

    @property
    def words(self) -> str:
        return "\n".join([self.text, *texts(self.blocks)])

    @property
    def buttons(self) -> dict[str, str]:
        """action id -> value."""
        actions = [block for block in self.blocks if block["type"] == "actions"]
        return {one["action_id"]: one.get("value", "") for block in actions for one in block["elements"]}


@dataclass
class Room:
    """The sandbox at `url`, with its data folder and the topology it was started with."""

    url: str
    data: Path
    topology: Json
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.ProxyHandler({}))
    )

    # -- the sandbox's API ----------------------------------------------------------------------------------------

    def call(self, path: str, body: Json | None = None, method: str | None = None) -> tuple[int, Json]:
        """Status and JSON of one call."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def ok(self, path: str, body: Json | None = None, method: str | None = None) -> Json:
        status, answer = self.call(path, body, method)
        assert status == 200, f"{path} {body}: {status} {answer}"
        return answer

    def until_ready(self) -> None:
        """All processes answer, after one of them was killed."""
        wait_until(lambda: self.call("/api/ready"), lambda answer: answer[0] == 200, 30, "everything ready")

    def life(self, name: str) -> int:
        """The pid of that bot or worker, as its log has it."""
        log = (self.data / "logs" / f"{name}.log").read_text(encoding="utf-8")
        return int(re.findall(rf'"(?:owner|replica)": "{name}-[^"]*-(\d+)-[^-"]*"', log)[-1])

    def reborn(self, name: str, ended: int) -> None:
        """Everything is ready, with another life of that bot or worker than the one that `ended`."""
        wait_until(lambda: self.life(name), lambda pid: pid != ended, 30, f"the next life of the {name}")
        self.until_ready()

    def end(self, name: str) -> None:
        """An orderly end of that bot or worker, which the sandbox then starts again: no lease has to run out."""
        ended = self.life(name)
        os.kill(ended, signal.SIGTERM)
        self.reborn(name, ended)

    @property
    def incident(self) -> str:
        return str(self.topology["slack"]["incident_channel"])

    @property
    def digest(self) -> str:
        return str(self.topology["slack"]["digest_channel"])

    @property
    def approvers(self) -> list[str]:
        group = self.topology["approval"]["approvers"]
        if "users" in group:
            return list(group["users"])
        people = self.ok("/api/people")["people"]
        return [one["id"] for one in people if group["usergroup"] in one["groups"]]

    # -- people in Slack ------------------------------------------------------------------------------------------

    def say(self, user: str, text: str, channel: str | None = None) -> Json | None:
        """Type something; the modal that it opened."""
        body = {"user": user, "channel": channel or self.incident, "text": text}
        return self.ok("/api/commands", body)["view"]

    def messages(self, channel: str | None = None) -> list[Message]:
        found = self.ok(f"/api/channels/{channel or self.incident}/messages")["messages"]
        return [Message(m["ts"], m["thread_ts"], m["user"], m["text"], m["blocks"], m["ephemeral_to"]) for m in found]

    def ask(self, user: str, text: str, containing: str = "", timeout: float = 8) -> Message:
        """Type something and wait for the answer: the first new message for this person or for all."""
        return self.answer(user, lambda: self.say(user, text), containing, timeout)

    def answer(self, user: str, doing: Callable[[], object], containing: str = "", timeout: float = 8) -> Message:
        known = {message.ts for message in self.messages()}
        doing()

        def fresh() -> list[Message]:
            return [
                one
                for one in self.messages()
                if one.ts not in known and one.to in (None, user) and one.thread in (None, one.ts)
            ]

        def fits(found: list[Message]) -> bool:
            return any(containing in one.words for one in found)

        found = wait_until(fresh, fits, timeout, f"an answer to {user} containing {containing!r}")
        return next(one for one in found if containing in one.words)

    def press(self, user: str, card: Message, action: str, value: str | None = None) -> Json | None:
        """Press a button of a card; the modal that it opened."""
        body = {"user": user, "channel": self.incident, "ts": card.ts, "action_id": action}
        return self.ok("/api/actions", body if value is None else {**body, "value": value})["view"]

    def opened(self, user: str, view: Json | None) -> Json:
        """The modal that they opened; on a busy machine the bot may need longer for it than the answer waits."""
        if view is not None:
            return view

        def stack() -> list[Json]:
            return list(self.ok(f"/api/views/{user}")["views"])

        return wait_until(stack, bool, 3, f"a modal for {user}, who heard: {self.heard(user)}")[-1]

    def submit(self, user: str, view: Json, **typed: str) -> Json | None:
        """Send a modal with what stands in the inputs of these block ids; the errors shown in it."""
        inputs = {one["block_id"]: one["element"]["action_id"] for one in view["blocks"] if one["type"] == "input"}
        values = {block: {inputs[block]: text} for block, text in typed.items()}
        return self.ok("/api/views", {"user": user, "view_id": view["id"], "values": values})["errors"]

    def open(self, user: str, text: str, timeout: float = 12) -> Message:
        """Ask for a failover; the card that appears."""
        known = {card.ts for card in self.cards()}
        view = self.say(user, text)
        assert view is None, f"{text} opened a view: {view and texts(view['blocks'])}"

        def fresh() -> list[Message]:
            return [card for card in self.cards() if card.ts not in known]

        return wait_until(fresh, bool, timeout, f"a card; {user} heard: {self.heard(user)}")[-1]

    def kept(self, card: Message) -> None:
        """The bot has noted where its card is: the thread begins after that. A bot killed before posts another card."""
        wait_until(lambda: self.thread(card), bool, 20, "the card's thread")

    def told(self, card: Message, words: str) -> None:
        """Told, and written down as told: something else was told after it. A bot killed before tells it again."""

        def later(found: list[Message]) -> bool:
            return any(words in one.words for one in found[:-1])

        wait_until(lambda: self.thread(card), later, 60, f"something after {words!r}")

    def approve(self, user: str, card: Message, typed: str | None = None) -> Message:
        """Approve as the modal asks to, with the loss typed as shown unless `typed` says otherwise; what they hear."""
        view = self.opened(user, self.press(user, card, "approve"))
        wanted = must_type(view)
        given = {} if wanted is None else {"accept_loss": typed or wanted}

        def send() -> None:
            assert self.submit(user, view, **given) is None

        return self.answer(user, send, "approval is recorded")

    def cards(self) -> list[Message]:
        """The cards of requests, oldest first."""
        return [one for one in self.messages() if one.to is None and _is_card(one)]

    def card(self, ts: str) -> Message:
        """A card as it looks now."""
        return next(one for one in self.messages() if one.ts == ts)

    def thread(self, card: Message) -> list[Message]:
        return [one for one in self.messages() if one.thread == card.ts and one.ts != card.ts]

    def heard(self, user: str) -> str:
        """The newest thing that only this person was told."""
        return next((one.words for one in reversed(self.messages()) if one.to == user), "nothing")

    def finished(self, card: Message, word: str = "succeeded", timeout: float = 60) -> Message:
        """The card once its run has ended that way."""
        ended = ("succeeded", "failed", "aborted", "denied", "expired", "cancelled", "void")

        def over(now: Message) -> bool:
            return any(one in title(now) for one in ended)

        last = wait_until(lambda: self.card(card.ts), over, timeout, "the end of a run", lambda one: one.words)
        assert word in title(last), last.words
        return last

    # -- the world ------------------------------------------------------------------------------------------------

    def world(self, application: str) -> Json:
        found: Json = self.ok("/api/world")["applications"][application]
        return found

    def calls(self) -> list[Json]:
        """Every mutating AWS call, oldest first; but for the heartbeats, which go on whatever else is done."""
        found: list[Json] = self.ok("/api/world/calls")["calls"]
        return [one for one in found if one["purpose"] != "heartbeat"]

    def effects(self) -> Counter[str]:
        """How often each mutation of the bot had an effect, by operation, region and parameters.

        But for the markers of a freeze: a duty writes them, whenever it sees that an application runs elsewhere.
        """
        done = [
            one
            for one in self.calls()
            if one["effect"] == "applied" and one["purpose"] not in (None, "freeze") and not self._only_asks(one)
        ]
        return Counter(f"{one['operation']} {one['region']} {json.dumps(_asked(one))}" for one in done)

    def _only_asks(self, call: Json) -> bool:
        """A function that is named as somebody's `verify`: asked again and again, and changing nothing."""
        apps = self.topology["applications"].values()
        asked = {step.get("verify") for app in apps for own in app.get("custom", ()) for step in own.values()}
        return call["operation"] == "Invoke" and call["parameters"].get("FunctionName") in asked

    def fault(self, kind: str, **scope: Any) -> str:
        return str(self.ok("/api/faults", {"kind": kind, **scope})["id"])

    def mend(self, fault: str | None = None) -> None:
        self.ok("/api/faults" + (f"/{fault}" if fault else ""), method="DELETE")

    def speed(self, times: float) -> None:
        """AWS is so many times faster from now on; what is under way keeps its share done."""
        self.ok("/api/speed", {"speed": times})

    # -- terminals ------------------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """DATA/env, as a shell would read it."""
        lines = (self.data / "env").read_text(encoding="utf-8").splitlines()
        own = dict(line.split("=", 1) for line in lines)
        values = {name: value.strip("'") for name, value in own.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.data), **values}

    def dr(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`dr ...` in another terminal."""
        return forked.ran(forked.TERMINAL, words, self.environment(), timeout=PATIENCE_S)

    def json(self, *words: str) -> Json:
        """What `dr ... --json` prints; a healthy answer."""
        done = self.dr(*words, "--json")
        assert done.returncode in (0, 1), f"dr {' '.join(words)}: {done.returncode} {done.stderr}"
        found: Json = json.loads(done.stdout)
        return found

    def status(self, application: str) -> Json:
        found = self.json("status")["applications"]
        return next(one for one in found if one["name"] == application)

    def trail(self, request: str) -> list[str]:
        """The kinds of events of a request and its run, oldest first."""
        return [one["kind"] for one in self.json("audit", "list", "--request", request, "--limit", "500")["events"]]


# -- reading what is shown --------------------------------------------------------------------------------------------


def title(card: Message) -> str:
    return str(card.blocks[0]["text"]["text"])


def must_type(view: Json) -> str | None:
    """The text that the approve view asks for."""
    asked = [one for one in view["blocks"] if one.get("block_id") == "accept_loss"]
    return str(asked[0]["element"]["placeholder"]["text"]) if asked else None


def _asked(call: Json) -> Json:
    """What a call wanted, whoever made it: the same under two epochs is a duplicate."""
    asked = dict(call["parameters"])
    if call["operation"] == "ChangeResourceRecordSets":
        changes = asked.pop("ChangeBatch")["Changes"]
        asked["records"] = [one for one in changes if one["ResourceRecordSet"]["Type"] != "TXT"]
    return {name: value for name, value in asked.items() if name not in ("Body", "IfMatch")}


def _is_card(message: Message) -> bool:
    blocks = message.blocks
    shown = len(blocks) > 1 and blocks[0]["type"] == "header" and message.thread in (None, message.ts)
    return shown and _MOVES.search(title(message)) is not None and any("Asked by" in one for one in texts([blocks[1]]))


def texts(value: Any) -> list[str]:
    """Every text in blocks, in order."""
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        own += [value["title"]] if isinstance(value.get("title"), str) else []
        return own + [text for key, one in value.items() if key != "confirm" for text in texts(one)]
    return []


def wait_until(
    look: Callable[[], T],
    good: Callable[[T], object],
    timeout: float,
    what: str,
    shown: Callable[[T], object] = lambda value: value,
) -> T:
    """What `look` answers once it is good; the failure says what was seen last.

    `timeout` is more than it takes on an idle machine; a busy one gets `PATIENCE_S`, which costs nothing where all is
    well. A look that is work itself, such as a terminal's, is taken less often: it must not slow what it waits for.
    """
    timeout = max(timeout, PATIENCE_S)
    deadline = time.monotonic() + timeout
    while True:
        began = time.monotonic()
        seen = look()
        if good(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}; last seen: {shown(seen)}")
        time.sleep(min(1.5, max(0.2, 9 * (time.monotonic() - began))))
