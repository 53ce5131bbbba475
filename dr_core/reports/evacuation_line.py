"""What a status says of an evacuation, and of each application in it."""

from datetime import datetime

from dr_core.value import Shown


class MemberLine(Shown):
    """Where one application of an evacuation is, in a sentence. `stage`: asked, queued, under_way, stands, arrived,
    failed or dropped. `held`: why it cannot go although it is approved; empty where nothing holds it."""

    application: str
    wave: int
    stage: str
    sentence: str
    held: str = ""
    request: str
    run: str | None


class EvacuationLine(Shown):
    """An evacuation in the status and among the runs. `left`: the applications that stay behind."""

    id: str
    mode: str
    source: str
    target: str
    state: str
    requester: str
    opened_at: datetime
    ended_at: datetime | None
    members: tuple[MemberLine, ...]
    left: tuple[str, ...]
