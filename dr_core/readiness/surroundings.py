"""What the product itself stands on, and the few things of the world that are not asked of AWS, as arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dr_core.drills.model import Drill


@dataclass(frozen=True)
class ServedCertificate:
    """The certificate that a host served, already found to be trusted and to name the host."""

    not_after: datetime
    issuer: str


Handshake = Callable[[str, str, int], ServedCertificate]
"""(name that the certificate must have, host to connect to, port).

UnreachableError without an answer, RejectedError where what is served cannot be trusted or names another host.
"""


@dataclass(frozen=True)
class Surroundings:
    """`store_host` None: the store is a file. `last_drill`, `last_run` and `runbook_at` None: there was none.

    `last_drill`: the end of the last one that proves something. `not_passed`: one that left something open since.
    `last_run`: when a run last moved the application. `overdue`: which drills are, one sentence each. `webhook_key`:
    this process has a key to sign webhooks with.
    """

    handshake: Handshake
    store_host: str | None = None
    webhook_key: bool = False
    last_drill: datetime | None = None
    not_passed: Drill | None = None
    overdue: tuple[str, ...] = ()
    last_run: datetime | None = None
    runbook_at: datetime | None = None
