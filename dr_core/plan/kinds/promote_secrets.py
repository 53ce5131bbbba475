"""Make the target's replicas of secrets secrets of their own, when the primary's region is given up for good."""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.copies import by_hand
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step

GIVE_UP = "give-up-secrets"
"""A forced request that names it gives the primaries up: a replica is readable without that, and cannot be changed."""


class SecretNames(Params):
    names: tuple[str, ...]
    target: str


def plan(move: Move, after: tuple[str, ...]) -> Step:
    params = SecretNames(account=move.app.account, names=move.app.secrets, target=move.target)
    return KIND.step(
        move,
        f"Make the replicas in {move.target} of {', '.join(params.names)} secrets of their own, for good",
        params,
        after=after,
        tried=True,
    )


def needs(step: Step, account: str) -> tuple[Need, ...]:
    """Secrets Manager puts a hyphen and six characters behind the name."""
    params = SecretNames.model_validate(step.params)
    secrets = tuple(f"arn:aws:secretsmanager:{params.target}:{account}:secret:{name}-??????" for name in params.names)
    return tuple(Need(action, params.target, secrets) for action in KIND.actions)


def commands(step: Step) -> Recipe:
    params = SecretNames.model_validate(step.params)
    return Recipe(
        act=tuple(
            f"{by_hand.is_its_own(name, params.target)} || {by_hand.stop_replication(name, params.target)}"
            for name in params.names
        ),
        until=tuple(by_hand.is_its_own(name, params.target) for name in params.names),
        note="Only where the region of the primaries is given up. Replication ends and cannot be taken up again.",
        stuck="Nothing waits for this: the replicas can be read as they are.",
    )


@dataclass(frozen=True)
class PromoteSecrets:
    """Done when none of them is a replica in the target; one that never was one stays as it is."""

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = SecretNames.model_validate(step.params)
        replicas = self._replicas(params)
        evidence: dict[str, JsonValue] = {"replicas": dict(replicas), "observed_via": params.target}
        if not replicas:
            return StepObservation(Progress.SATISFIED, f"no secret in {params.target} is a replica", evidence)
        told = ", ".join(f"{name} of {primary}" for name, primary in replicas.items())
        return StepObservation(Progress.ABSENT, f"still replicas: {told}", evidence)

    def act(self, step: Step, claim: Claim) -> None:
        params = SecretNames.model_validate(step.params)
        secrets = self.ports.of(params.account).secrets
        for name in self._replicas(params):
            try:
                secrets.promote(name, params.target)
            except RejectedError:
                # Somebody was quicker: then it is what is wanted.
                if secrets.primary_of(name, params.target) is not None:
                    raise

    def _replicas(self, params: SecretNames) -> dict[str, str]:
        """The names that are replicas in the target, with the region of the primary."""
        secrets = self.ports.of(params.account).secrets
        found = {name: secrets.primary_of(name, params.target) for name in params.names}
        return {name: primary for name, primary in found.items() if primary is not None}


KIND = Kind(
    "promote-secrets",
    does="Ends the replication of secrets to the target, so that they can be changed there without their primary.",
    segment=Segment.SETTLE,
    region=Side.TARGET,
    home=Side.TARGET,
    plane=Plane.CONTROL,
    deadline_s=60.0,
    late=Late.REFUSED,
    actions=("secretsmanager:StopReplicationToReplica", "secretsmanager:DescribeSecret"),
    carry_out=PromoteSecrets,
    by_hand=commands,
    needs=needs,
    irreversible=True,
    instead="Replicate the secrets anew, from the region whose values are right.",
)
