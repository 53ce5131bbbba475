"""A folder on this machine: the copy for whoever sits at it when nothing else answers."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from dr_core.errors import RejectedError
from dr_core.runbook.shelf import Page


@dataclass(frozen=True)
class Folder:
    path: Path

    @property
    def name(self) -> str:
        return f"{self.path} on {socket.gethostname()}"

    @property
    def lane(self) -> str:
        return "this machine"

    def put(self, page: Page) -> None:
        """Written beside and renamed: a reader finds the old page or the new one, never half of one."""
        there = self.path / page.path
        beside = there.with_name(f".{there.name}.{os.getpid()}")
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(page.text, encoding="utf-8")
            beside.replace(there)
        except OSError as error:
            raise RejectedError(f"{there} cannot be written ({error.strerror or error}).") from error
