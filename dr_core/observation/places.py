"""The same question asked of every region about things by name, and what each region told."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Generic, TypeVar

from dr_core.errors import DrError
from dr_core.health.control_plane import Judgement, control_plane_signal
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import Signal
from dr_core.observation.scope import Scope
from dr_core.replication.readings import Towards

T = TypeVar("T")
NOT_ASKED = DrError("it is not asked in this region")


class Places(Generic[T]):
    """Questions by name and region, each in the lane of its region."""

    def __init__(self, names: Iterable[str], scope: Scope, what: str, ask: Callable[[str, str], T]) -> None:
        self._threshold_s = scope.threshold_s
        self._asked = {
            (name, region): Question(region, f"{what} in {region}", partial(ask, name, region))
            for name in dict.fromkeys(names)
            for region in scope.application.regions
        }

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._asked.values()]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Names and regions."""
        return iter(self._asked)

    def answer(self, answers: Answers, name: str, region: str) -> Answer[T]:
        return answers.of(self._asked[name, region])

    def both(self, answers: Answers, where: Towards) -> tuple[T | DrError, T | DrError]:
        """What the source said and what the region said, or the error in its place."""
        return self._told(answers, where.name, where.source_region), self._told(answers, where.name, where.region)

    def _told(self, answers: Answers, name: str, region: str) -> T | DrError:
        asked = self._asked.get((name, region))
        return NOT_ASKED if asked is None else answers.of(asked).or_error()

    def signals(
        self, answers: Answers, component: str, source: str, judge: Callable[[str, T], Judgement]
    ) -> list[Signal]:
        """What each region's answer says of its health; `judge` takes the region and what it told."""
        return [
            control_plane_signal(
                answers.of(question),
                partial(judge, region),
                region=region,
                component=component,
                name=name,
                source=source,
            )
            for (name, region), question in self._asked.items()
        ]

    def towards(
        self, answers: Answers, kind: str, source: str, gates: Mapping[str, bool] = MappingProxyType({})
    ) -> Iterator[Towards]:
        """Every name from `source` to each other region, when that one told."""
        for (name, region), question in self._asked.items():
            if region != source:
                at, gate = answers.of(question).at, gates.get(name, False)
                yield Towards(kind, name, region, source, self._threshold_s, at, gate)


def changed_to(source: str) -> DrError:
    """In the place of what was asked from the region that was active before."""
    return DrError(f"the active region changed to {source} in this pass")


class Copies(Generic[T]):
    """Questions that take two regions: from the one that was active in the pass before, to each other one."""

    def __init__(self, places: Iterable[tuple[str, str]], scope: Scope, what: str, ask: Callable[[str, str, str], T]):
        self._assumed = scope.assumed
        self._asked = {
            # A lane of its own: the source's silence must not count against the target's region.
            (name, region): Question(
                f"copies {scope.assumed} to {region}", f"{what} {name}", partial(ask, name, scope.assumed, region)
            )
            for name, region in places
            if region != scope.assumed
        }

    @property
    def questions(self) -> list[Question[object]]:
        return [*self._asked.values()]

    def told(self, answers: Answers, where: Towards) -> T | DrError:
        """What was measured from the source; an error when the active region turned out to be another one."""
        if where.source_region != self._assumed:
            return changed_to(where.source_region)
        return answers.of(self._asked[where.name, where.region]).or_error()
