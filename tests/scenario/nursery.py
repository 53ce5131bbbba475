"""The product's programs as processes of their own, forked from one that has imported them: no story waits for imports.

Each has its own environment, folder, output and session, as if started by `python -m`; a fork-server does the forking.
"""

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).parents[2]
SANDBOX, TERMINAL = "bot.sandbox.__main__", "commands.cli"
_LOADED = (SANDBOX, TERMINAL, "commands.dispatch", "dr_core.bootstrap", "dr_core.reports.checks", "moto.server")
_forking = multiprocessing.get_context("forkserver")


def started(
    program: str, words: Sequence[str], environment: Mapping[str, str], out: IO[str], err: IO[str]
) -> ForkServerProcess:
    """The program's `main` with these words; its exit code is `main`'s."""
    if str(PROJECT) not in sys.path:
        sys.path.append(str(PROJECT))  # the new process finds this module by the path of the one that asks
    _forking.set_forkserver_preload(list(_LOADED))
    process = _forking.Process(
        target=_become, args=(program, list(words), dict(environment), out.name, err.name), daemon=False
    )
    process.start()
    return process


def ran(
    program: str, words: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, as `subprocess.run` does."""
    with tempfile.NamedTemporaryFile("w+") as out, tempfile.NamedTemporaryFile("w+") as err:
        process = started(program, words, environment, out, err)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([program, *words], timeout)
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess([program, *words], code, out.read(), err.read())


def _become(program: str, words: list[str], environment: dict[str, str], out: str, err: str) -> None:
    os.setsid()
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    for path, descriptor in ((os.devnull, 0), (out, 1), (err, 2)):
        opened = os.open(path, os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = [program, *words]
    code = importlib.import_module(program).main(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
