"""`python -m tests.process.host`: starts workers by fork, so that a killed one is replaced in milliseconds.

Reads `start` lines, answers each with the pid of a worker that runs `dr_core.worker` on this process's environment,
with a lease of two seconds. Each worker makes its own store, clients and threads after the fork; what AWS's services
look like is read before it, once for all: that is most of what a worker's beginning costs.
"""

import gc
import os
import signal
import sys
from importlib import import_module

import psycopg  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

from dr_core import bootstrap
from dr_core.execution.lease import Timing
from dr_core.logs import configure
from dr_core.settings import read_settings
from dr_core.worker import __main__ as worker
from tests.scenario import preloaded_clients
from tests.scenario.forked import LATE_IN_WORKERS

SHORT = Timing(ttl_s=2.0, beat_s=0.4, margin_s=0.8)


def main() -> None:
    """Until the input ends; then every worker ends, too."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    preloaded_clients.preload()
    for name in LATE_IN_WORKERS:
        import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it marks
    for line in sys.stdin:
        if line.strip() == "start":
            pid = os.fork()
            if pid == 0:
                _work()
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()


def _work() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)
    os.dup2(2, 1)
    try:
        settings = read_settings()
        configure(settings.log_level)
        code = worker.run(bootstrap.services(settings), SHORT)
    finally:
        os._exit(locals().get("code", 70))


if __name__ == "__main__":
    main()
