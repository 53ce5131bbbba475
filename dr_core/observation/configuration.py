"""The look at settings that are compared by name: parameters of SSM, and configurations that AppConfig has deployed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import Reading, Signal
from dr_core.observation.places import NOT_ASKED, Places
from dr_core.observation.scope import Scope
from dr_core.parameters.port import parameter_paths
from dr_core.recent import Recent
from dr_core.replication.copies import FlagsView
from dr_core.replication.copy_readings import flags_reading, parameter_reading
from dr_core.replication.readings import Towards

T = TypeVar("T")


class ConfigurationLook:
    """Compared, not judged: a path without parameters is no sign of a region's health."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        given, port = scope.application.parameters, scope.ports.parameters
        profiles = {f"{spec.application}/{spec.environment}/{spec.profile}": spec for spec in given.appconfig}

        def fingerprints(path: str, region: str) -> Mapping[str, str]:
            return port.fingerprints((path,), region)

        def deployed(name: str, region: str) -> FlagsView:
            return scope.readers.copies.flags.deployed(profiles[name], region)

        compared = scope.compared
        self._parameters = _ByName(parameter_paths(given), scope, "SSM", fingerprints, compared.parameters)
        self._flags = _ByName(profiles, scope, "AppConfig", deployed, compared.flags)

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._parameters.places.questions, *self._flags.places.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        return []

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        threshold_s = self._scope.threshold_s
        parameters = [
            parameter_reading(
                Towards("parameters", name, region, source, threshold_s, there.at), here.or_error(), there.or_error()
            )
            for name, region, here, there in self._parameters.pairs(answers, source)
        ]
        flags = [
            flags_reading(
                Towards("appconfig", name, region, source, threshold_s, there.at), here.or_error(), there.or_error()
            )
            for name, region, here, there in self._flags.pairs(answers, source)
        ]
        return parameters + flags


class _ByName(Generic[T]):
    """Asked of all regions at once, so that what is compared is of one moment; and again after a while, or an error."""

    def __init__(
        self,
        names: Iterable[str],
        scope: Scope,
        what: str,
        ask: Callable[[str, str], T],
        recent: Recent[tuple[str, str], Mapping[str, Answer[T]]],
    ) -> None:
        self._application = scope.name
        self._recent = recent
        self._known = {name: recent.get((scope.name, name)) for name in names}
        self.places = Places([name for name, known in self._known.items() if known is None], scope, what, ask)

    def pairs(self, answers: Answers, source: str) -> Iterator[tuple[str, str, Answer[T], Answer[T]]]:
        """Name, region, what the source said, and what the region said; for every region that is not the source."""
        for name, known in self._known.items():
            told = self._told(answers, name) if known is None else known
            for region, there in told.items():
                if region != source:
                    yield name, region, told.get(source, Answer(None, NOT_ASKED, there.at, 0.0)), there

    def _told(self, answers: Answers, name: str) -> Mapping[str, Answer[T]]:
        told = {region: self.places.answer(answers, name, region) for asked, region in self.places if asked == name}
        if all(answer.error is None for answer in told.values()):
            self._recent.put((self._application, name), told)
        return told
