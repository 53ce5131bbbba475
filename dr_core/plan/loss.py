"""The loss that a request asks people to accept. Pure."""

from dr_core.plan.step import Mode

LIMITS_S = (60, 300, 900, 3600)
"""What a limit is rounded up to; beyond the last it is unknown."""


def loss_limit(
    exposure_s: float | None, *, expires_after_s: float, promote_estimate_s: float, mode: Mode = Mode.FORCED
) -> int | None:
    """Seconds of writes that may be lost when the last ack comes late and promotion takes its time; None: unknown.

    A planned failover loses nothing: an Aurora switchover waits until the target has everything, so its limit is 0.
    """
    if mode is Mode.PLANNED:
        return 0
    if exposure_s is None:
        return None
    worst = exposure_s + expires_after_s + promote_estimate_s
    return next((limit for limit in LIMITS_S if worst <= limit), None)
