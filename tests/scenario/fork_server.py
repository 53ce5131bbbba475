"""`python -m tests.scenario.fork_server SOCKET MODULE...`: has imported the modules, and forks programs for callers.

A module's `preload` is called once. A caller connects and sends one line, an `Order` as JSON. It is told the pid, and
at the end its exit code. Each has its own environment, folder, output and session, as if started by `python -m`.
Nothing of the product runs before the fork: it makes its own store, clients, threads and sockets. A caller that leaves
takes its process along.

A caller with an empty line is a member, and orders nothing: when the last member leaves, the fork server ends.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

MEMBER = b"\n"
_LINE = 1 << 20


@dataclass(frozen=True)
class Order:
    """Call `main` of a module with these words; where the program takes none, it gets none."""

    module: str
    words: list[str]
    environment: dict[str, str]
    folder: str
    out: str
    err: str

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass
class ForkServer:
    """Single-threaded, so that a fork copies no lock that somebody else holds."""

    listener: socket.socket
    watched: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    callers: dict[int, socket.socket] = field(default_factory=dict)
    members: set[socket.socket] = field(default_factory=set)

    def run(self, dead: int) -> None:
        """`dead` is readable after the death of a child."""
        for one in (self.listener, dead):
            self.watched.register(one, selectors.EVENT_READ)
        while True:
            for key, _ in self.watched.select():
                if key.fileobj == dead:
                    os.read(dead, 4096)
                    self._reap()
                elif key.fileobj is self.listener:
                    self._heard(self.listener.accept()[0])
                elif key.fileobj in self.members:
                    self.members.remove(key.fileobj)
                    self.watched.unregister(key.fileobj)
                    if not self.members:
                        self._clear()
                        return
                elif key.fileobj in self.callers.values():  # else its process ended in this same moment
                    self._left(key.fileobj)  # type: ignore[arg-type]

    def _heard(self, caller: socket.socket) -> None:
        text = b""
        while not text.endswith(b"\n"):
            more = caller.recv(_LINE)
            if not more:
                caller.close()
                return
            text += more
        if text == MEMBER:
            self.members.add(caller)
            self.watched.register(caller, selectors.EVENT_READ)
        else:
            self._fork(caller, Order(**json.loads(text)))

    def _fork(self, caller: socket.socket, order: Order) -> None:
        pid = os.fork()
        if pid == 0:
            self.watched.close()
            for one in (self.listener, caller, *self.callers.values(), *self.members):
                one.close()
            _become(order)
        self.callers[pid] = caller
        self.watched.register(caller, selectors.EVENT_READ)
        self._tell(caller, pid)

    def _reap(self) -> None:
        for pid, code in _dead():
            caller = self.callers.pop(pid, None)
            if caller is not None:
                self.watched.unregister(caller)
                self._tell(caller, code)
                caller.close()

    def _left(self, caller: socket.socket) -> None:
        """A caller says nothing after its order: what can be read is its end."""
        self.watched.unregister(caller)
        for pid in [pid for pid, one in self.callers.items() if one is caller]:
            del self.callers[pid]
            _terminate(pid)
        caller.close()

    def _clear(self) -> None:
        for pid in self.callers:
            _terminate(pid)

    def _tell(self, caller: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            caller.sendall(f"{number}\n".encode())


def _terminate(pid: int) -> None:
    for one in (signal.SIGCONT, signal.SIGTERM):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, one)


def _dead() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, os.waitstatus_to_exitcode(status)


def _become(order: Order) -> NoReturn:
    """Whatever happens, this process ends here and never goes back into the fork server's loop."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        with contextlib.suppress(OSError):
            Path("/proc/self/comm").write_text(order.module[-15:], encoding="utf-8")  # else all look alike to `ps`
        os.chdir(order.folder)
        os.environ.clear()
        os.environ.update(order.environment)
        for path, descriptor in ((os.devnull, 0), (order.out, 1), (order.err, 2)):
            opened = os.open(path, os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        sys.argv = [order.module, *order.words]
        main = importlib.import_module(order.module).main
        code = main(order.words) if main.__code__.co_argcount else main()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Once it listens it goes on in the background, in a session of its own."""
    path, *modules = sys.argv[1:]
    for name in modules:
        getattr(importlib.import_module(name), "preload", lambda: None)()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it marks
    dead, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    if os.fork():
        return
    os.setsid()
    ForkServer(listener).run(dead)
    for left in (Path(path), Path(path).with_suffix(".first")):
        left.unlink()


if __name__ == "__main__":
    main()
