"""Things whose ids AWS assigns: until they are deployed and known, a policy can only mean all of their kind. Pure."""

import re
from dataclasses import replace

from dr_core.plan.kind import Need
from dr_core.topology.deployment import assigned_later

_PANEL = "arn:aws:route53-recovery-control::{account}:controlpanel/*"
_WHOLE = {"route53-recovery-control-config": _PANEL, "route53-recovery-cluster": f"{_PANEL}/routingcontrol/*"}
"""By the service of the action, where the topology names whole ARNs."""
_PART = re.compile(r"deployed:[^/]*")


def assigned(need: Need, account: str) -> Need:
    """The same need, with `*` for what only stands for an id."""
    return replace(need, resources=tuple(dict.fromkeys(_known(arn, need.action, account) for arn in need.resources)))


def _known(arn: str, action: str, account: str) -> str:
    if assigned_later(arn):
        return _WHOLE[action.partition(":")[0]].format(account=account)
    return _PART.sub("*", arn)
