"""ARC routing controls: one cluster behind regional endpoints, its safety rules, and what health checks see of it.

https://docs.aws.amazon.com/r53recovery/latest/dg/what-is-route53-recovery.html
https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.safety-rules.html

What AWS's documentation leaves open and is decided here: a health check follows its control after five seconds; a call
of several states is carried out as a whole or not at all; the refusal of a rule is a ConflictException whose message
holds the rule's ARN. A rule's waiting period is not played.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

FOLLOWS_S = 5.0
_MOST_STATES = 10
_PAGE = 500
_STATES = {"On": True, "Off": False}


@dataclass(frozen=True)
class SafetyRule:
    """`controls` are the asserted ones, or the targets of a gate. `gates` empty: an assertion rule.

    At least `threshold` of the asserted controls, or of the gates, must be on.
    """

    arn: str
    name: str
    controls: tuple[str, ...]
    threshold: int
    gates: tuple[str, ...] = ()

    def allows(self, changed: frozenset[str], after: Mapping[str, bool]) -> bool:
        """An assertion is held against the states that would come out, a gate against its own controls."""
        if not changed & set(self.controls):
            return True
        return sum(after.get(arn, False) for arn in self.gates or self.controls) >= self.threshold


class Arc:
    """Controls by ARN. The cluster is one: whichever endpoint answers tells the same."""

    PAGES: ClassVar[dict[str, str]] = {
        "route53-recovery-cluster": "https://docs.aws.amazon.com/routing-control/latest/APIReference/API_{}.html",
        "route53-recovery-control-config": "https://docs.aws.amazon.com/recovery-cluster/latest/api/resources.html",
    }

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self.controls: dict[str, bool] = {}
        self.rules: dict[str, SafetyRule] = {}
        self._followed: dict[str, bool] = {}

    def operations(self) -> Operations:
        return {
            ("route53-recovery-cluster", "GetRoutingControlState"): self.state,
            ("route53-recovery-cluster", "ListRoutingControls"): self.listing,
            ("route53-recovery-cluster", "UpdateRoutingControlState"): self.update_one,
            ("route53-recovery-cluster", "UpdateRoutingControlStates"): self.update,
            ("route53-recovery-control-config", "ListSafetyRules"): self.safety_rules,
        }

    # -- the world's view --------------------------------------------------------------------------------------------

    def add(self, arn: str, *, on: bool) -> None:
        """A control; one that is there keeps its state."""
        self._followed.setdefault(arn, self.controls.setdefault(arn, on))

    def add_rule(self, rule: SafetyRule) -> None:
        self.rules[rule.arn] = rule

    def trouble(self, arn: str) -> str | None:
        """What a RECOVERY_CONTROL health check finds: None while its control is on."""
        return None if self._followed.get(arn) else "Routing control is Off"

    # -- operations --------------------------------------------------------------------------------------------------

    def state(self, call: Call) -> Parameters:
        """The state of one control."""
        arn = self._known(call.text("RoutingControlArn"))
        return {
            "RoutingControlArn": arn,
            "RoutingControlState": _word(self.controls[arn]),
            "RoutingControlName": _name(arn),
        }

    def listing(self, call: Call) -> Parameters:
        """Every control with its state, of one control panel or of all, 500 a page."""
        panel = call.parameters.get("ControlPanelArn")
        found = [
            {
                "ControlPanelArn": _panel(arn),
                "RoutingControlArn": arn,
                "RoutingControlName": _name(arn),
                "RoutingControlState": _word(on),
            }
            for arn, on in self.controls.items()
            if panel is None or _panel(arn) == panel
        ]
        refusal = AwsError("ValidationException", "The token is not valid.")
        asked = call.parameters
        listed, rest = page(found, asked.get("NextToken"), int(asked.get("MaxResults") or _PAGE), refusal)
        return {"RoutingControls": listed, **({"NextToken": rest} if rest else {})}

    def update_one(self, call: Call) -> Parameters:
        """One control; safety rules are held against it unless they are named as overridden."""
        return self._set([call.parameters], call)

    def update(self, call: Call) -> Parameters:
        """Up to ten controls at once, all or none; safety rules are held against what would come out."""
        return self._set(call.parameters.get("UpdateRoutingControlStateEntries") or [], call)

    def safety_rules(self, call: Call) -> Parameters:
        """Assertion and gating rules of one control panel."""
        panel = call.text("ControlPanelArn")
        return {"SafetyRules": [_described(rule, panel) for rule in self.rules.values() if _panel(rule.arn) == panel]}

    def _set(self, entries: list[dict[str, Any]], call: Call) -> Parameters:
        if not 1 <= len(entries) <= _MOST_STATES:
            raise AwsError("ServiceLimitExceededException", f"A call sets 1 to {_MOST_STATES} states.", 402)
        wanted = {self._known(str(one["RoutingControlArn"])): _state(one) for one in entries}
        changed = frozenset(arn for arn, on in wanted.items() if self.controls[arn] is not on)
        after = {**self.controls, **wanted}
        aside = call.parameters.get("SafetyRulesToOverride") or []
        for rule in self.rules.values():
            if rule.arn not in aside and not rule.allows(changed, after):
                raise AwsError(
                    "ConflictException",
                    f"Routing control state was not updated because the safety rule {rule.arn} evaluated to false",
                    409,
                )
        self.controls = after
        self._timeline.after(FOLLOWS_S, lambda: self._followed.update({arn: after[arn] for arn in wanted}))
        return {}

    def _known(self, arn: str) -> str:
        if arn not in self.controls:
            raise AwsError("ResourceNotFoundException", f"Routing control {arn} was not found.", 404)
        return arn


def _state(entry: dict[str, Any]) -> bool:
    word = entry.get("RoutingControlState")
    if word not in _STATES:
        raise AwsError("ValidationException", f"RoutingControlState must be On or Off, not {word!r}.")
    return _STATES[str(word)]


def _word(on: bool) -> str:
    return "On" if on else "Off"


def _panel(arn: str) -> str:
    """The control panel's ARN, with which a control's or a rule's begins."""
    return arn.rsplit("/", 2)[0]


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _described(rule: SafetyRule, panel: str) -> Parameters:
    named = {"ControlPanelArn": panel, "Name": rule.name, "SafetyRuleArn": rule.arn, "Status": "DEPLOYED"}
    config = {"Inverted": False, "Threshold": rule.threshold, "Type": "ATLEAST"}
    if rule.gates:
        gated = {"GatingControls": list(rule.gates), "TargetControls": list(rule.controls)}
        return {"GATING": {**named, **gated, "RuleConfig": config, "WaitPeriodMs": 0}}
    return {"ASSERTION": {**named, "AssertedControls": list(rule.controls), "RuleConfig": config, "WaitPeriodMs": 0}}
