"""Whether users are served: a write through the public name that is read back, and the health of the target."""

from dr_core.plan.kinds import verify_health, verify_write
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move


def verify(move: Move, after: Names) -> Layer:
    write = (verify_write.plan(move, e.http_write_read.url, after) for e in move.app.verify if e.http_write_read)
    urls = [check.http[move.target] for check in move.app.health if check.http and move.target in check.http]
    health = (verify_health.plan(move, url, after) for url in urls)
    return Layer.of(distinct((*write, *health)))
