"""Blue/green: two colours side by side in each region, and the parameter that says which of them serves."""

from datetime import timedelta

from pydantic import Field

from dr_core.topology.scalars import AppName, Count, Duration, PositiveDuration, Region, Text, Url
from dr_core.value import Value


class Colour(Value):
    """`prefix`: where its artifact stands in the bucket of each region; `health`: where it answers in each region."""

    prefix: Text
    health: dict[Region, Url]


class Release(Value):
    """`pointer`: an SSM parameter, of the same name in each region, whose value is the colour that serves there.

    `probes` good answers in a row, `every` so often, are asked of a colour in each region before it serves; `hold`: for
    how long it is watched afterwards.
    """

    pointer: Text
    colours: dict[AppName, Colour] = Field(min_length=2, max_length=2)
    probes: Count = Field(default=3, ge=1, le=100)
    every: PositiveDuration = timedelta(seconds=5)
    hold: Duration = timedelta(minutes=5)

    def other(self, colour: str) -> str:
        """The colour that stands beside this one."""
        return next(name for name in self.colours if name != colour)
