"""What the templates are said to cost: counted by hand in small, and honest about what nobody knows."""

from decimal import Decimal
from typing import Any

import pytest

from commands.sizes import page
from dr_core.topology.deployment import Size
from infra.config import read_config
from infra.costs import estimate, fits
from infra.counted import GLOBAL, counted, number, used
from infra.deploying.assembly import Stack, read_assembly
from infra.prices import Prices, read_prices
from tests.infra.synthesized import CONFIGS, EXAMPLE, ROOT, Assembly

REGION = "eu-west-1"


def stack(**resources: dict[str, Any]) -> Stack:
    return Stack("shop-x-eu-west-1", REGION, "111122223333", "shop", {"Resources": resources})


def made(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


TASK = made("ECS::TaskDefinition", Cpu="512", Memory="1024")
ARM = made("ECS::TaskDefinition", Cpu="256", Memory="512", RuntimePlatform={"CpuArchitecture": "ARM64"})
SERVICE = made("ECS::Service", DesiredCount=3, TaskDefinition={"Ref": "Task"})
AT_FIRST = made("ECS::Service", DesiredCount={"Fn::If": ["Counted", {"Ref": "AWS::NoValue"}, 2]},
                TaskDefinition={"Ref": "Task"})  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"A": made("EC2::NatGateway")}, {("nat-gateway-hour", REGION): 1}),
        ({"A": made("ElasticLoadBalancingV2::LoadBalancer", Scheme="internet-facing", Subnets=["a", "b"])},
         {("load-balancer-hour", REGION): 1, ("public-ipv4-hour", REGION): 2}),
        ({"A": made("ElasticLoadBalancingV2::LoadBalancer", Scheme="internal", Subnets=["a", "b"])},
         {("load-balancer-hour", REGION): 1}),
        ({"A": made("EC2::VPCEndpoint", VpcEndpointType="Gateway")}, {}),
        ({"A": made("EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"])},
         {("interface-endpoint-hour", REGION): 2}),
        ({"A": SERVICE, "Task": TASK},
         {("fargate-x86-vcpu-hour", REGION): Decimal("1.5"), ("fargate-x86-gib-hour", REGION): 3}),
        ({"A": AT_FIRST, "Task": ARM},
         {("fargate-arm-vcpu-hour", REGION): Decimal("0.5"), ("fargate-arm-gib-hour", REGION): 1}),
        ({"A": made("RDS::DBInstance", Engine="aurora-postgresql", DBInstanceClass="db.r6g.large")},
         {("aurora-postgresql db.r6g.large-hour", REGION): 1}),
        ({"A": made("RDS::DBInstance", Engine="postgres", DBInstanceClass="db.t4g.micro", MultiAZ=True,
                    AllocatedStorage="20", StorageType="gp3")},
         {("postgres db.t4g.micro-hour", REGION): 2, ("rds gp3-gb-month", REGION): 40}),
        ({"A": made("RDS::DBInstance", Engine="aurora-postgresql", DBInstanceClass="db.serverless"),
          "C": made("RDS::DBCluster", ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 8})},
         {("aurora-capacity-unit-hour", REGION): Decimal("0.5")}),
        ({"A": made("SecretsManager::Secret", ReplicaRegions=[{"Region": "eu-central-1"}])},
         {("secret-month", REGION): 1, ("secret-month", "eu-central-1"): 1}),
        ({"A": made("CloudWatch::Alarm", Metrics=[{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a+b"}])},
         {("alarm-metric-month", REGION): 2}),
        ({"A": made("Route53::HealthCheck", HealthCheckConfig={"Type": "HTTPS", "RequestInterval": 30})},
         {("health-check-month", GLOBAL): 1, ("health-check-option-month", GLOBAL): 1}),
        ({"A": made("ElastiCache::ReplicationGroup", Engine="valkey", CacheNodeType="cache.t4g.micro",
                    NumNodeGroups=2, ReplicasPerNodeGroup=1)},
         {("valkey cache.t4g.micro-hour", REGION): 4}),
        ({"A": made("IAM::Role")}, {}),
        ({"A": made("Odd::Thing")}, {("", REGION): 1}),  # never seen: without a price, and never left out
    ],
)  # fmt: skip
def test_what_is_paid_for_by_time_is_counted(
    resources: dict[str, Any], expected: dict[tuple[str, str], Decimal | int]
) -> None:
    assert {(one.item, one.region): one.count for one in counted(stack(**resources))} == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, 2), ("0", 0), ("x", None), ({"Ref": "A"}, None), (True, None), ({"Fn::If": ["C", 1, 2]}, None),
     ({"Fn::If": ["C", {"Ref": "AWS::NoValue"}, 4]}, 4)],
)  # fmt: skip
def test_a_count_that_a_template_leaves_open_is_not_known(value: object, expected: int | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("total", "monthly", "burst", "whole", "word"),
    [
        ("90", "100", "200", True, "fits"),
        ("90", "100", "200", False, "unknown"),  # what has no price may be more than the rest
        ("150", "100", "200", False, "does not fit: more than the monthly budget"),
        ("250", "100", "200", True, "does not fit: more than the burst limit"),
        ("150", "100", None, True, "does not fit"),
        (None, "100", "200", True, "unknown: no rate"),
        ("150", None, None, True, "no budget"),
    ],
)
def test_a_budget_fits_only_what_is_known_whole(
    total: str | None, monthly: str | None, burst: str | None, whole: bool, word: str
) -> None:
    amounts = [Decimal(one) if one is not None else None for one in (total, monthly, burst)]
    assert fits(*amounts, whole).startswith(word)


