"""The team's own steps: functions and documents in each region, and the keys with which webhooks are signed."""

import json
from collections.abc import Iterable

from bot.sandbox.world.seed_compute import Compute
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.custom import CustomLambda, CustomSsmDocument, CustomWebhook
from dr_core.topology.model import Application

_WAIT = {"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}


class CustomSeeds:
    """Everything that custom steps name, in every region of their application."""

    def __init__(self, seeds: Seeding, compute: Compute) -> None:
        self._seeds = seeds
        self._compute = compute

    def seed(self, app: Application) -> None:
        for custom in app.custom:
            for region in app.regions:
                match custom.value:
                    case CustomLambda() as step:
                        for name in _named(step.function, step.verify, step.undo):
                            self._compute.function(region, name)
                    case CustomSsmDocument() as step:
                        for name in _named(step.document, step.verify, step.undo):
                            self._document(region, name, step.parameters)
                    case CustomWebhook(secret=str(name)):
                        with self._seeds.tolerated(f"secret {name}"):
                            ask = self._seeds.at("secretsmanager", region)
                            ask("CreateSecret", Name=name, SecretString=f"the key {name}")

    def _document(self, region: str, name: str, parameters: Iterable[str]) -> None:
        declared = {parameter: {"type": "String"} for parameter in parameters}
        content = {"schemaVersion": "0.3", "parameters": declared, "mainSteps": [_WAIT]}
        with self._seeds.tolerated(f"document {name}"):
            self._seeds.at("ssm", region)(
                "CreateDocument",
                Name=name,
                DocumentType="Automation",
                DocumentFormat="JSON",
                Content=json.dumps(content),
            )


def _named(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
