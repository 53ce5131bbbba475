"""The look at settings that are compared by name: parameters of SSM, and configurations that AppConfig has deployed."""

from collections.abc import Mapping

from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal
from dr_core.observation.places import Places
from dr_core.observation.scope import Scope
from dr_core.parameters.port import parameter_paths
from dr_core.replication.copies import FlagsView
from dr_core.replication.copy_readings import Towards, flags_reading, parameter_reading


class ConfigurationLook:
    """Compared, not judged: a path without parameters is no sign of a region's health."""

    def __init__(self, scope: Scope) -> None:
        self._threshold_s = scope.threshold_s
        given, port = scope.application.parameters, scope.ports.parameters
        self._profiles = {f"{spec.application}/{spec.environment}/{spec.profile}": spec for spec in given.appconfig}

        def fingerprints(path: str, region: str) -> Mapping[str, str]:
            return port.fingerprints((path,), region)

        def deployed(name: str, region: str) -> FlagsView:
            return scope.readers.copies.flags.deployed(self._profiles[name], region)

        self._parameters = Places(parameter_paths(given), scope, "SSM", fingerprints)
        self._flags = Places(self._profiles, scope, "AppConfig", deployed)

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._parameters.questions, *self._flags.questions]

    def signals(self, answers: Answers) -> list[Signal]:
        return []

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""

        def towards(
            kind: str, name: str, region: str, places: Places[Mapping[str, str]] | Places[FlagsView]
        ) -> Towards:
            return Towards(kind, name, region, source, self._threshold_s, places.answer(answers, name, region).at)

        parameters = [
            parameter_reading(
                towards("parameters", name, region, self._parameters),
                self._parameters.told(answers, name, source),
                self._parameters.told(answers, name, region),
            )
            for name, region in self._parameters
            if region != source
        ]
        flags = [
            flags_reading(
                towards("appconfig", name, region, self._flags),
                self._flags.told(answers, name, source),
                self._flags.told(answers, name, region),
            )
            for name, region in self._flags
            if region != source
        ]
        return parameters + flags