def test_every_price_has_a_source_and_a_unit() -> None:
    prices = read_prices()
    assert all(item.endswith(("-month", "-hour")) for item in prices.prices)
    assert prices.month("nat-gateway-hour", "eu-west-1") == Decimal("0.048") * 730
    assert prices.month("nat-gateway-hour", "eu-north-1") is None  # another region's price is none
    assert prices.month("hosted-zone-month", GLOBAL) == Decimal("0.50")


def test_the_sum_is_by_region_and_what_has_no_price_is_named() -> None:
    config = read_config(EXAMPLE)
    table = Prices.model_validate({
        "collected": "2026-11-23", "hours_a_month": 730,
        "prices": {"nat-gateway-hour": {"usd": {"eu-west-1": "0.05"}, "source": "https://a.example", "seen": "2026"}},
    })  # fmt: skip
    other = Stack("b", "eu-central-1", "1", "shop", {"Resources": {"A": made("EC2::NatGateway")}})
    found = estimate(config, [stack(A=made("EC2::NatGateway")), other], table)
    assert {bill.region: bill.usd for bill in found.bills} == {
        "eu-central-1": Decimal(0),
        "eu-west-1": Decimal("36.50"),
    }
    assert [bill.unknown for bill in found.bills if bill.unknown] == [
        ("1 x nat-gateway-hour in eu-central-1 (USD an hour elsewhere: eu-west-1: 0.05)",)
    ]
    assert (found.usd, found.total, found.currency) == (Decimal("36.50"), Decimal("33.58"), "EUR")
    assert found.fits.startswith("unknown")


def test_nothing_of_a_configuration_goes_uncounted(each: Assembly) -> None:
    """Every type is counted, free, or named as paid for by use: a new one needs its line in infra/counted.py."""
    stacks = read_assembly(each.folder).stacks.values()
    strange = {one.what for found in stacks for one in counted(found) if not one.item and one.what.startswith("AWS::")}
    assert strange == set()
    assert used(stacks)


def test_the_page_of_sizes_is_current(example: Assembly) -> None:
    """`python -m commands.sizes > docs/sizes.md` after a change of templates or prices."""
    told = (ROOT / "docs" / "sizes.md").read_text(encoding="utf-8")
    prices = read_prices()
    found = estimate(read_config(EXAMPLE), read_assembly(example.folder).stacks.values(), prices)
    lines = page([found], prices).splitlines()
    assert [line for line in lines if line.startswith(("| ", "- ")) and line not in told.splitlines()] == []


def test_each_size_says_what_it_means(example: Assembly) -> None:
    config, stacks = read_config(EXAMPLE), read_assembly(example.folder).stacks.values()
    told = {estimate(config.sized(size), stacks, read_prices()).rto for size in Size}
    assert len(told) == len(Size)
    assert read_config(CONFIGS / "north.yaml").sized(Size.PILOT_LIGHT).deployment.size is Size.PILOT_LIGHT
