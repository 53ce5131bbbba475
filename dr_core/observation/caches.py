"""The look at caches: each region's view of its Global Datastore, its own member there, and that member's lag."""

from dr_core.health.cache import cache_signal
from dr_core.health.failure import failure_signal
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal, Vantage
from dr_core.observation.places import Places
from dr_core.observation.scope import Scope
from dr_core.replication.copy_readings import Towards, cache_reading


class CacheLook:
    """Asks every region for itself, because the region that knows best may be the one that is gone."""

    def __init__(self, scope: Scope) -> None:
        self._threshold_s = scope.threshold_s
        named = [entry.elasticache_global for entry in scope.application.cache if entry.elasticache_global]
        self._gates = {entry.group: entry.gate for entry in named}
        self._places = Places(self._gates, scope, "ElastiCache", scope.readers.copies.caches.view)

    @property
    def questions(self) -> list[Question[object]]:
        return self._places.questions

    def signals(self, answers: Answers) -> list[Signal]:
        found = []
        for name, region in self._places:
            answer = self._places.answer(answers, name, region)
            found.append(
                cache_signal(region, answer.get(), name, answer.at, answer.took_ms)
                if answer.error is None
                else failure_signal(
                    answer.error,
                    region=region,
                    component="cache",
                    name=name,
                    vantage=Vantage.CONTROL_PLANE,
                    at=answer.at,
                    source=f"ElastiCache, {region}",
                )
            )
        return found

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [
            cache_reading(
                Towards(
                    "elasticache_global",
                    name,
                    region,
                    source,
                    self._threshold_s,
                    self._places.answer(answers, name, region).at,
                    self._gates[name],
                ),
                self._places.told(answers, name, source),
                self._places.told(answers, name, region),
            )
            for name, region in self._places
            if region != source
        ]
