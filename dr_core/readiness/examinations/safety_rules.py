"""Safety rules of ARC as values, and whether one would refuse a change of routing controls. Pure.

https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.safety-rules.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """`guarded` controls change only while enough of `looks_at` are on: after the change for an assertion rule, which
    looks at what it guards; whatever is changed for a gating rule."""

    arn: str
    name: str
    guarded: tuple[str, ...]
    looks_at: tuple[str, ...]
    kind: str
    threshold: int
    inverted: bool


def rule_of(raw: Mapping[str, Any]) -> Rule:
    """As ListSafetyRules gives it: an assertion or a gating rule."""
    gating = raw.get("GATING")
    told = gating or raw["ASSERTION"]
    config = told["RuleConfig"]
    asserted = tuple(told.get("AssertedControls", ()))
    return Rule(
        arn=str(told["SafetyRuleArn"]),
        name=str(told["Name"]),
        guarded=tuple(gating["TargetControls"]) if gating else asserted,
        looks_at=tuple(gating["GatingControls"]) if gating else asserted,
        kind=str(config["Type"]),
        threshold=int(config["Threshold"]),
        inverted=bool(config["Inverted"]),
    )


def would_refuse(rule: Rule, states: Mapping[str, bool], wanted: Mapping[str, bool]) -> bool:
    """Whether the rule refuses to bring `states` to `wanted`; a change that it does not guard is nothing to it."""
    changed = {arn for arn, on in wanted.items() if states.get(arn, False) is not on}
    if not changed & set(rule.guarded):
        return False
    after = {**states, **wanted}
    on = sum(after.get(arn, False) for arn in rule.looks_at)
    needed = {"AND": len(rule.looks_at), "OR": 1}.get(rule.kind, rule.threshold)
    return (on >= needed) is rule.inverted
