"""What a command is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from commands.parsing import Arguments
from dr_core.approvals.model import Actor, Face
from dr_core.doctor.result import Check
from dr_core.services import Services


@dataclass(frozen=True)
class Context:
    """One call of one command. `evidence` is what the face received, `face_checks` what the face knows of itself."""

    services: Services
    actor: Actor
    arguments: Arguments
    cmd_id: str
    channel: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    face_checks: tuple[Check, ...] = ()

    @property
    def prefix(self) -> str:
        """What stands before a command on this face."""
        return prefix_of(self.actor)


@dataclass(frozen=True)
class Outcome:
    """A `public` result that was asked for in the incident channel is for all in it, others for the caller alone."""

    command: str
    result: BaseModel
    exit_code: int = 0
    public: bool = False


def prefix_of(actor: Actor) -> str:
    return "dr" if actor.face is Face.TERMINAL else "/dr"
