"""The look at everything that is copied by AWS itself or compared by name: caches, tables, keys, settings."""

from dr_core.observation.asking import Answers, Question
from dr_core.observation.caches import CacheLook
from dr_core.observation.configuration import ConfigurationLook
from dr_core.observation.global_tables import TableLook
from dr_core.observation.keys import KeyLook
from dr_core.observation.model import Reading, Signal
from dr_core.observation.scope import Scope


class CopyLook:
    def __init__(self, scope: Scope) -> None:
        self._parts = (CacheLook(scope), TableLook(scope), KeyLook(scope), ConfigurationLook(scope))

    @property
    def questions(self) -> list[Question[object]]:
        return [question for part in self._parts for question in part.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        return [signal for part in self._parts for signal in part.signals(answers)]

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [reading for part in self._parts for reading in part.readings(answers, source)]
