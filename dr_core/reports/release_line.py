"""Which colour serves, in one line of a status: by region, with the age of the look, and whether the regions agree."""

from datetime import datetime

from dr_core.value import Shown


class ReleaseLine(Shown):
    """`colours`: by region what the pointer says, None where it is not known, or where it is known that there is none
    (`absent`). `agree` None: neither is proven, or it was read too long ago. `read_at`: when the oldest was read.

    `going_on`: the release that is not over yet, in a few words; empty: none.
    """

    pointer: str
    colours: dict[str, str | None]
    absent: tuple[str, ...] = ()
    agree: bool | None
    read_at: datetime | None
    age_seconds: float | None
    reason: str = ""
    going_on: str = ""
