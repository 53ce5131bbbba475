"""The look at an RDS instance and its replicas: each region about its own instance, and the lag of each replica."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dr_core.health.control_plane import control_plane_signal
from dr_core.health.database import judge_instance
from dr_core.observation.asking import Answer, Answers, Question
from dr_core.observation.model import DatabaseState, MemberState, Reading, Signal
from dr_core.observation.places import changed_to
from dr_core.observation.scope import Scope
from dr_core.observation.writers import Writers
from dr_core.replication.port import Measurement
from dr_core.replication.readings import Towards, timed
from dr_core.topology.stores import RdsReplica


@dataclass(frozen=True)
class _Asked:
    view: Question[DatabaseState]
    lag: Question[Measurement] | None


class ReplicaLook:
    """Asks every region for itself: nothing but the instances' own words joins them."""

    def __init__(self, scope: Scope, spec: RdsReplica) -> None:
        self._scope = scope
        self._spec = spec
        self._asked = {region: self._asking(region) for region in spec.instances}

    @property
    def questions(self) -> list[Question[object]]:
        asked = [question for asked in self._asked.values() for question in (asked.view, asked.lag)]
        return [question for question in asked if question is not None]

    def signals(self, answers: Answers) -> list[Signal]:
        return [
            control_plane_signal(
                answers.of(asked.view),
                partial(judge_instance, region),
                region=region,
                component="database",
                name=self._spec.instances[region],
                source="RDS DescribeDBInstances",
            )
            for region, asked in self._asked.items()
        ]

    def writers(self, answers: Answers) -> Writers:
        told = [answers.of(asked.view).or_error() for asked in self._asked.values()]
        views = [view for view in told if isinstance(view, DatabaseState)]
        if not views:
            return Writers(None, f"no region answers for {self._spec.name}", None)
        state = joined(views)
        regions = tuple(sorted(member.region for member in state.members if member.is_writer))
        return Writers(regions, _reason(state, views), state)

    def readings(self, answers: Answers, source: str, at: datetime) -> list[Reading]:
        turned: Answer[Measurement] = Answer(None, changed_to(source), at, 0.0)
        state = self.writers(answers).state
        found = []
        for region, asked in self._asked.items():
            if region != source:
                answer = turned if asked.lag is None else answers.of(asked.lag)
                where = Towards(
                    "rds_replica", self._spec.name, region, source, self._scope.threshold_s, answer.at, self._spec.gate
                )
                found.append(timed(where, self._copied(state, region, source) or answer.or_error()))
        return found

    def _asking(self, region: str) -> _Asked:
        replicas, spec = self._scope.ports.replicas, self._spec
        return _Asked(
            view=Question(region, f"RDS in {region}", partial(replicas.state, spec, via=region)),
            # Paid for by the question, and the source has none.
            lag=Question(region, f"CloudWatch in {region}", partial(replicas.lag, spec, region))
            if region != self._scope.assumed
            else None,
        )

    def _copied(self, state: DatabaseState | None, region: str, source: str) -> Measurement | None:
        """The lag of a replica of somewhere else, or of an instance that copies nothing, says nothing of the source."""
        own = next((member for member in state.members if member.region == region), None) if state else None
        if own is None or own.status is None or own.copies_from == source:
            return None
        copies = f"copies from {own.copies_from}" if own.copies_from else "is no replica"
        return Measurement(None, None, "RDS DescribeDBInstances", f"{own.cluster} {copies}, and not of {source}")


def joined(views: list[DatabaseState]) -> DatabaseState:
    """One state of all views: what an instance's own region says of it outweighs what the others name. Pure."""
    members: dict[str, MemberState] = {}
    for view in views:
        for member in view.members:
            if member.region == view.observed_via:
                members[member.region] = member
            else:
                members.setdefault(member.region, member)
    changing = next((view for view in views if view.failover_status is not None), None)
    newest = max(views, key=lambda view: view.observed_at)
    telling = next((view for view in views if view.observed_via in _writing(members)), newest)
    return DatabaseState(
        members=tuple(members.values()),
        failover_status=changing.failover_status if changing else None,
        failover_to=changing.failover_to if changing else None,
        observed_via=telling.observed_via,
        observed_at=min(view.observed_at for view in views),
    )


def _writing(members: dict[str, MemberState]) -> set[str]:
    return {region for region, member in members.items() if member.is_writer}


def _reason(state: DatabaseState, views: list[DatabaseState]) -> str:
    answered = {view.observed_via for view in views}
    by_others = sorted(member.region for member in state.members if member.is_writer and member.region not in answered)
    told = [f"{region} does not answer; its replica names it as its source" for region in by_others]
    if state.failover_status is not None:
        told.append(f"the replica in {state.failover_to} is {state.failover_status}")
    return "; ".join(told)
