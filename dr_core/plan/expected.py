"""How long something is expected to take, as a value."""

from dr_core.value import Shown


class Estimate(Shown):
    """Expected duration. No samples: the published figure, with its source; None where there is none either."""

    median_s: float | None
    p90_s: float | None
    samples: int
    source: str
