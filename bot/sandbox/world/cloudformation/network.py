"""Networks: EC2's types, and load balancers with their certificates."""

from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kept, Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json


def _ec2(make: str, path: str, drop: str, by: str, *, tagged: str = "", **more: object) -> Plain:
    return Plain("ec2", make, path, drop=drop, by={by: "{id}"}, tagged=tagged, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Vpc:
    """Whether names are resolved in it is said by a second call."""

    fixed: frozenset[str] = frozenset({"CidrBlock", "InstanceTenancy"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("ec2", "CreateVpc", properties)
        asked["TagSpecifications"] = [{"ResourceType": "vpc", "Tags": properties.get("Tags", [])}]
        made = site.ask("ec2", "CreateVpc", **asked)["Vpc"]
        identifier = made["VpcId"]
        self._switch(site, identifier, properties)
        groups = site.ask("ec2", "DescribeSecurityGroups", Filters=[{"Name": "vpc-id", "Values": [identifier]}])
        default = next(one["GroupId"] for one in groups["SecurityGroups"] if one["GroupName"] == "default")
        acls = site.ask("ec2", "DescribeNetworkAcls", Filters=[{"Name": "vpc-id", "Values": [identifier]}])
        acl = acls["NetworkAcls"][0]["NetworkAclId"] if acls["NetworkAcls"] else ""
        known = {"VpcId": identifier, "CidrBlock": made["CidrBlock"], "DefaultSecurityGroup": default}
        return Made(identifier, {**known, "DefaultNetworkAcl": acl, "Ipv6CidrBlocks": [], "CidrBlockAssociations": []})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self._switch(site, made.id, after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("ec2", "DeleteVpc", VpcId=made.id))

    def _switch(self, site: Site, identifier: str, properties: Json) -> None:
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            if name in properties:
                site.ask("ec2", "ModifyVpcAttribute", VpcId=identifier, **{name: {"Value": bool(properties[name])}})


@dataclass(frozen=True)
class _Attachment:
    """An internet gateway in a network."""

    fixed: frozenset[str] = frozenset({"VpcId", "InternetGatewayId"})

    def create(self, site: Site, properties: Json) -> Made:
        gateway, network = properties["InternetGatewayId"], properties["VpcId"]
        site.ask("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=network)
        return Made(f"IGW|{network}", {"AttachmentType": "IGW"})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        gateway, network = properties["InternetGatewayId"], properties["VpcId"]
        with_absent_fine(lambda: site.ask("ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=network))


@dataclass(frozen=True)
class _Route:
    fixed: frozenset[str] = frozenset({"RouteTableId", "DestinationCidrBlock"})

    def create(self, site: Site, properties: Json) -> Made:
        site.ask("ec2", "CreateRoute", **parameters("ec2", "CreateRoute", properties))
        return Made(f"{properties['RouteTableId']}|{properties.get('DestinationCidrBlock')}")

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        site.ask("ec2", "ReplaceRoute", **parameters("ec2", "ReplaceRoute", after))
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        asked = parameters("ec2", "DeleteRoute", properties)
        with_absent_fine(lambda: site.ask("ec2", "DeleteRoute", **asked))


_RULES = {"Ingress": "SecurityGroupIngress", "Egress": "SecurityGroupEgress"}


@dataclass(frozen=True)
class _Group:
    """A security group with the rules that its own resource names."""

    fixed: frozenset[str] = frozenset({"GroupName", "GroupDescription", "VpcId"})

    def create(self, site: Site, properties: Json) -> Made:
        made = site.ask(
            "ec2",
            "CreateSecurityGroup",
            GroupName=properties.get("GroupName") or site.name(),
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": properties.get("Tags", [])}],
        )
        identifier = str(made["GroupId"])
        if properties.get("SecurityGroupEgress"):
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            site.ask("ec2", "RevokeSecurityGroupEgress", GroupId=identifier, IpPermissions=everything)
        self._rules(site, "Authorize", identifier, properties)
        return Made(identifier, {"GroupId": identifier, "VpcId": properties["VpcId"], "Id": identifier})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self._rules(site, "Revoke", made.id, before)
        self._rules(site, "Authorize", made.id, after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("ec2", "DeleteSecurityGroup", GroupId=made.id))

    def _rules(self, site: Site, verb: str, group: str, properties: Json) -> None:
        for way, name in _RULES.items():
            rules = [_permission(rule) for rule in properties.get(name) or ()]
            if rules:
                site.ask("ec2", f"{verb}SecurityGroup{way}", GroupId=group, IpPermissions=rules)


@dataclass(frozen=True)
class _Rule:
    """One rule of a group that another resource made."""

    way: str
    fixed: frozenset[str] = frozenset({"GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp"})

    def create(self, site: Site, properties: Json) -> Made:
        self._ask(site, "Authorize", properties)
        return Made(site.name(), {"Id": site.name()})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self._ask(site, "Revoke", before)
        self._ask(site, "Authorize", after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: self._ask(site, "Revoke", properties))

    def _ask(self, site: Site, verb: str, properties: Json) -> None:
        rule = _permission(properties)
        site.ask("ec2", f"{verb}SecurityGroup{self.way}", GroupId=properties["GroupId"], IpPermissions=[rule])


def _permission(rule: Json) -> Json:
    """A rule of CloudFormation's as EC2's API takes it."""
    found: Json = {"IpProtocol": str(rule["IpProtocol"])}
    found |= {name: int(rule[name]) for name in ("FromPort", "ToPort") if rule.get(name) is not None}
    told = {"Description": rule["Description"]} if rule.get("Description") else {}
    if rule.get("CidrIp"):
        found["IpRanges"] = [{"CidrIp": rule["CidrIp"], **told}]
    if rule.get("CidrIpv6"):
        found["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **told}]
    other = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if other:
        found["UserIdGroupPairs"] = [{"GroupId": other, **told}]
    prefix = rule.get("DestinationPrefixListId") or rule.get("SourcePrefixListId")
    if prefix:
        found["PrefixListIds"] = [{"PrefixListId": prefix, **told}]
    return found


@dataclass(frozen=True)
class _Peering:
    """Between two networks of the account; the other side accepts at once."""

    fixed: frozenset[str] = frozenset({"VpcId", "PeerVpcId", "PeerRegion"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("ec2", "CreateVpcPeeringConnection", properties)
        made = site.ask("ec2", "CreateVpcPeeringConnection", **asked)["VpcPeeringConnection"]
        identifier = str(made["VpcPeeringConnectionId"])
        other = site.call("ec2", str(properties.get("PeerRegion") or site.region))
        other("AcceptVpcPeeringConnection", VpcPeeringConnectionId=identifier)
        return Made(identifier, {"Id": identifier})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("ec2", "DeleteVpcPeeringConnection", VpcPeeringConnectionId=made.id))


@dataclass(frozen=True)
class _Template:
    """A launch template: another version each time it is changed."""

    fixed: frozenset[str] = frozenset({"LaunchTemplateName"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("ec2", "CreateLaunchTemplate", properties)
        asked.setdefault("LaunchTemplateName", site.name())
        asked.pop("TagSpecifications", None)
        made = site.ask("ec2", "CreateLaunchTemplate", **asked)["LaunchTemplate"]
        return self._made(made["LaunchTemplateId"], made)

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        data = parameters("ec2", "CreateLaunchTemplateVersion", {**after, "LaunchTemplateId": made.id})
        version = site.ask("ec2", "CreateLaunchTemplateVersion", **data)["LaunchTemplateVersion"]["VersionNumber"]
        return Made(made.id, {**made.attributes, "LatestVersionNumber": str(version)})

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("ec2", "DeleteLaunchTemplate", LaunchTemplateId=made.id))

    def _made(self, identifier: str, answer: Json) -> Made:
        numbers = {name: str(answer.get(name, 1)) for name in ("LatestVersionNumber", "DefaultVersionNumber")}
        return Made(identifier, {"LaunchTemplateId": identifier, **numbers})


_ELB_GONE = {"LoadBalancerArn": "{id}"}

KINDS: dict[str, Kind] = {
    "AWS::EC2::VPC": _Vpc(),
    "AWS::EC2::Subnet": Plain(
        "ec2", "CreateSubnet", "Subnet.SubnetId", drop="DeleteSubnet", by={"SubnetId": "{id}"}, tagged="subnet",
        attributes={"SubnetId": "{id}", "AvailabilityZone": "Subnet.AvailabilityZone", "VpcId": "Subnet.VpcId",
                    "CidrBlock": "Subnet.CidrBlock", "NetworkAclAssociationId": ""},
        fixed=frozenset({"AvailabilityZone", "CidrBlock", "VpcId"}),
    ),
    "AWS::EC2::InternetGateway": _ec2(
        "CreateInternetGateway", "InternetGateway.InternetGatewayId", "DeleteInternetGateway", "InternetGatewayId",
        tagged="internet-gateway", attributes={"InternetGatewayId": "{id}"},
    ),
    "AWS::EC2::VPCGatewayAttachment": _Attachment(),
    "AWS::EC2::RouteTable": _ec2(
        "CreateRouteTable", "RouteTable.RouteTableId", "DeleteRouteTable", "RouteTableId", tagged="route-table",
        attributes={"RouteTableId": "{id}"}, fixed=frozenset({"VpcId"}),
    ),
    "AWS::EC2::Route": _Route(),
    "AWS::EC2::SubnetRouteTableAssociation": _ec2(
        "AssociateRouteTable", "AssociationId", "DisassociateRouteTable", "AssociationId",
        attributes={"Id": "{id}"}, fixed=frozenset({"RouteTableId", "SubnetId"}),
    ),
    "AWS::EC2::EIP": Plain(
        "ec2", "AllocateAddress", "PublicIp", drop="ReleaseAddress", by={"AllocationId": "AllocationId"},
        attributes={"AllocationId": "AllocationId", "PublicIp": "PublicIp"}, tagged="elastic-ip",
    ),
    "AWS::EC2::NatGateway": _ec2(
        "CreateNatGateway", "NatGateway.NatGatewayId", "DeleteNatGateway", "NatGatewayId", tagged="natgateway",
        attributes={"NatGatewayId": "{id}"}, fixed=frozenset({"SubnetId", "AllocationId"}),
    ),
    "AWS::EC2::SecurityGroup": _Group(),
    "AWS::EC2::SecurityGroupIngress": _Rule("Ingress"),
    "AWS::EC2::SecurityGroupEgress": _Rule("Egress"),
    "AWS::EC2::VPCEndpoint": Plain(
        "ec2", "CreateVpcEndpoint", "VpcEndpoint.VpcEndpointId", drop="DeleteVpcEndpoints",
        by={"VpcEndpointIds": "{id}"}, attributes={"Id": "{id}"}, fixed=frozenset({"VpcId", "ServiceName"}),
    ),
    "AWS::EC2::VPCPeeringConnection": _Peering(),
    "AWS::EC2::FlowLog": Kept("nothing flows", attributes={"Id": "{id}"}, id="fl-{name}"),
    "AWS::EC2::LaunchTemplate": _Template(),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Plain(
        "elbv2", "CreateLoadBalancer", "LoadBalancers.0.LoadBalancerArn", drop="DeleteLoadBalancer", by=_ELB_GONE,
        named="Name", longest=32, fixed=frozenset({"Name", "Scheme", "Type"}),
        attributes={"LoadBalancerArn": "{id}", "DNSName": "LoadBalancers.0.DNSName",
                    "CanonicalHostedZoneID": "LoadBalancers.0.CanonicalHostedZoneId",
                    "LoadBalancerName": "LoadBalancers.0.LoadBalancerName",
                    "LoadBalancerFullName": "{tail}"},
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Plain(
        "elbv2", "CreateTargetGroup", "TargetGroups.0.TargetGroupArn", drop="DeleteTargetGroup",
        by={"TargetGroupArn": "{id}"}, change="ModifyTargetGroup", named="Name", longest=32,
        fixed=frozenset({"Name", "Port", "Protocol", "VpcId", "TargetType"}),
        attributes={"TargetGroupArn": "{id}", "TargetGroupName": "TargetGroups.0.TargetGroupName",
                    "TargetGroupFullName": "{tail}", "LoadBalancerArns": ""},
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Plain(
        "elbv2", "CreateListener", "Listeners.0.ListenerArn", drop="DeleteListener", by={"ListenerArn": "{id}"},
        change="ModifyListener", attributes={"ListenerArn": "{id}"}, fixed=frozenset({"LoadBalancerArn"}),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": Plain(
        "elbv2", "CreateRule", "Rules.0.RuleArn", drop="DeleteRule", by={"RuleArn": "{id}"}, change="ModifyRule",
        attributes={"RuleArn": "{id}"}, fixed=frozenset({"ListenerArn"}),
    ),
    "AWS::CertificateManager::Certificate": Plain(
        "acm", "RequestCertificate", "CertificateArn", drop="DeleteCertificate", by={"CertificateArn": "{id}"},
        attributes={"Id": "{id}"}, fixed=frozenset({"DomainName", "SubjectAlternativeNames", "ValidationMethod"}),
    ),
}  # fmt: skip
