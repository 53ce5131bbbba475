"""The look at caches: each region's view of its Global Datastore, its own member there, and that member's lag."""

from dr_core.health.cache import judge_cache
from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import Reading, Signal
from dr_core.observation.places import Places
from dr_core.observation.scope import Scope
from dr_core.replication.copy_readings import cache_reading


class CacheLook:
    """Asks every region for itself, because the region that knows best may be the one that is gone."""

    def __init__(self, scope: Scope) -> None:
        named = [entry.elasticache_global for entry in scope.application.cache if entry.elasticache_global]
        self._gates = {entry.group: entry.gate for entry in named}
        self._places = Places(self._gates, scope, "ElastiCache", scope.readers.copies.caches.view)

    @property
    def questions(self) -> list[Question[object]]:
        return self._places.questions

    def signals(self, answers: Answers) -> list[Signal]:
        source = "ElastiCache DescribeGlobalReplicationGroups and DescribeReplicationGroups"
        return self._places.signals(answers, "cache", source, judge_cache)

    def readings(self, answers: Answers, source: str) -> list[Reading]:
        """Towards every region that is not the source."""
        return [
            cache_reading(where, *self._places.both(answers, where))
            for where in self._places.towards(answers, "elasticache_global", source, self._gates)
        ]
