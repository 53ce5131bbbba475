"""Routing controls by hand: the AWS CLI's words, tried at one endpoint after another. Pure.

https://docs.aws.amazon.com/r53recovery/latest/dg/getting-started-cli-routing.control-state.html: each call names the
region and the address of a regional endpoint.
"""

from collections.abc import Mapping

from dr_core.aws.cli import BRIEFLY, asked, aws, is_
from dr_core.topology.traffic import ArcRoutingControls

_SERVICE = "route53-recovery-cluster"
_ONCE = "AWS_MAX_ATTEMPTS=1"


def update(spec: ArcRoutingControls, states: Mapping[str, bool], set_aside: tuple[str, ...]) -> str:
    """Sets all the states in one call, at the first endpoint that takes it."""
    entries = [
        f"RoutingControlArn={spec.controls[region]},RoutingControlState={'On' if on else 'Off'}"
        for region, on in states.items()
    ]
    aside = ("--safety-rules-to-override", *set_aside) if set_aside else ()
    words = ("--update-routing-control-state-entries", *entries, *aside)
    return _anywhere(spec, "update-routing-control-states", *words)


def is_in(spec: ArcRoutingControls, region: str, on: bool) -> str:
    """The condition that a region's control is on, or off, as the first endpoint tells that answers."""
    words = ("--routing-control-arn", spec.controls[region], *asked("RoutingControlState"))
    return is_(_anywhere(spec, "get-routing-control-state", *words), "On" if on else "Off")


def _anywhere(spec: ArcRoutingControls, operation: str, *words: str) -> str:
    tries = (
        f"{_ONCE} {aws(_SERVICE, operation, '--endpoint-url', one.url, *words, *BRIEFLY, region=one.region)}"
        for one in spec.endpoints
    )
    return " ||\n  ".join(tries)
