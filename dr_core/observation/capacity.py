"""The look at what should run in each region."""

from functools import partial

from dr_core.capacity.port import capacity_name
from dr_core.capacity.sizes import there, writes
from dr_core.health.capacity import judge_capacity
from dr_core.health.control_plane import control_plane_signal
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import CapacityState, Signal
from dr_core.observation.scope import Scope
from dr_core.topology.capacity import Capacity


class CapacityLook:
    def __init__(self, scope: Scope) -> None:
        app = scope.application
        self._asked = [
            (entry, region, Question(region, f"capacity in {region}", partial(_state, scope, entry, region)))
            for entry in app.capacity
            for region in app.regions
            if there(entry, region)
        ]

    @property
    def questions(self) -> list[Question[object]]:
        return [question for _, _, question in self._asked]

    def states(self, answers: Answers) -> list[CapacityState]:
        found = []
        for entry, region, question in self._asked:
            answer = answers.of(question)
            found.append(
                answer.get()
                if answer.error is None
                else CapacityState(
                    region=region,
                    name=capacity_name(entry),
                    desired=None,
                    running=None,
                    reason=answer.error.message,
                    serves=writes(entry),
                    observed_at=answer.at,
                )
            )
        return found

    def signals(self, answers: Answers, active: str | None) -> list[Signal]:
        return [
            control_plane_signal(
                answers.of(question),
                lambda state: judge_capacity(state, active),
                region=region,
                component="capacity",
                name=capacity_name(entry),
                source=entry.kind,
            )
            for entry, region, question in self._asked
        ]


def _state(scope: Scope, entry: Capacity, region: str) -> CapacityState:
    return scope.ports.capacity.state(entry, region)
