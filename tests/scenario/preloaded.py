"""What a sandbox reads before its first answer and no story changes: service models, their routes, moto's modules."""

from importlib import import_module

from bot.sandbox.world import shared_models

_SERVICES = (
    "application-autoscaling", "cloudtrail", "cloudwatch", "dynamodb", "ecs", "events", "iam", "kms", "lambda", "rds",
    "route53", "s3", "secretsmanager", "sqs", "ssm", "sts",
)  # fmt: skip


def preload() -> None:
    shared_models.share()
    import_module("bot.sandbox.launch")
    from moto.core.routing import get_service_router

    from bot.sandbox.world.service_models import known_services, model_of

    known_services()
    for service in _SERVICES:
        model = model_of(service)
        if model.metadata["protocol"].startswith("rest"):
            get_service_router(service)
        import_module(f"moto.{service.replace('-', '').replace('lambda', 'awslambda')}.urls")
