"""What a deployment costs a month, as lines: what is counted, what is not, and whether it fits the budget."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from commands.rendering.lines import table, wrap
from commands.rendering.words import plain
from infra.deploying.model import Estimate, SizesReport


def estimate(found: Estimate) -> list[str]:
    """One size."""
    lines = [f"Cost a month, {found.size}: {amount(found)}", *wrap(f"Against the budget: {found.fits}.", 2)]
    lines += table([(bill.region, f"USD {bill.usd:,.2f}", _missing(len(bill.unknown))) for bill in found.bills], 2)
    lines += _listed("Without a price", [text for bill in found.bills for text in bill.unknown])
    lines += _listed("Paid for by use, and not counted", found.unknown)
    return [*lines, *_listed(f"Prices of {found.prices_of}", found.assumptions)]


def sizes(report: SizesReport, _now: datetime) -> list[str]:
    """Side by side, then what each means."""
    rows = [("", "at least, a month", "without a price", "against the budget")]
    rows += [
        (("* " if one.size == report.chosen else "  ") + one.size, amount(one), str(unpriced(one)), one.fits)
        for one in report.sizes
    ]
    lines = ["Sizes (* the configuration's)", *table(rows, 2)]
    for one in report.sizes:
        told = ", ".join(f"{bill.region} USD {bill.usd:,.2f}" for bill in one.bills)
        lines += _listed(one.size, [f"by region: {told}", *one.rto])
    last = report.sizes[-1]
    lines += _listed("Without a price", sorted({
        text for one in report.sizes for bill in one.bills for text in bill.unknown
    }))  # fmt: skip
    lines += _listed("Paid for by use, and not counted", last.unknown)
    return [*lines, *_listed(f"Prices of {last.prices_of}", last.assumptions)]


def amount(found: Estimate) -> str:
    """`at least EUR 230.10 (USD 250.11)`: what has no price comes on top."""
    least = "at least " if unpriced(found) else ""
    if found.total is None or found.currency == "USD":
        return f"{least}USD {found.usd:,.2f}"
    return f"{least}{found.currency} {found.total:,.2f} (USD {found.usd:,.2f})"


def unpriced(found: Estimate) -> int:
    """How many kinds of things are paid for by time and have no price here."""
    return sum(len(bill.unknown) for bill in found.bills)


def sentences(found: Estimate) -> Iterator[str]:
    """The same for a page."""
    yield f"{found.size}: {amount(found)}; {found.fits}"
    yield from (f"{bill.region}: USD {bill.usd:,.2f}" for bill in found.bills if bill.usd > Decimal(0))
    yield from (f"without a price: {text}" for bill in found.bills for text in bill.unknown)
    yield from (f"not counted: {text}" for text in found.unknown)


def _missing(number: int) -> str:
    return f"and {number} without a price" if number else ""


def _listed(title: str, texts: "tuple[str, ...] | list[str]") -> list[str]:
    if not texts:
        return []
    return [f"  {title}:", *(line for text in texts for line in wrap(plain(text, 400), 4, 2))]
