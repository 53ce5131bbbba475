"""What runs: services and their tasks, groups of instances, functions, and what scales or wakes them."""

from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json


@dataclass(frozen=True)
class _Service:
    """A count that an update leaves out stays as it is.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html
    """

    fixed: frozenset[str] = frozenset({"ServiceName", "Cluster", "LaunchType"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("ecs", "CreateService", properties)
        asked["serviceName"] = str(properties.get("ServiceName") or site.name())
        # Where a template gives no count, a new service has one task.
        asked.setdefault("desiredCount", 1)
        made = site.ask("ecs", "CreateService", **asked)["service"]
        return Made(made["serviceArn"], {"Name": made["serviceName"], "ServiceArn": made["serviceArn"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = parameters("ecs", "UpdateService", {**after, "Service": made.attributes["Name"]})
        site.ask("ecs", "UpdateService", **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        where = {"cluster": properties.get("Cluster", "default"), "service": made.attributes["Name"]}
        with_absent_fine(lambda: site.ask("ecs", "UpdateService", **where, desiredCount=0))
        with_absent_fine(lambda: site.ask("ecs", "DeleteService", **where, force=True))


@dataclass(frozen=True)
class _Group:
    """An Auto Scaling group; a size that an update leaves out stays as it is."""

    fixed: frozenset[str] = frozenset({"AutoScalingGroupName"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("AutoScalingGroupName") or site.name())
        asked = self._asked("CreateAutoScalingGroup", properties, name)
        site.ask("autoscaling", "CreateAutoScalingGroup", **asked)
        return Made(name)

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = self._asked("UpdateAutoScalingGroup", after, made.id)
        site.ask("autoscaling", "UpdateAutoScalingGroup", **asked)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gone = {"AutoScalingGroupName": made.id, "ForceDelete": True}
        with_absent_fine(lambda: site.ask("autoscaling", "DeleteAutoScalingGroup", **gone))

    def _asked(self, operation: str, properties: Json, name: str) -> Json:
        given = {key: value for key, value in properties.items() if key not in ("VPCZoneIdentifier", "Tags")}
        asked = parameters("autoscaling", operation, given)
        if operation.startswith("Create"):
            told = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
            asked["Tags"] = [{**tag, **told} for tag in properties.get("Tags") or ()]
        networks = ",".join(properties.get("VPCZoneIdentifier") or ())
        return {**asked, "AutoScalingGroupName": name, **({"VPCZoneIdentifier": networks} if networks else {})}


@dataclass(frozen=True)
class _Target:
    """What may be scaled: `RESOURCE|DIMENSION|NAMESPACE`."""

    fixed: frozenset[str] = frozenset({"ResourceId", "ScalableDimension", "ServiceNamespace"})

    def create(self, site: Site, properties: Json) -> Made:
        given = {name: value for name, value in properties.items() if name != "Tags"}
        asked = parameters("application-autoscaling", "RegisterScalableTarget", given)
        site.ask("application-autoscaling", "RegisterScalableTarget", **asked)
        return Made("|".join(str(properties[name]) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")))

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
        gone = {name: properties[name] for name in names}
        with_absent_fine(lambda: site.ask("application-autoscaling", "DeregisterScalableTarget", **gone))


@dataclass(frozen=True)
class _Policy:
    """How a target is scaled; the target may be named by its id."""

    fixed: frozenset[str] = frozenset({"PolicyName", "ScalingTargetId", "ResourceId"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("application-autoscaling", "PutScalingPolicy", self._whole(properties))
        arn = site.ask("application-autoscaling", "PutScalingPolicy", **asked)["PolicyARN"]
        return Made(str(arn), {"Arn": str(arn)})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gone = parameters("application-autoscaling", "DeleteScalingPolicy", self._whole(properties))
        with_absent_fine(lambda: site.ask("application-autoscaling", "DeleteScalingPolicy", **gone))

    def _whole(self, properties: Json) -> Json:
        parts = str(properties.get("ScalingTargetId") or "").split("|")
        if len(parts) != 3:
            return properties
        return {**properties, **dict(zip(("ResourceId", "ScalableDimension", "ServiceNamespace"), parts, strict=True))}


@dataclass(frozen=True)
class _Rule:
    """A rule of EventBridge with its targets."""

    fixed: frozenset[str] = frozenset({"Name", "EventBusName"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("Name") or site.name())
        return self._put(site, name, properties)

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        gone = {one["Id"] for one in before.get("Targets") or ()} - {one["Id"] for one in after.get("Targets") or ()}
        if gone:
            site.ask("events", "RemoveTargets", Rule=self._name(made), Ids=sorted(gone))
        return self._put(site, self._name(made), after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        targets = [one["Id"] for one in properties.get("Targets") or ()]
        if targets:
            with_absent_fine(lambda: site.ask("events", "RemoveTargets", Rule=self._name(made), Ids=targets))
        with_absent_fine(lambda: site.ask("events", "DeleteRule", Name=self._name(made)))

    def _put(self, site: Site, name: str, properties: Json) -> Made:
        given = {key: value for key, value in properties.items() if key != "Tags"}
        asked = {**parameters("events", "PutRule", given), "Name": name}
        arn = str(site.ask("events", "PutRule", **asked)["RuleArn"])
        if properties.get("Targets"):
            asked = parameters("events", "PutTargets", {"Rule": name, "Targets": properties["Targets"]})
            site.ask("events", "PutTargets", **asked)
        return Made(name, {"Arn": arn})

    def _name(self, made: Made) -> str:
        return made.id.rpartition("|")[2]


_SCHEDULE = {"Name": "{id}", "GroupName": "{GroupName}"}

KINDS: dict[str, Kind] = {
    "AWS::ECS::Cluster": Plain(
        "ecs", "CreateCluster", "cluster.clusterName", drop="DeleteCluster", by={"cluster": "{id}"},
        change="UpdateCluster", attributes={"Arn": "cluster.clusterArn"}, named="clusterName",
        renamed={"ClusterName": "clusterName", "ClusterSettings": "settings"}, fixed=frozenset({"ClusterName"}),
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": Plain(
        "ecs", "PutClusterCapacityProviders", "{cluster}", again=True, fixed=frozenset({"Cluster"}),
    ),
    "AWS::ECS::TaskDefinition": Plain(
        "ecs", "RegisterTaskDefinition", "taskDefinition.taskDefinitionArn", drop="DeregisterTaskDefinition",
        by={"taskDefinition": "{id}"}, attributes={"TaskDefinitionArn": "{id}"}, named="family",
        renamed={"Family": "family"},
        fixed=frozenset({"ContainerDefinitions", "Cpu", "Memory", "Family", "ExecutionRoleArn", "TaskRoleArn",
                         "NetworkMode", "RequiresCompatibilities", "Volumes", "RuntimePlatform"}),
    ),
    "AWS::ECS::Service": _Service(),
    "AWS::AutoScaling::AutoScalingGroup": _Group(),
    "AWS::AutoScaling::ScalingPolicy": Plain(
        "autoscaling", "PutScalingPolicy", "PolicyARN", drop="DeletePolicy", by={"PolicyName": "{id}"}, again=True,
        named="PolicyName", attributes={"Arn": "{id}", "PolicyName": "{PolicyName}"},
        fixed=frozenset({"AutoScalingGroupName"}),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": _Target(),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _Policy(),
    "AWS::Lambda::Function": Plain(
        "lambda", "CreateFunction", "FunctionName", drop="DeleteFunction", by={"FunctionName": "{id}"},
        change="UpdateFunctionConfiguration", attributes={"Arn": "FunctionArn"}, named="FunctionName",
        fixed=frozenset({"FunctionName", "PackageType"}),
    ),
    "AWS::Lambda::Permission": Plain(
        "lambda", "AddPermission", "{StatementId}", named="StatementId", drop="RemovePermission",
        by={"FunctionName": "{FunctionName}", "StatementId": "{id}"},
        fixed=frozenset({"Action", "FunctionName", "Principal", "SourceArn"}),
    ),
    "AWS::Lambda::EventSourceMapping": Plain(
        "lambda", "CreateEventSourceMapping", "UUID", drop="DeleteEventSourceMapping", by={"UUID": "{id}"},
        change="UpdateEventSourceMapping", attributes={"Id": "{id}", "EventSourceMappingArn": "EventSourceMappingArn"},
        fixed=frozenset({"EventSourceArn"}),
    ),
    "AWS::Events::Rule": _Rule(),
    "AWS::Scheduler::Schedule": Plain(
        "scheduler", "CreateSchedule", "{Name}", drop="DeleteSchedule", by=_SCHEDULE, change="UpdateSchedule",
        named="Name", attributes={"Arn": "ScheduleArn"}, defaults={"GroupName": "default"}, fixed=frozenset({"Name"}),
    ),
    "AWS::Scheduler::ScheduleGroup": Plain(
        "scheduler", "CreateScheduleGroup", "{Name}", drop="DeleteScheduleGroup", by={"Name": "{id}"}, named="Name",
        attributes={"Arn": "ScheduleGroupArn"}, fixed=frozenset({"Name"}),
    ),
}  # fmt: skip
