"""`dr sandbox`, `dr bot`, `dr worker`: this process becomes the program, so nothing of it is imported here."""

import os
import sys
from typing import NoReturn

from commands.parsing import Arguments, words_of
from commands.registry import registry


def sandbox(arguments: Arguments) -> NoReturn:
    command = registry().named("sandbox")
    _become("bot.sandbox", words_of(command, arguments.values)[1:])


def bot(_arguments: Arguments) -> NoReturn:
    _become("bot", [])


def worker(_arguments: Arguments) -> NoReturn:
    _become("dr_core.worker", [])


def _become(module: str, words: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *words])  # noqa: S606  no shell, and our own interpreter
