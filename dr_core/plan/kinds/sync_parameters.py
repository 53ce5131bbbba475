"""Bring parameters and feature flags of the target in step with the source, in planned mode."""

from dataclasses import dataclass

from dr_core.claim import Claim
from dr_core.parameters import by_hand
from dr_core.parameters.port import parameter_paths
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.parameter_drift import Drift, drift
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.plan.undo import Stays, Taken


class ParameterPaths(Params):
    paths: tuple[str, ...]
    source: str
    target: str


def paths_of(move: Move) -> ParameterPaths:
    paths = parameter_paths(move.app.parameters)
    return ParameterPaths(account=move.app.account, paths=paths, source=move.source, target=move.target)


def plan(move: Move) -> Step:
    params = paths_of(move)
    return KIND.step(
        move,
        f"Copy parameters under {', '.join(params.paths)} that differ from {move.source} to {move.target}",
        params,
        undo="Put the versions before this run back from the parameters' history",
    )


def undo(taken: Taken) -> tuple[Step, ...] | Stays:
    """An application that goes back takes along what was changed meanwhile; a standby stays in step."""
    params, back = ParameterPaths.model_validate(taken.step.params), taken.back
    if not taken.moved:
        return Stays(
            f"{params.target} has the parameters of {params.source} now, as a standby should.",
            f"The values before are in the history of each parameter in {params.target}.",
        )
    title = f"Copy parameters under {', '.join(params.paths)} that differ from {back.source} to {back.target}"
    turned = params.model_copy(update={"source": back.source, "target": back.target})
    return (taken.make(KIND.name, title, turned),)


def reads(params: ParameterPaths, account: str) -> tuple[Need, ...]:
    """Reading the paths in both regions. A listing is of the path itself, values lie below it."""
    return tuple(
        need
        for region in (params.source, params.target)
        for need in (
            Need("ssm:GetParametersByPath", region, tuple(_arn(path, region, account) for path in params.paths)),
            Need("ssm:GetParameters", region, _inside(params, region, account)),
        )
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    params = ParameterPaths.model_validate(step.params)
    return (
        Need("ssm:PutParameter", params.target, _inside(params, params.target, account)),
        *reads(params, account),
        # How a parameter is kept (tier, key) is asked where it comes from.
        Need("ssm:DescribeParameters", params.source),
    )


def _inside(params: ParameterPaths, region: str, account: str) -> tuple[str, ...]:
    """What lies at or under the paths: one that does not end with a slash may be a parameter itself, or have some."""
    return tuple(
        arn
        for path in params.paths
        for arn in (*(() if path.endswith("/") else (_arn(path, region, account),)), f"{_arn(path, region, account)}/*")
    )


def _arn(path: str, region: str, account: str) -> str:
    return f"arn:aws:ssm:{region}:{account}:parameter/{path.strip('/')}"


def observed_drift(ports: Ports, params: ParameterPaths) -> Drift:
    store = ports.of(params.account).parameters
    return drift(store.fingerprints(params.paths, params.source), store.fingerprints(params.paths, params.target))


def commands(step: Step) -> Recipe:
    params = ParameterPaths.model_validate(step.params)
    return Recipe(
        act=tuple(by_hand.copy(path, params.source, params.target) for path in params.paths),
        note="Copies what differs and prints its names. Values go from one command to the next and are not shown.",
        stuck="A parameter that cannot be copied is written down; whether the application can do without it, its "
        "owners know.",
    )


@dataclass(frozen=True)
class SyncParameters:
    """Done when every parameter of the source is in the target with the same fingerprint; extra ones there stay."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        found = observed_drift(self.ports, ParameterPaths.model_validate(step.params))
        progress = Progress.ABSENT if found.to_copy else Progress.SATISFIED
        return StepObservation(progress, found.sentence, found.evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = ParameterPaths.model_validate(step.params)
        found = observed_drift(self.ports, params)
        if found.to_copy:
            self.ports.of(params.account).parameters.copy(found.to_copy, params.source, params.target)


KIND = Kind(
    "sync-parameters",
    does="Copies the parameters that the target lacks or has differently.",
    segment=Segment.PREPARE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=120.0,
    late=Late.SAME_AGAIN,
    actions=("ssm:PutParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:DescribeParameters"),
    carry_out=SyncParameters,
    by_hand=commands,
    needs=needs,
    back="The values before are in the parameters' history.",
    undo=undo,
)
