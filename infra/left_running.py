"""What an application runs and no stack can make: its code and wishes do not stand in `dr.yaml`. Pure."""

from collections.abc import Iterator

from dr_core.topology.model import Application
from infra.edge import behaviours

_EKS = "the cluster and its node groups belong to who runs Kubernetes: make them in each region, with these names"
_ELSEWHERE_OFF = "in each region, disabled everywhere but in {primary}"
_CONSUMERS = {
    "lambda_event_source": f"the function's code and its event source are yours: make both {_ELSEWHERE_OFF}",
    "eventbridge_rule": f"what the rule matches and starts is yours: make it {_ELSEWHERE_OFF}",
    "eventbridge_schedule": f"when the schedule runs and what it starts is yours: make it {_ELSEWHERE_OFF}",
}
_CUSTOM = {
    "lambda": "the function's code is yours: deploy it in each region, under this name",
    "ssm_document": "the document is yours: make it in each region, under this name",
    "webhook": "who is called stands outside; where a secret signs, put it in each region",
}


def what_runs(name: str, app: Application) -> Iterator[tuple[str, str]]:
    """(path in `dr.yaml`, why) of each; a poller is made like any other service."""
    base = f"applications.{name}"
    for index, capacity in enumerate(app.capacity):
        if capacity.eks_nodegroup:
            yield f"{base}.capacity.{index}", _EKS
    for index, consumer in enumerate(app.consumers):
        if consumer.kind in _CONSUMERS:
            yield f"{base}.consumers.{index}", _CONSUMERS[consumer.kind].format(primary=app.primary)
    for index, custom in enumerate(app.custom):
        if custom.kind in _CUSTOM:
            yield f"{base}.custom.{index}", _CUSTOM[custom.kind]
    for index, traffic in enumerate(app.traffic):
        if traffic.cloudfront and not behaviours(app):
            yield f"{base}.traffic.{index}", "no address and no bucket of the regions is named: it would answer nothing"
