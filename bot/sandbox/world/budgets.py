"""AWS Budgets: moto's, with what was spent of them and what is expected, by the world's bill.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
"""

import json
from decimal import Decimal
from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, Reply, account_in
from bot.sandbox.world.costs import Costs, next_month
from bot.sandbox.world.ground import Ground


class Budgets:
    """Only the account that a budget belongs to may read it."""

    PAGES: ClassVar[dict[str, str]] = {
        "budgets": "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._costs = ground.part(Costs)

    def operations(self) -> Operations:
        return {("budgets", "DescribeBudgets"): self.describe, ("budgets", "DescribeBudget"): self.describe}

    def describe(self, call: Call) -> Reply:
        """As they were made, with what was spent of them and what is expected; renewed three times a day."""
        account, caller = call.text("AccountId"), account_in(call.principal, self._account)
        if account != caller:
            raise AwsError("AccessDeniedException", f"Account {caller} does not have access to {account}.")
        reply = call.forward()
        if not reply.ok:
            return reply
        body = json.loads(reply.body)
        for budget in body.get("Budgets") or ([body["Budget"]] if "Budget" in body else []):
            budget |= self._calculated(account)
        return Reply(reply.status, reply.headers, json.dumps(body).encode())

    def _calculated(self, account: str) -> Parameters:
        now = self._timeline.now
        today = now.date()
        month = today.replace(day=1)
        mine = self._costs.of(account)
        spent = self._costs.spent(mine, month, today)
        expected = spent + sum((one.usd * (next_month(month) - today).days for one in mine), Decimal(0))
        return {
            "CalculatedSpend": {
                "ActualSpend": {"Amount": str(spent), "Unit": "USD"},
                "ForecastedSpend": {"Amount": str(expected), "Unit": "USD"},
            },
            "LastUpdatedTime": now.replace(hour=now.hour // 8 * 8, minute=0, second=0, microsecond=0).timestamp(),
        }
