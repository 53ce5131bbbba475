"""The world's bill: a daily price for everything that the topology names, and a budget in each account."""

from collections.abc import Iterator
from decimal import Decimal

from bot.sandbox.world.costs import GLOBAL, Charge, Costs
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.model import Application

_DAY = Decimal(24)
_BUDGET = "monthly"


def seed_costs(seeds: Seeding, ground: Ground) -> None:
    """Charges for every application; a budget with the file's limit in every account, where the file has a budget."""
    seed_charges(ground)
    costs, topology = ground.part(Costs), ground.topology
    if topology.budget is None:
        return
    rate = topology.budget.usd_rate.value if topology.budget.usd_rate else Decimal(1)
    limit = topology.budget.monthly / (rate or Decimal(1))
    for account in dict.fromkeys(one.account for one in costs.charges):
        with seeds.tolerated(f"budget of {account}"):
            seeds.at("budgets", "us-east-1")(
                "CreateBudget",
                AccountId=account,
                Budget={
                    "BudgetName": topology.budget.aws_budget or _BUDGET,
                    "BudgetLimit": {"Amount": f"{limit:.2f}", "Unit": "USD"},
                    "TimeUnit": "MONTHLY",
                    "BudgetType": "COST",
                },
            )


def seed_charges(ground: Ground) -> None:
    """What everything costs that the topology names."""
    costs, topology = ground.part(Costs), ground.topology
    costs.tag = (topology.budget.tag if topology.budget else None) or "application"
    for name, app in topology.applications.items():
        account = app.account.role_arn.split(":")[4] if app.account else costs.account
        costs.charges += _charges(account, name, app)


def _charges(account: str, name: str, app: Application) -> Iterator[Charge]:
    """Prices are invented; the units are those of AWS's bills."""

    def charge(region: str, service: str, usage_type: str, usd: str, quantity: Decimal, unit: str) -> Charge:
        return Charge(account, region, service, usage_type, Decimal(usd), quantity, unit, application=name)

    for region in app.regions:
        at_work = region == app.primary
        if app.database:
            usd = "0.40" if at_work else "0.20"
            hours = _DAY * (2 if at_work else 1)
            yield charge(region, "Amazon Relational Database Service", "InstanceUsage:db.r6g.large", usd, hours, "Hrs")
        for storage in app.storage:
            if storage.s3 and region in storage.s3.buckets:
                size = Decimal("0.20")
                yield charge(region, "Amazon Simple Storage Service", "TimedStorage-ByteHrs", "0.005", size, "GB-Mo")
        tasks = sum((c.ecs.active if at_work else c.ecs.standby) for c in app.capacity if c.ecs)
        if tasks:
            service, usage = "Amazon Elastic Container Service", "Fargate-vCPU-Hours:perCPU"
            yield charge(region, service, usage, str(Decimal("0.03") * tasks), _DAY * tasks, "hours")
        if app.cache:
            yield charge(region, "Amazon ElastiCache", "NodeUsage:cache.r6g.large", "0.10", _DAY, "Hrs")
        if app.secrets:
            usd = str(Decimal("0.01") * len(app.secrets))
            yield charge(region, "AWS Secrets Manager", "Secrets", usd, Decimal(len(app.secrets)), "Secrets")
    if app.traffic:
        yield charge(GLOBAL, "Amazon Route 53", "HostedZone", "0.02", Decimal("0.033"), "HostedZones")
