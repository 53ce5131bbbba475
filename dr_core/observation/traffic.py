"""The look at traffic: what records and routing controls say, and which regions the resolvers' answers belong to."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from dr_core.observation.asking import Answers, Question
from dr_core.observation.model import ControlsState, TrafficState
from dr_core.observation.scope import Scope
from dr_core.topology.traffic import ArcRoutingControls, Route53Records
from dr_core.traffic.port import Records
from dr_core.verify.port import Resolver, ResolverAnswer

Targets = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class RecordsView:
    """The records, and what DNS may answer for each region: their values, and the addresses behind host names."""

    state: TrafficState
    targets: Targets


@dataclass(frozen=True)
class _Asked:
    spec: Route53Records
    records: Question[RecordsView]
    answers: Question[tuple[ResolverAnswer, ...]]


@dataclass(frozen=True)
class _AskedControls:
    name: str
    states: Question[Mapping[str, bool]]


class TrafficLook:
    """`known` keeps the targets of the passes before, so that answers can be told apart while Route 53 is silent."""

    def __init__(self, scope: Scope, known: dict[str, Targets]) -> None:
        self._known = known
        ports = scope.ports
        self._asked = [
            _Asked(
                spec,
                Question(
                    "route53", f"the records of {spec.name}", partial(read_records, ports.records, ports.resolver, spec)
                ),
                Question("dns", f"resolvers for {spec.name}", partial(ports.resolver.answers, spec.name, spec.type)),
            )
            for entry in scope.application.traffic
            if (spec := entry.route53_records) is not None
        ]

        self._controls = [
            _AskedControls(
                controls_name(arc), Question("arc", "the routing controls", partial(ports.controls.states, arc))
            )
            for entry in scope.application.traffic
            if (arc := entry.arc_routing_controls) is not None
        ]

    @property
    def questions(self) -> list[Question[object]]:
        records = [question for asked in self._asked for question in (asked.records, asked.answers)]
        return [*records, *(asked.states for asked in self._controls)]

    def controls(self, answers: Answers) -> list[ControlsState]:
        """Which regions each entry's routing controls have on."""
        states = []
        for asked in self._controls:
            told = answers.of(asked.states)
            on = None if told.error is not None else tuple(sorted(r for r, there in told.get().items() if there))
            reason = "" if told.error is None else told.error.message
            states.append(ControlsState(name=asked.name, on=on, reason=reason, observed_at=told.at))
        return states

    def states(self, answers: Answers) -> list[TrafficState]:
        return [self._state(answers, asked) for asked in self._asked]

    def heard(self, answers: Answers) -> bool:
        """Whether Route 53, ARC or a resolver answered: then this observer is not cut off."""
        records = any(answers.of(asked.states).error is None for asked in self._controls) or any(
            answers.of(asked.records).error is None for asked in self._asked
        )
        resolved = [answers.of(asked.answers) for asked in self._asked]
        return records or any(a.error is None and any(r.values is not None for r in a.get()) for a in resolved)

    def _state(self, answers: Answers, asked: _Asked) -> TrafficState:
        view, resolved = answers.of(asked.records), answers.of(asked.answers)
        if view.error is None:
            self._known[asked.spec.name] = view.get().targets
            state = view.get().state
        else:
            state = TrafficState(
                name=asked.spec.name,
                answers=None,
                weights=None,
                ttl_s=None,
                reason=view.error.message,
                observed_at=view.at,
            )
        targets = self._known.get(asked.spec.name)
        if resolved.error is not None:
            return _with(state, None, resolved.error.message)
        if targets is None:
            return _with(state, None, "answers cannot be told apart without the records")
        return _with(state, *regions_of(resolved.get(), targets))


def controls_name(spec: ArcRoutingControls) -> str:
    """The control panel that the controls of an entry are in."""
    panel, _, _ = next(iter(spec.controls.values())).partition("/routingcontrol/")
    return panel.rsplit("/", 1)[-1]


def _with(state: TrafficState, answers: tuple[str, ...] | None, reason: str) -> TrafficState:
    joined = "; ".join(part for part in (state.reason, reason) if part)
    return state.model_copy(update={"answers": answers, "reason": joined})


def read_records(records: Records, resolver: Resolver, spec: Route53Records) -> RecordsView:
    """Records and targets; host names of aliases are looked up, because an address is what DNS answers for them."""
    state, values = records.state(spec), records.addresses(spec)
    targets = {}
    for region, own in values.items():
        behind: set[str] = set()
        for name in own:
            if spec.type != "CNAME" and not _is_address(name):
                behind.update(v for answer in resolver.answers(name, spec.type) for v in answer.values or ())
        targets[region] = frozenset({_normal(value) for value in (*own, *behind)})
    return RecordsView(state, targets)


def regions_of(resolved: tuple[ResolverAnswer, ...], targets: Targets) -> tuple[tuple[str, ...] | None, str]:
    """The regions that DNS sends users to, sorted; None and the reason when nobody answered or an answer is of none."""
    told = [answer for answer in resolved if answer.values is not None]
    silent = [answer.reason or f"{answer.server} gave no answer" for answer in resolved if answer.values is None]
    values = {_normal(value) for answer in told for value in answer.values or ()}
    if not told:
        return None, "; ".join(silent) or "no resolver is configured"
    if not values:
        return None, "; ".join(sorted({answer.reason for answer in told if answer.reason})) or "DNS answers nothing"
    foreign = sorted(value for value in values if not any(value in own for own in targets.values()))
    if foreign:
        return None, f"DNS answers {', '.join(foreign)}, which is of no region's record"
    return tuple(sorted(region for region, own in targets.items() if own & values)), "; ".join(silent)


def _normal(value: str) -> str:
    return value.rstrip(".").lower()


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
