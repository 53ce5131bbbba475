"""Budgets in AWS's own currency, and a trail of every region that shows when it was changed."""

from decimal import Decimal

import pytest

from infra.money import in_usd
from tests.infra.synthesized import Assembly, Json


@pytest.mark.parametrize(
    ("amount", "rate", "usd"),
    [("100", "0.92", "108.69"), ("100", "1", "100.00"), ("0", "0.92", "0.00"), ("33.33", "1.5", "22.22")],
)
def test_a_limit_is_never_rounded_up(amount: str, rate: str, usd: str) -> None:
    assert in_usd(Decimal(amount), Decimal(rate)) == Decimal(usd)


def budgets(assembly: Assembly) -> dict[str, Json]:
    return {one["Budget"]["BudgetName"]: one for _, _, one in assembly.of("AWS::Budgets::Budget")}


def test_the_months_sum_the_alerts_of_the_file_and_what_is_foreseen(example: Assembly) -> None:
    """EUR 100 with alerts at 50 and 80 %, a burst limit of EUR 200, at 0.92 EUR a dollar."""
    found = budgets(example)
    assert {name: one["Budget"]["BudgetLimit"] for name, one in found.items()} == {
        "dr-monthly": {"Amount": 108.69, "Unit": "USD"},
        "dr-burst": {"Amount": 217.39, "Unit": "USD"},
    }
    told = {
        name: [
            (n["Notification"]["NotificationType"], n["Notification"]["Threshold"])
            for n in one["NotificationsWithSubscribers"]
        ]
        for name, one in found.items()
    }
    assert told == {
        "dr-monthly": [("ACTUAL", 50), ("ACTUAL", 80), ("FORECASTED", 100)],
        "dr-burst": [("FORECASTED", 100), ("ACTUAL", 100)],
    }
    for one in found.values():
        assert (one["Budget"]["BudgetType"], one["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
        for entry in one["NotificationsWithSubscribers"]:
            assert entry["Notification"]["ThresholdType"] == "PERCENTAGE"
            assert entry["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": "oncall@example.com"}]


def test_without_a_rate_or_a_budget_people_are_told_instead_of_a_guess(each: Assembly) -> None:
    config = each.config
    budget = config.topology.budget
    template = each.templates[f"{config.deployment.name}-governance-{config.topology.control_region}"]
    left = template.body["Metadata"]["dr:left-to-people"]
    known = budget is not None and (budget.currency == "USD" or budget.usd_rate is not None)
    assert bool(budgets(each)) == known
    assert ("budget" in left or "budget.usd_rate" in left) != known
    assert "cost allocation tags" in left


def test_the_trail_covers_every_region_and_shows_tampering(each: Assembly) -> None:
    [(template, _, trail)] = each.of("AWS::CloudTrail::Trail")
    assert template.region == each.config.topology.control_region
    assert {trail[key] for key in ("IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents")} == {True}
    assert trail["EnableLogFileValidation"]
    assert "KMSKeyId" in trail
    [objects] = trail["EventSelectors"]
    assert objects["IncludeManagementEvents"]
    named = [one.bucket for one in each.config.topology.audit.anchors]
    watched = [arn for one in objects.get("DataResources", []) for arn in one["Values"]]
    assert {f"arn:aws:s3:::{name}/" for name in named} <= set(watched)


def test_the_trails_bucket_is_written_by_this_trail_alone(each: Assembly) -> None:
    config = each.config
    template = each.templates[f"{config.deployment.name}-governance-{config.topology.control_region}"]
    bucket = template.one("AWS::S3::Bucket")
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    statements = template.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    arn = f"arn:aws:cloudtrail:{template.region}:{config.deployment.account}:trail/{config.deployment.name}-trail"
    assert len(allowed) == 2
    for one in allowed:
        assert one["Condition"] == {"StringEquals": {"aws:SourceArn": arn}}
