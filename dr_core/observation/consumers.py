"""The look at consumers: what takes work in each region."""

from functools import partial

from dr_core.consumers.port import consumer_name
from dr_core.health.consumers import judge_consumer
from dr_core.health.control_plane import control_plane_signal
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import ConsumerState, Signal
from dr_core.observation.scope import Scope


class ConsumerLook:
    """Asks every region, because two of them may consume."""

    def __init__(self, scope: Scope) -> None:
        look = scope.ports.consumers
        self._asked = [
            (entry, region, Question(region, f"consumers in {region}", partial(look.state, entry, region)))
            for entry in scope.application.consumers
            for region in scope.application.regions
        ]

    @property
    def questions(self) -> list[Question[object]]:
        return [question for _, _, question in self._asked]

    def states(self, answers: Answers) -> list[ConsumerState]:
        found = []
        for entry, region, question in self._asked:
            answer = answers.of(question)
            found.append(
                answer.get()
                if answer.error is None
                else ConsumerState(
                    region=region,
                    kind=entry.kind,
                    name=consumer_name(entry),
                    flow=None,
                    reason=answer.error.message,
                    observed_at=answer.at,
                )
            )
        return found

    def signals(self, answers: Answers, active: str | None) -> list[Signal]:
        return [
            control_plane_signal(
                answers.of(question),
                lambda state: judge_consumer(state, active),
                region=region,
                component="consumers",
                name=consumer_name(entry),
                source=entry.kind,
            )
            for entry, region, question in self._asked
        ]
