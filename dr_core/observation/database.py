"""The look at the database of an application, by its kind."""

from datetime import datetime
from typing import Protocol

from dr_core.observation.asking import Answers, Question
from dr_core.observation.aurora import AuroraLook
from dr_core.observation.model import Reading, Signal
from dr_core.observation.read_replicas import ReplicaLook
from dr_core.observation.scope import Scope
from dr_core.observation.writers import Writers
from dr_core.topology.stores import AuroraGlobal, RdsReplica


class DatabaseLook(Protocol):
    """What a pass asks about one kind of database, and what the answers say."""

    @property
    def questions(self) -> list[Question[object]]: ...

    def signals(self, answers: Answers) -> list[Signal]:
        """One for each region that has a part of it."""
        ...

    def writers(self, answers: Answers) -> Writers: ...

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        """Towards every region that is not the source."""
        ...


class NoDatabase:
    """An application without one."""

    @property
    def questions(self) -> list[Question[object]]:
        return []

    def signals(self, answers: Answers) -> list[Signal]:
        return []

    def writers(self, answers: Answers) -> Writers:
        return Writers(None, "no database is configured", None)

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        return []


def database_look(scope: Scope) -> DatabaseLook:
    match scope.application.database.value if scope.application.database else None:
        case AuroraGlobal() as aurora:
            return AuroraLook(scope, aurora)
        case RdsReplica() as replica:
            return ReplicaLook(scope, replica)
        case _:
            return NoDatabase()
