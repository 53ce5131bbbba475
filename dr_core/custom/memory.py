"""Functions, webhooks and documents in memory: what they are told they do, after a while, once a token."""

from dataclasses import dataclass, replace

from dr_core.clock import Clock
from dr_core.custom.errand import Answer, Errand, Verb
from dr_core.custom.port import Execution, ExecutionState
from dr_core.errors import RejectedError, UnreachableError


@dataclass(frozen=True)
class Done:
    """What was begun under a token, and when it will be finished."""

    verb: Verb
    ready_at: float


class _Told:
    """Whatever can be told and asked. `names` None: everything exists; `fails` and `down` name what does or is."""

    def __init__(self, clock: Clock, names: set[str] | None, takes_s: float) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._names = names
        self.begun: dict[tuple[str, str], Done] = {}
        self.fails: set[str] = set()
        self.down: set[str] = set()
        self.calls: list[tuple[str, str, str]] = []

    def _told(self, name: str, region: str, errand: Errand) -> Done:
        self._reached(name, region)
        self.calls.append((name, errand.verb.value, errand.token))
        if name in self.fails:
            raise RejectedError(f"{name} failed: it was told to.")
        done = Done(errand.verb, self._clock.monotonic() + self._takes_s)
        return self.begun.setdefault((errand.token, errand.verb.value), done)

    def _asked(self, name: str, region: str, errand: Errand) -> Answer:
        self._reached(name, region)
        done = self.begun.get((errand.token, errand.of.value))
        if done is None:
            return Answer(False, "nothing of it is there")
        ready = self._clock.monotonic() >= done.ready_at
        return Answer(ready, "done" if ready else "still at it", under_way=not ready)

    def _reached(self, name: str, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"{name} in {region} did not answer.")
        if self._names is not None and name not in self._names:
            raise RejectedError(f"There is no {name} in {region}.")


class MemoryFunctions(_Told):
    """One whose answer is waited for has done it by then."""

    def __init__(self, clock: Clock, *, names: set[str] | None = None, takes_s: float = 20.0) -> None:
        super().__init__(clock, names, takes_s)

    def send(self, function: str, region: str, errand: Errand, *, wait: bool) -> Answer:
        done = self._told(function, region, errand)
        if not wait:
            return Answer(False, f"queued for {function}", under_way=True)
        self.begun[errand.token, errand.verb.value] = replace(done, ready_at=self._clock.monotonic())
        return Answer(True, "done", log="it went well")

    def ask(self, function: str, region: str, errand: Errand) -> Answer:
        return self._asked(function, region, errand)


class MemoryWebhooks(_Told):
    def __init__(self, clock: Clock, *, names: set[str] | None = None, takes_s: float = 20.0) -> None:
        super().__init__(clock, names, takes_s)

    def send(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        self._told(url, region, errand)
        return Answer(True, "taken")

    def ask(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        return self._asked(url, region, errand)


class MemoryAutomations:
    """Executions by token. `fails` names documents that end badly, `hangs` those that do not end."""

    def __init__(self, clock: Clock, *, names: set[str] | None = None, takes_s: float = 20.0) -> None:
        self._clock = clock
        self._takes_s = takes_s
        self._names = names
        self._started: dict[str, tuple[str, float]] = {}
        self.fails: set[str] = set()
        self.hangs: set[str] = set()
        self.down: set[str] = set()

    def newest(self, region: str, token: str) -> Execution | None:
        self._reached(region)
        if token not in self._started:
            return None
        document, ready_at = self._started[token]
        state, status, detail = ExecutionState.UNDER_WAY, "InProgress", ""
        if self._clock.monotonic() >= ready_at and document not in self.hangs:
            failed = document in self.fails
            state = ExecutionState.FAILED if failed else ExecutionState.DONE
            status, detail = ("Failed", "it was told to") if failed else ("Success", "")
        return Execution(token, state, status, self._clock.now(), detail)

    def start(self, document: str, region: str, token: str, errand: Errand, parameters: dict[str, str]) -> None:
        self._reached(region)
        if self._names is not None and document not in self._names:
            raise RejectedError(f"There is no document {document} in {region}.")
        self._started.setdefault(token, (document, self._clock.monotonic() + self._takes_s))

    def _reached(self, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"SSM in {region} did not answer.")
