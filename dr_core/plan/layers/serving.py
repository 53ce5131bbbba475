"""Whether users are served: a write through the public name that is read back, and the health of the target."""

from dr_core.plan.kinds import verify_health, verify_write
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move


def verify(move: Move, after: Names) -> Layer:
    among = _serving(move)
    write = (
        verify_write.plan(move, entry.http_write_read.url, after, among=among)
        for entry in move.app.verify
        if entry.http_write_read
    )
    urls = [check.http[move.target] for check in move.app.health if check.http and move.target in check.http]
    health = (verify_health.plan(move, url, after) for url in urls)
    return Layer.of(distinct((*write, *health)))


def _serving(move: Move) -> tuple[str, ...] | None:
    """Where every region serves: any but the one that users were shifted away from. None: the target alone."""
    if not move.app.active_active:
        return None
    return tuple(region for region in move.app.regions if move.returning or region != move.source)
