"""The look at multi-Region keys: each region's description, and whether one opens what the other has closed."""

from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal
from dr_core.observation.places import Copies, Places
from dr_core.observation.scope import Scope
from dr_core.replication.copy_readings import key_reading


class KeyLook:
    def __init__(self, scope: Scope) -> None:
        keys = scope.readers.copies.keys
        self._places = Places(scope.application.keys, scope, "KMS", keys.view)
        self._proofs = Copies(self._places, scope, "the trial of key", keys.proof)

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._places.questions, *self._proofs.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        """None: what cannot be opened without a key shows at whatever needs it."""
        return []

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [
            key_reading(where, *self._places.both(answers, where), self._proofs.told(answers, where))
            for where in self._places.towards(answers, "key", source)
        ]
