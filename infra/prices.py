"""The price table: what AWS asks for, where that can be checked and where it was read; the rest is not known."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field
from ruamel.yaml import YAML

from dr_core.value import Value

EVERYWHERE = "everywhere"
TABLE = Path(__file__).parent / "prices.yaml"

Usd = Annotated[Decimal, Field(ge=0)]


class Price(Value):
    """`usd` by region. `elsewhere`: what is asked in regions that are not ours, for orientation; never counted.

    `source`: AWS's own page or list, where it can be checked. `seen`: when and where the figure itself was read.
    """

    usd: dict[str, Usd]
    source: Annotated[str, Field(pattern=r"^https://\S+$")]
    seen: Annotated[str, Field(pattern=r"\b20\d\d\b")]
    elsewhere: dict[str, Usd] = Field({})

    def asked(self, region: str) -> Decimal | None:
        """None: not known."""
        return self.usd.get(region, self.usd.get(EVERYWHERE))


class Prices(Value):
    """By item: what is paid for, and the unit that it is paid by at its end (`-hour`, `-month`)."""

    collected: date
    hours_a_month: Annotated[int, Field(gt=0)]
    prices: Mapping[str, Price]

    def month(self, item: str, region: str) -> Decimal | None:
        """One of it for a whole month, in USD; None: not known."""
        price = self.prices.get(item)
        asked = price.asked(region) if price is not None else None
        if asked is None:
            return None
        return asked * self.hours_a_month if item.endswith("-hour") else asked

    def hint(self, item: str) -> str:
        """What is asked elsewhere, in words; empty where that is not known either."""
        price = self.prices.get(item)
        told = price.elsewhere or price.usd if price is not None else {}
        return ", ".join(f"{region}: {asked}" for region, asked in told.items())


def read_prices() -> Prices:
    """The table that comes with this version."""
    return Prices.model_validate(YAML(typ="safe").load(TABLE.read_text(encoding="utf-8")))
