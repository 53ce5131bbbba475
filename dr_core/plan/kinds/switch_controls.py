"""Switch traffic by routing controls: all of them in one call, through any of their regional endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Taken
from dr_core.topology.traffic import ArcRoutingControls
from dr_core.traffic import controls_by_hand as by_hand

OVERRIDE = "safety-rule"
"""The code by which a request acknowledges that safety rules are set aside."""


class Turn(Params):
    """Which regions' controls are to be on (True) and off; a region that is not named stays as it is."""

    controls: ArcRoutingControls
    states: dict[str, bool]
    override: bool = False


def plan(move: Move, controls: ArcRoutingControls, states: Mapping[str, bool], after: tuple[str, ...]) -> Step:
    on = " and ".join(region for region, there in states.items() if there)
    others = [region for region, there in states.items() if not there]
    off = f", {'that' if len(others) == 1 else 'those'} for {' and '.join(others)} off" if others else ""
    override = OVERRIDE in move.overrides
    aside = "; safety rules that refuse are set aside" if override else ""
    return KIND.step(
        move,
        f"Turn the routing control for {on} on{off}, in one call{aside}",
        Turn(account=move.app.account, controls=controls, states=dict(states), override=override),
        after=after,
        of=on,
        undo=f"Turn the routing controls back: {_back(move, states)}",
    )


def _back(move: Move, states: Mapping[str, bool]) -> str:
    """Where every region serves, the target of a shift was on before, and whoever comes back was the only one off."""
    turned = {region: on for region, on in states.items() if not move.app.active_active or on is move.returning}
    return ", ".join(f"{region} {'off' if on else 'on'}" for region, on in turned.items())


def undo(taken: Taken) -> tuple[Step, ...]:
    """The states before; those of an application that goes back lead there, whatever was found."""
    params, back = Turn.model_validate(taken.step.params), taken.back
    found = taken.before.get("controls")
    known = found if isinstance(found, dict) else {}
    stood = {region: known[region] == "On" for region in params.states if known.get(region) in ("On", "Off")}
    leads = {region for region, on in stood.items() if on}
    if taken.moved and leads != {back.target}:
        stood = {region: region == back.target for region in params.controls.controls}
    if not stood:
        return ()
    told = ", ".join(f"{region} {'on' if on else 'off'}" for region, on in stood.items())
    turn = params.model_copy(update={"states": stood, "override": OVERRIDE in back.overrides})
    return (taken.make(KIND.name, f"Turn the routing controls back, in one call: {told}", turn, of=back.target),)


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """What is turned is only what `states` names; where it stands is asked of every control of the entry."""
    params = Turn.model_validate(step.params)
    turned = tuple(params.controls.controls[region] for region in params.states)
    told = tuple(params.controls.controls.values())
    regions = dict.fromkeys(endpoint.region for endpoint in params.controls.endpoints)
    turn, look = KIND.actions
    return tuple(need for at in regions for need in (Need(turn, at, turned), Need(look, at, told)))


def commands(step: Step) -> Recipe:
    params = Turn.model_validate(step.params)
    aside = params.controls.safety_rules if params.override else ()
    blocked = "add `--safety-rules-to-override` with the ARN that the refusal names"
    return Recipe(
        act=(by_hand.update(params.controls, params.states, aside),),
        until=tuple(by_hand.is_in(params.controls, region, on) for region, on in params.states.items()),
        note="Each line tries one endpoint after another; two of them may be down. Any one that answers is enough.",
        stuck=f"A safety rule may refuse. Where everybody who must has agreed to set it aside, {blocked}.",
    )


@dataclass(frozen=True)
class SwitchControls:
    """Done when an endpoint tells the wanted states; that DNS follows is what verification asks."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Turn.model_validate(step.params)
        states = self.ports.of(params.account).controls.states(params.controls)
        evidence: dict[str, JsonValue] = {"controls": {region: "On" if on else "Off" for region, on in states.items()}}
        wrong = [region for region, on in params.states.items() if states[region] is not on]
        told = ", ".join(f"{region} is {'on' if on else 'off'}" for region, on in states.items())
        return StepObservation(Progress.ABSENT if wrong else Progress.SATISFIED, told, evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = Turn.model_validate(step.params)
        port = self.ports.of(params.account).controls
        port.set_states(params.controls, params.states, claim, override=params.override)


KIND = Kind(
    "switch-controls",
    does="Turns the target's routing control on and the others off, in one call.",
    segment=Segment.SWITCH,
    region=Side.TARGET,
    # Any of five regional endpoints takes the call, and two of them may be down.
    home=None,
    plane=Plane.DATA,
    deadline_s=120.0,
    late=Late.SAME_AGAIN,
    actions=(
        "route53-recovery-cluster:UpdateRoutingControlStates",
        "route53-recovery-cluster:GetRoutingControlState",
    ),
    carry_out=SwitchControls,
    by_hand=commands,
    needs=needs,
    back="Turn the controls back.",
    undo=undo,
)
