"""What a sandbox reads before its first answer and no story changes: service models, their routes, moto's backends."""

import tempfile
import threading
from importlib import import_module
from pathlib import Path

from bot.sandbox.world import shared_models
from dr_core.clock import SystemClock
from dr_core.topology.load import load_topology

EXAMPLE = Path(__file__).parents[2] / "bot" / "sandbox" / "example.yaml"

_SERVICES = (
    "application-autoscaling", "cloudtrail", "cloudwatch", "dynamodb", "ecr", "ecs", "events", "iam", "kms", "lambda",
    "rds", "route53", "s3", "secretsmanager", "sqs", "ssm", "sts",
)  # fmt: skip
# What only the world's own operations answer for.
_OURS = ("budgets", "ce", "cost-optimization-hub", "health", "service-quotas")


def preload() -> None:
    shared_models.share()
    import_module("bot.sandbox.launch")
    from moto.core.routing import get_service_router
    from moto.core.utils import get_pagination_model

    from bot.sandbox.world.lighter_moto import lighten
    from bot.sandbox.world.service_models import known_services, model_of

    lighten()
    known_services()
    get_pagination_model("rds")
    for service in (*_SERVICES, *_OURS):
        protocol = model_of(service).metadata["protocol"]
        if protocol.startswith("rest"):
            get_service_router(service)._get_router(protocol)
    for service in _SERVICES:
        import_module(f"moto.{service.replace('-', '').replace('lambda', 'awslambda')}.urls")
    _started_once()


def _started_once() -> None:
    """A process's first world takes five times as long as the next: moto builds its routes and backends."""
    from bot.sandbox.world.world import World

    with tempfile.TemporaryDirectory(prefix="dr-warm-") as folder:
        world = World(load_topology(EXAMPLE), data_dir=Path(folder), clock=SystemClock())
        world.start()
        world.stop()
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(60.0)
    assert threading.active_count() == 1, "a fork copies no lock that a thread holds"
