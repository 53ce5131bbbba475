"""Prints `docs/sizes.md` from the templates and the price table: `python -m commands.sizes > docs/sizes.md`."""

import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from commands.rendering.deploy_cost import amount
from dr_core.topology.deployment import Size
from infra.config import read_config
from infra.costs import estimate
from infra.deploying.cdk import CdkCli
from infra.deploying.model import Estimate
from infra.deploying.site import synthesize
from infra.prices import Prices, read_prices

EXAMPLE = Path(__file__).parents[1] / "infra" / "example.yaml"

_INTRO = """\
# Sizes

What the standby costs while it waits is chosen by `deployment.size`. This page is printed from the templates of
`infra/example.yaml` (one application in two regions, Aurora, two tasks) and from the price table `infra/prices.yaml` by
`python -m commands.sizes`; a test holds prices and the example's own size current. `dr deploy plan --sizes` prints the
same of your own `dr.yaml`.

**Nothing is guessed.** What has no price is listed, not counted, and makes a sum read "at least". What is
paid for by use is not counted at all: nobody knows it before.
"""

_LESS = """\
## What would make it cheaper

- No NAT gateway: tasks in public subnets with an address each, or endpoints for what they call. The bot itself needs a
  way to Slack, which no endpoint gives.
- No load balancer in a standby: it is then made in a failover, through a control plane, which is what the standby is
  there to avoid.
- A database without replicas: `dr_core` plans with an Aurora global database, a read replica, or snapshots; a snapshot
  costs its storage, and minutes to hours of RPO and RTO.
"""


def page(found: Sequence[Estimate], prices: Prices) -> str:
    """The whole page. Pure."""
    parts = [_INTRO, *_table(found), *_most(prices), *_meaning(found), *_open(found), _LESS, *_prices(prices)]
    return "\n".join(parts) + "\n"


def estimates() -> tuple[Estimate, ...]:
    """Each size is synthesized."""
    read, prices, cli = read_config(EXAMPLE), read_prices(), CdkCli.here()
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in Size:
            stacks = synthesize(EXAMPLE, Path(scratch) / size.value, size, cli).stacks.values()
            found.append(estimate(read.sized(size), stacks, prices))
    return tuple(found)


def _table(found: Sequence[Estimate]) -> Iterator[str]:
    regions = list(dict.fromkeys(bill.region for one in found for bill in one.bills))
    yield f"| size | a month | {' | '.join(regions)} | against the budget |"
    yield "|" + "---|" * (len(regions) + 3)
    for one in found:
        by_region = {bill.region: f"USD {bill.usd:,.2f}" + (" + ?" if bill.unknown else "") for bill in one.bills}
        cells = " | ".join(by_region.get(region, "") for region in regions)
        yield f"| {one.size} | {amount(one)} | {cells} | {one.fits} |"
    yield ""


def _most(prices: Prices) -> Iterator[str]:
    """What two regions cost before there is a database: a NAT gateway with its address, a load balancer with two."""
    items = {"nat-gateway-hour": 1, "load-balancer-hour": 1, "public-ipv4-hour": 3}
    regions = ("eu-central-1", "eu-west-1")
    asked = [(prices.month(item, region), count) for item, count in items.items() for region in regions]
    usd = sum((price * count for price, count in asked if price is not None), Decimal(0))
    yield "A NAT gateway and a load balancer in each of these two regions, with their addresses, come to"
    yield f"USD {usd:,.2f} before there is a database: a small budget ends there. What can be left out is below."
    yield ""


def _meaning(found: Sequence[Estimate]) -> Iterator[str]:
    yield "## What a size means for the RTO"
    yield ""
    yield "How long each step takes is told by the plan, from what runs have recorded, else from what AWS has published"
    yield "([steps.md](steps.md)). A size decides which steps there are:"
    yield ""
    for one in found:
        yield from (f"- **{one.size}**: {text}" for text in one.rto)
    yield ""


def _open(found: Sequence[Estimate]) -> Iterator[str]:
    yield "## What is not in the sums"
    yield ""
    yield "Without a price:"
    yield ""
    for one in found:
        yield from (f"- {one.size}: {text}" for bill in one.bills for text in bill.unknown)
    yield ""
    yield "Paid for by use:"
    yield ""
    yield from (f"- {text}" for text in dict.fromkeys(text for one in found for text in one.unknown))
    yield ""
    yield "Assumed:"
    yield ""
    yield from (f"- {text}" for text in found[0].assumptions)
    yield ""


def _prices(prices: Prices) -> Iterator[str]:
    yield f"## Prices, collected {prices.collected}"
    yield ""
    yield "AWS's own page or list is where a price can be checked. The last column says when and where the figure was"
    yield "read, which is not always there: a quotation may be wrong or old. Check what decides something."
    yield ""
    yield "| item | USD | AWS's own | read |"
    yield "|---|---|---|---|"
    for item, price in prices.prices.items():
        told = ", ".join(f"{region} {usd}" for region, usd in price.usd.items()) or "not known in a European region"
        yield f"| {item} | {told} | <{price.source}> | {price.seen} |"


if __name__ == "__main__":
    print(page(estimates(), read_prices()), end="")
