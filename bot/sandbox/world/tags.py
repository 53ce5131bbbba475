"""Tags: everything that the topology names carries `application=NAME`, as the Resource Groups Tagging API tells it.

The tags themselves are moto's. They are set when somebody first asks, so that a start costs nothing.
"""

from collections.abc import Iterator
from typing import ClassVar

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.core.resource_tagging import TaggableResourcesMixin, iter_taggable_backends
from moto.kms.models import kms_backends
from moto.ssm.models import SimpleSystemManagerBackend

from bot.sandbox.world.api import Call, Operations, Reply
from bot.sandbox.world.ground import Ground
from dr_core.topology.model import Application

KEY = "application"


class Tags:
    PAGES: ClassVar[dict[str, str]] = {
        "resourcegroupstaggingapi": "https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._topology = ground.topology
        self._set = False

    def operations(self) -> Operations:
        return {("resourcegroupstaggingapi", "GetResources"): self.get_resources}

    def get_resources(self, call: Call) -> Reply:
        """Everything that the topology names carries `application=NAME`."""
        if not self._set:
            self._set = True
            for name, app in self._topology.applications.items():
                for region in app.regions:
                    self._tag(region, name, tuple(self._endings(app, region)))
        return call.forward()

    def _tag(self, region: str, name: str, endings: tuple[str, ...]) -> None:
        for backend in iter_taggable_backends(self._account, region):
            # Answers must not depend on how often a service makes its list anew.
            for resource in list(backend.iter_tagged_resources()):
                if any(ending in f"{resource.arn}$" for ending in endings):
                    try:
                        _put(backend, resource.arn, name)
                    except (JsonRESTError, ServiceException):
                        continue  # a replica has the tags of its source

    def _endings(self, app: Application, region: str) -> Iterator[str]:
        """Parts of the ARNs of what the application names; `$` is an ARN's end."""
        if app.database and app.database.aurora_global and region in app.database.aurora_global.clusters:
            yield f":cluster:{app.database.aurora_global.clusters[region].lower()}$"
        for storage in app.storage:
            if storage.s3 and region in storage.s3.buckets:
                yield f":s3:::{storage.s3.buckets[region]}$"
        yield from (f":secret:{name}-" for name in app.secrets)
        for path in (*app.parameters.paths, *((app.parameters.flags,) if app.parameters.flags else ())):
            yield f":parameter/{path.strip('/')}{'/' if path.endswith('/') else ''}"
        for capacity in app.capacity:
            if capacity.ecs:
                yield f":service/{capacity.ecs.cluster}/{capacity.ecs.service}$"
            if capacity.autoscaling:
                yield f"autoScalingGroupName/{capacity.autoscaling.group}$"
        yield from _consumers(app)
        yield from (f":table/{table.dynamodb_global.table}$" for table in app.tables if table.dynamodb_global)
        for alias in kms_backends[self._account][region].list_aliases():
            if alias.alias_name in app.keys or alias.alias_name.removeprefix("alias/") in app.keys:
                yield f":key/{alias.target_key_id}$"


def _consumers(app: Application) -> Iterator[str]:
    for consumer in app.consumers:
        if consumer.lambda_event_source:
            yield f":function:{consumer.lambda_event_source.function}$"
        elif consumer.eventbridge_rule and consumer.eventbridge_rule.bus != "default":
            # moto tells the tags of buses, and not those of rules.
            yield f":event-bus/{consumer.eventbridge_rule.bus.rsplit('event-bus/', 1)[-1]}$"


def _put(backend: TaggableResourcesMixin, arn: str, name: str) -> None:
    if isinstance(backend, SimpleSystemManagerBackend):
        parameter = arn.partition(":parameter")[2]
        known = parameter if backend.get_parameter(parameter) else parameter.lstrip("/")
        backend.add_tags_to_resource("Parameter", known, {KEY: name})
    else:
        backend.tag_resource(arn, {KEY: name})
