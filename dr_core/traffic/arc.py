"""Routing controls of ARC: switched through any of five regional endpoints, two of which may be down at any time.

Each call tries the endpoints one after another, a random one first, as AWS recommends:
https://docs.aws.amazon.com/r53recovery/latest/dg/route53-arc-best-practices.html. Endpoints and ARNs come from the
topology: in an incident nothing is looked up.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dr_core.aws.faults import AwsRejectedError, AwsUnreachableError, aws_errors, outcome_unknown
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.claim import Claim
from dr_core.errors import RejectedError, UnreachableError
from dr_core.topology.model import Account
from dr_core.topology.traffic import ArcEndpoint, ArcRoutingControls
from dr_core.traffic.controls import SafetyRuleError, refuse_states

SERVICE = "route53-recovery-cluster"
READ_TIMEOUT_S = 2.0
_AWAY = "EndpointTemporarilyUnavailableException"
# What AWS says of a rule that blocks: its ARN stands in the message.
# https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.override-safety-rule.html
_RULE = re.compile(r"arn:aws[\w-]*:route53-recovery-control::\d{12}:controlpanel/\w+/safetyrule/\w+")
_BLOCKED = frozenset({"ConflictException", "ValidationException"})

Order = Callable[[Sequence[ArcEndpoint]], Sequence[ArcEndpoint]]
T = TypeVar("T")


def shuffled(endpoints: Sequence[ArcEndpoint]) -> list[ArcEndpoint]:
    """In random order, so that no endpoint is everybody's first."""
    return secrets.SystemRandom().sample(endpoints, len(endpoints))


class Arc:
    """The data plane of ARC. An endpoint that did not answer the last time is asked after the others."""

    def __init__(
        self,
        aws: AwsSessions,
        *,
        account: Account | None = None,
        order: Order = shuffled,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._aws = aws
        self._account = account
        self._order = order
        self._read_timeout_s = read_timeout_s
        self._silent: set[str] = set()

    def states(self, spec: ArcRoutingControls) -> dict[str, bool]:
        def ask(client: Any) -> dict[str, bool]:
            return {
                region: client.get_routing_control_state(RoutingControlArn=arn)["RoutingControlState"] == "On"
                for region, arn in spec.controls.items()
            }

        return self._anywhere(spec, "GetRoutingControlState", ask)

    def set_states(
        self, spec: ArcRoutingControls, states: Mapping[str, bool], claim: Claim, *, override: bool = False
    ) -> None:
        refuse_states(spec, states)
        entries = [
            {"RoutingControlArn": spec.controls[region], "RoutingControlState": "On" if on else "Off"}
            for region, on in states.items()
        ]
        set_aside: tuple[str, ...] = ()
        while True:
            try:
                return self._update(spec, entries, set_aside)
            except SafetyRuleError as error:
                more = _may_be_set_aside(spec, error, set_aside) if override else ()
                if not more:
                    raise
                # A rule behind the first one shows only once that one is out of the way.
                set_aside = (*set_aside, *more)

    def _update(self, spec: ArcRoutingControls, entries: list[dict[str, str]], set_aside: tuple[str, ...]) -> None:
        given: dict[str, Any] = {"UpdateRoutingControlStateEntries": entries}
        if set_aside:
            given["SafetyRulesToOverride"] = list(set_aside)
        try:
            self._anywhere(
                spec, "UpdateRoutingControlStates", lambda client: client.update_routing_control_states(**given)
            )
        except AwsRejectedError as error:
            rules = tuple(dict.fromkeys(_RULE.findall(_words(error))))
            if error.aws_code not in _BLOCKED or not rules:
                raise
            raise SafetyRuleError(
                f"Safety rule {', '.join(rules)} refuses these routing control states.",
                rules,
                hint="A request with `--override safety-rule` sets it aside.",
            ) from error

    def _anywhere(self, spec: ArcRoutingControls, operation: str, call: Callable[[Any], T]) -> T:
        """The answer of the first endpoint that gives one. States are set, not toggled: asking again is safe."""
        missed: list[UnreachableError] = []
        for endpoint in sorted(self._order(spec.endpoints), key=lambda one: one.url in self._silent):
            try:
                with aws_errors(SERVICE, endpoint.region, operation):
                    answer = call(self._client(endpoint))
            except UnreachableError as error:
                missed.append(error)
            except AwsRejectedError as error:
                if error.aws_code != _AWAY:
                    raise
                missed.append(UnreachableError(f"The endpoint in {endpoint.region} is temporarily unavailable."))
            else:
                self._silent.discard(endpoint.url)
                return answer
            self._silent.add(endpoint.url)
        fault = AwsUnreachableError(
            f"None of {len(missed)} ARC endpoints answered {operation}: {'; '.join(str(one) for one in missed)}"
        )
        fault.outcome_unknown = any(outcome_unknown(one) for one in missed)
        raise fault from (missed[-1] if missed else None)

    def _client(self, endpoint: ArcEndpoint) -> Any:
        return self._aws.client(
            SERVICE,
            endpoint.region,
            purpose=Purpose.RUN,
            role=self._account,
            read_timeout_s=self._read_timeout_s,
            max_attempts=1,
            endpoint_url=endpoint.url,
        )


def _words(error: AwsRejectedError) -> str:
    """All of AWS's answer: our own message is cut short."""
    response = getattr(error.__cause__, "response", {})
    return f"{response.get('Error', {}).get('Message', '')} {response.get('resourceId', '')}"


def _may_be_set_aside(spec: ArcRoutingControls, error: SafetyRuleError, already: tuple[str, ...]) -> tuple[str, ...]:
    new = tuple(rule for rule in error.rules if rule not in already)
    forbidden = [rule for rule in new if spec.safety_rules and rule not in spec.safety_rules]
    if forbidden:
        raise RejectedError(
            f"Safety rule {', '.join(forbidden)} refuses, and may not be set aside.",
            hint="`safety_rules` of the entry names those that an acknowledged request may override.",
        ) from error
    return new
