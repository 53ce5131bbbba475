"""What a report shows of a consumer: where it takes work, and what was seen of it in each region."""

from datetime import datetime
from typing import Literal

from dr_core.observation.model import Flow
from dr_core.value import Shown


class ConsumerRegion(Shown):
    """What was seen of a consumer in a region. `flow` None: it could not be asked, and `detail` says why.

    `age_seconds` None: its time is yet to come, since two clocks differ.
    """

    flow: Flow | None
    detail: str
    observed_at: datetime
    age_seconds: float | None


class ConsumerLine(Shown):
    """A consumer over all regions. `consuming`: where it may take work; None: not known of every region.

    `reason` is the verdict in one sentence.
    """

    kind: str
    name: str
    consuming: tuple[str, ...] | None
    verdict: Literal["ok", "two", "none", "elsewhere", "unknown"]
    reason: str
    regions: dict[str, ConsumerRegion]
