"""The same question asked of every region about things by name, and what each region told."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Generic, TypeVar

from dr_core.errors import DrError
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.scope import Scope

T = TypeVar("T")
_NOT_ASKED = DrError("it is not asked in this region")


class Places(Generic[T]):
    """Questions by name and region, each in the lane of its region."""

    def __init__(self, names: Iterable[str], scope: Scope, what: str, ask: Callable[[str, str], T]) -> None:
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

    def told(self, answers: Answers, name: str, region: str) -> T | DrError:
        """What the region said, or the error in its place."""
        asked = self._asked.get((name, region))
        return _NOT_ASKED if asked is None else answers.of(asked).or_error()


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

    def told(self, answers: Answers, name: str, source: str, region: str) -> T | DrError:
        """What was measured from `source`; an error when the active region turned out to be another one."""
        if source != self._assumed:
            return DrError(f"the active region changed to {source} in this pass")
        return answers.of(self._asked[name, region]).or_error()
