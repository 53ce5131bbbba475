"""The one way in which the local Slack says no."""

from collections.abc import Sequence


class SlackRefusalError(Exception):
    """Slack answers `ok: false` with this error code and, where it knows, the reasons."""

    def __init__(self, code: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(code, *reasons)
        self.code = code
        self.reasons = list(reasons)
