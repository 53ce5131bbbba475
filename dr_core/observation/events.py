"""The look at AWS Health: one question for all regions of an application, one signal for each."""

from functools import partial

from dr_core.health.events import events_signal, services_of
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Signal
from dr_core.observation.scope import Scope
from dr_core.topology.model import Application


class EventLook:
    def __init__(self, scope: Scope) -> None:
        self._regions = scope.application.regions
        self._services = services_of(kinds_of(scope.application))
        self._question = Question("aws-health", "AWS Health", partial(scope.readers.events.open_issues, self._regions))

    @property
    def questions(self) -> list[Question[object]]:
        return [self._question]

    def signals(self, answers: Answers) -> list[Signal]:
        answer = answers.of(self._question)
        return [events_signal(region, answer.or_error(), self._services, answer.at) for region in self._regions]


def kinds_of(app: Application) -> list[str]:
    """Every kind of thing that the application uses, by its key in dr.yaml."""
    entries = (*app.storage, *app.cache, *app.tables, *app.capacity, *app.consumers, *app.custom)
    named = {
        "secrets": bool(app.secrets),
        "parameters": bool(app.parameters.paths or app.parameters.flags),
        "appconfig": bool(app.parameters.appconfig),
        "keys": bool(app.keys),
    }
    kinds = [entry.kind for entry in entries] + [name for name, used in named.items() if used]
    return kinds + ([app.database.kind] if app.database else [])
