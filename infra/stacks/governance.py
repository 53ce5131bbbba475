"""What is spent and what is done in the account: budgets, and CloudTrail of all regions.

No AWS Config (docs/decisions/0021-house.md). The organization's policy is printed by `python -m infra.policy.boundary`.
"""

from decimal import Decimal

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from dr_core.topology.duties import Budget
from infra.house import House
from infra.money import in_usd, usd_rate
from infra.place import Level, Part
from infra.stacks.keys import house_key

_KEPT = cdk.Duration.days(400)
_WHOLE = 100


class Governance(Part):
    """Budgets and the trail of the account"""

    concern = "governance"
    level = Level.HOUSE_ONCE

    def build(self) -> None:
        self.house = House(self.place.config)
        self._trail()
        budget = self.place.config.topology.budget
        if budget is None:
            self.left_to_people("budget", "no budget is set: nobody is told what this costs")
        elif (rate := usd_rate(budget)) is None:
            why = f"AWS keeps budgets in USD, and no usd_rate says what {budget.currency} are"
            self.left_to_people("budget.usd_rate", why)
        else:
            self._budgets(budget, rate)
        self.left_to_people(
            "cost allocation tags", "activate dr:owner and dr:application in Billing: CloudFormation cannot"
        )

    # -- CloudTrail ----------------------------------------------------------------------------------------------------

    def _trail(self) -> None:
        """Every region and the global services, with digests that show a missing or changed file."""
        arn = f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.house.trail}"
        bucket = s3.Bucket(
            self, "Trail", bucket_name=self.house.trail_bucket, encryption=s3.BucketEncryption.KMS,
            encryption_key=house_key(self.place), bucket_key_enabled=True, versioned=True, enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # Kept, but for what a failed first attempt has made: its name would be taken.
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            lifecycle_rules=[s3.LifecycleRule(expiration=_KEPT, noncurrent_version_expiration=cdk.Duration.days(30))],
        )  # fmt: skip
        by_trail = {"StringEquals": {"aws:SourceArn": arn}}
        service = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        bucket.add_to_resource_policy(
            iam.PolicyStatement(actions=["s3:GetBucketAcl"], principals=[service], resources=[bucket.bucket_arn],
                                conditions=by_trail)
        )  # fmt: skip
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"], principals=[service],
                resources=[bucket.arn_for_objects(f"AWSLogs/{self.account}/*")], conditions=by_trail,
            )
        )  # fmt: skip
        trail = cloudtrail.CfnTrail(
            self, "Everywhere", trail_name=self.house.trail, s3_bucket_name=bucket.bucket_name, is_logging=True,
            is_multi_region_trail=True, include_global_service_events=True, enable_log_file_validation=True,
            kms_key_id=house_key(self.place).key_arn, event_selectors=[self._own_objects()],
        )  # fmt: skip
        assert bucket.policy is not None
        trail.node.add_dependency(bucket.policy)

    def _own_objects(self) -> cloudtrail.CfnTrail.EventSelectorProperty:
        """What is done to the house's own objects, one by one; the applications' would cost what they are used."""
        topology = self.place.config.topology
        named = [*(one.bucket for one in topology.audit.anchors), *(one.bucket for one in topology.runbook.buckets)]
        buckets = [f"arn:aws:s3:::{name}/" for name in dict.fromkeys(named)]
        objects = cloudtrail.CfnTrail.DataResourceProperty(type="AWS::S3::Object", values=buckets)
        return cloudtrail.CfnTrail.EventSelectorProperty(
            include_management_events=True, read_write_type="All", data_resources=[objects] if buckets else None
        )

    # -- budgets -------------------------------------------------------------------------------------------------------

    def _budgets(self, budget: Budget, rate: Decimal) -> None:
        """What was spent against the monthly sum, and what is foreseen against it and the burst limit."""
        spent = [("ACTUAL", alert) for alert in budget.alerts]
        name = budget.aws_budget or f"{self.house.name}-monthly"
        self._budget("Monthly", name, in_usd(budget.monthly, rate), [*spent, ("FORECASTED", _WHOLE)], budget)
        if budget.burst is not None:
            limits = [("FORECASTED", _WHOLE), ("ACTUAL", _WHOLE)]
            self._budget("Burst", f"{self.house.name}-burst", in_usd(budget.burst, rate), limits, budget)

    def _budget(self, label: str, name: str, usd: Decimal, limits: list[tuple[str, int]], budget: Budget) -> None:
        told = budgets.CfnBudget.SubscriberProperty(
            subscription_type="EMAIL", address=self.place.config.deployment.alerts
        )
        filters = {"TagKeyValue": [_tag_filter(budget.tag)]} if budget.tag else None
        budgets.CfnBudget(
            self, label,
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=name, budget_type="COST", time_unit="MONTHLY", cost_filters=filters,
                budget_limit=budgets.CfnBudget.SpendProperty(amount=float(usd), unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[told],
                )
                for kind, percent in dict.fromkeys(limits)
            ],
        )  # fmt: skip


def _tag_filter(tag: str) -> str:
    """`KEY=VALUE` as AWS writes it: user:KEY$VALUE."""
    key, _, value = tag.partition("=")
    return f"user:{key}${value}"
