"""The look at an Aurora global database: each region's view of it, its own member there, and the lag towards it."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from dr_core.health.control_plane import control_plane_signal
from dr_core.health.database import ClusterFacts, judge_member
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import DatabaseState, MemberState, Reading, Signal
from dr_core.observation.places import changed_to
from dr_core.observation.scope import Scope
from dr_core.observation.writers import Writers
from dr_core.replication.port import Measurement
from dr_core.replication.readings import Towards, timed
from dr_core.topology.stores import AuroraGlobal


@dataclass(frozen=True)
class _Asked:
    view: Question[DatabaseState]
    facts: Question[ClusterFacts]
    lag: Question[Measurement] | None


class AuroraLook:
    """Asks every region for itself, because the region that knows best may be the one that is gone."""

    def __init__(self, scope: Scope, aurora: AuroraGlobal) -> None:
        self._scope = scope
        self._aurora = aurora
        self._asked = {region: self._asking(region, cluster) for region, cluster in aurora.clusters.items()}

    @property
    def questions(self) -> list[Question[object]]:
        asked = [question for asked in self._asked.values() for question in (asked.view, asked.facts, asked.lag)]
        return [question for question in asked if question is not None]

    def signals(self, answers: Answers) -> list[Signal]:
        return [self._signal(answers, region, asked) for region, asked in self._asked.items()]

    def writers(self, answers: Answers) -> Writers:
        told = [answers.of(asked.view).or_error() for asked in self._asked.values()]
        views = [view for view in told if isinstance(view, DatabaseState)]
        if not views:
            return Writers(None, f"no region answers for global cluster {self._aurora.global_cluster}", None)
        moving = [view for view in views if view.failover_status is not None]
        regions, reason = _agreed(moving[:1] or views)
        telling = next((view for view in moving or views if view.observed_via in regions), (moving or views)[0])
        return Writers(regions, reason, self._detailed(_with_detached(telling, views), answers))

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        """Towards every region that is not the source."""
        turned: Answer[Measurement] = Answer(None, changed_to(source), at, 0.0)
        return [
            timed(
                Towards(
                    "aurora_global",
                    self._aurora.global_cluster,
                    region,
                    source,
                    self._scope.threshold_s,
                    answer.at,
                    self._aurora.gate,
                ),
                answer.or_error(),
            )
            for region, asked in self._asked.items()
            if region != source
            for answer in (turned if asked.lag is None else answers.of(asked.lag),)
        ]

    def _asking(self, region: str, cluster: str) -> _Asked:
        ports, readers = self._scope.ports, self._scope.readers
        aurora, source = self._aurora, self._scope.assumed
        return _Asked(
            view=Question(region, f"RDS in {region}", partial(ports.database.state, aurora, via=region, details=False)),
            facts=Question(region, f"RDS in {region}", partial(readers.clusters.facts, cluster, region)),
            # Paid for by the question, and only secondaries have one.
            lag=Question(region, f"CloudWatch in {region}", partial(readers.cluster_lag.lag, cluster, region, source))
            if region != source
            else None,
        )

    def _signal(self, answers: Answers, region: str, asked: _Asked) -> Signal:
        view, facts = answers.of(asked.view), answers.of(asked.facts)
        return control_plane_signal(
            replace(view, error=view.error or facts.error),
            lambda told: judge_member(region, told, facts.get()),
            region=region,
            component="database",
            name=self._aurora.global_cluster,
            source="RDS DescribeGlobalClusters and DescribeDBClusters",
        )

    def _detailed(self, view: DatabaseState, answers: Answers) -> DatabaseState:
        return view.model_copy(update={"members": tuple(self._member(member, answers) for member in view.members)})

    def _member(self, member: MemberState, answers: Answers) -> MemberState:
        asked = self._asked.get(member.region)
        facts = answers.of(asked.facts).or_error() if asked is not None else None
        if not isinstance(facts, ClusterFacts):
            return member
        return member.model_copy(
            update={
                "status": facts.status,
                "instances": facts.instances,
                "engine": facts.engine,
                "engine_version": facts.engine_version,
            }
        )


def _with_detached(telling: DatabaseState, views: list[DatabaseState]) -> DatabaseState:
    """A cluster that left the global cluster is known to its own region alone."""
    alone = {member.region: member for view in views for member in view.members if member.detached}
    joined = tuple(member for member in telling.members if member.region not in alone)
    return telling.model_copy(update={"members": (*joined, *alone.values())}) if alone else telling


def _agreed(views: list[DatabaseState]) -> tuple[tuple[str, ...], str]:
    """Every region that some view calls a writer: two views that disagree are two writers until they agree."""
    told = {view.observed_via: tuple(m.region for m in view.members if m.is_writer) for view in views}
    regions = tuple(sorted({region for found in told.values() for region in found}))
    if len(set(told.values())) > 1:
        parts = [f"{via} says {' and '.join(found) or 'nobody'}" for via, found in sorted(told.items())]
        return regions, f"the regions disagree on who writes: {'; '.join(parts)}"
    moving = next((view for view in views if view.failover_status is not None), None)
    return regions, f"{moving.failover_status} to {moving.failover_to}" if moving is not None else ""
