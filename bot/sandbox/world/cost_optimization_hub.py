"""The Cost Optimization Hub: whatever recommendations were put into it."""

from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, account_in
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

_MOST = 100


class CostOptimizationHub:
    """`recommendations` have the names of the API reference."""

    PAGES: ClassVar[dict[str, str]] = {
        "cost-optimization-hub": (
            "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_CostOptimizationHub_{}.html"
        )
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self.recommendations: list[Parameters] = []

    def operations(self) -> Operations:
        return {("cost-optimization-hub", "ListRecommendations"): self.list_recommendations}

    def list_recommendations(self, call: Call) -> Parameters:
        """Those of the caller's account, filtered by region; pages of up to a hundred."""
        wanted = (call.parameters.get("filter") or {}).get("regions")
        account = account_in(call.principal, self._account)
        found = [
            one
            for one in self.recommendations
            if one["accountId"] == account and (not wanted or one["region"] in wanted)
        ]
        refusal = AwsError("ValidationException", "The pagination token is invalid.")
        most = int(call.parameters.get("maxResults") or _MOST)
        items, rest = page(found, call.parameters.get("nextToken"), most, refusal)
        return {"items": items, **({"nextToken": rest} if rest else {})}
