"""Check that a distribution goes on answering: CloudFront's origin groups switch by themselves.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html: for GET, HEAD
and OPTIONS only, request by request, each time after as long as the first origin is tried for (30 s by default).
"""

from dataclasses import dataclass

from pydantic import JsonValue

from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import Kind, Late, Need, OnlyLooks, Side
from dr_core.plan.move import Move, Params
from dr_core.plan.ports import Ports
from dr_core.plan.recipe import Recipe
from dr_core.plan.step import Plane, Segment, Step
from dr_core.topology.traffic import CloudFront
from dr_core.traffic import edge_by_hand
from dr_core.traffic.cloudfront import HOME
from dr_core.verify.port import ProbeResult

ORIGIN_S = 120.0


class Edge(Params):
    spec: CloudFront
    target: str


def plan(move: Move, spec: CloudFront, after: tuple[str, ...]) -> Step:
    step = KIND.step(
        move,
        f"Verify that distribution {spec.distribution} answers reads from {move.target}",
        Edge(account=move.app.account, spec=spec, target=move.target),
        after=after,
        of=spec.distribution,
        # CloudFront moves reads by itself, or it does not: nothing that a run does next depends on it.
        tried=True,
    )
    # Without an address the distribution's name is asked of CloudFront's control plane.
    asked = {} if spec.probe is not None else {"home_region": HOME, "plane": Plane.CONTROL}
    return step.model_copy(update={"follow_up": False, **asked})


def needs(step: Step, account: str) -> tuple[Need, ...]:
    spec = Edge.model_validate(step.params).spec
    arn = f"arn:aws:cloudfront::{account}:distribution/{spec.distribution}"
    return () if spec.probe is not None else (Need("cloudfront:GetDistribution", None, (arn,)),)


def commands(step: Step) -> Recipe:
    spec = Edge.model_validate(step.params).spec
    return Recipe(
        act=(edge_by_hand.address(spec),),
        until=(edge_by_hand.answered(),),
        note="CloudFront moves GET, HEAD and OPTIONS by itself. The first answer may take as long as it tries the "
        "first origin: 30 s unless the distribution says less. Writes do not move with it.",
        stuck="Look at the distribution's origin group: it needs an origin in each region. Changing it takes minutes.",
    )


@dataclass(frozen=True)
class VerifyOrigin(OnlyLooks):
    """Done when the distribution answers and does not name another region.

    Where the source's origin comes first and is healthy, CloudFront goes on preferring it: that is said, not mended.
    """

    ports: Ports

    def observe(self, step: Step) -> StepObservation:
        params = Edge.model_validate(step.params)
        edge = self.ports.of(params.account).distributions
        url = params.spec.probe or f"https://{edge.domain(params.spec.distribution)}/"
        result = edge.read(url)
        evidence: dict[str, JsonValue] = {
            "url": url,
            "region": result.region,
            "latency_ms": result.latency_ms,
            "detail": result.detail,
        }
        done = result.ok and result.region in (None, params.target)
        progress = Progress.SATISFIED if done else Progress.UNDER_WAY
        return StepObservation(progress, _said(result, params.target), evidence, eta_s=5.0)


def _said(result: ProbeResult, target: str) -> str:
    if not result.ok:
        return f"reads through the distribution fail: {result.detail}"
    if result.region is None:
        return "the distribution answers; from which region, the answer does not say"
    if result.region == target:
        return f"the distribution answers from {target}"
    return f"the distribution answers from {result.region}, whose origin it prefers for as long as that is healthy"


KIND = Kind(
    "verify-origin",
    does="Reads through a CloudFront distribution, whose origin group moves reads by itself.",
    segment=Segment.SETTLE,
    region=Side.TARGET,
    home=None,
    plane=Plane.DATA,
    deadline_s=ORIGIN_S,
    late=Late.NOTHING,
    actions=("cloudfront:GetDistribution",),
    carry_out=VerifyOrigin,
    by_hand=commands,
    needs=needs,
)
