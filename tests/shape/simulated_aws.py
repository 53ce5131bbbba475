"""Prints what the simulated AWS plays into docs/simulated-aws.md: `python -m tests.shape.simulated_aws`.

The world's own operations come from its tables. Which operations the product calls is read from its code: a method or
a string with the name of an operation, in a file that also has the service's name as a string.
"""

import ast
import importlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from botocore import xform_name

from bot.sandbox.world.api import Handler
from bot.sandbox.world.cloudformation.kinds import Kept
from bot.sandbox.world.cloudformation.table import KINDS
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.service_models import known_services, model_of
from bot.sandbox.world.services import SERVICES
from dr_core.clock import ManualClock
from dr_core.topology.load import load_topology
from tests.shape.parsed import ROOT, parsed

PAGE = ROOT / "docs" / "simulated-aws.md"
PRODUCT = ("dr_core", "commands")
HEAD = """# The simulated AWS

What the local world and the tests believe of AWS, operation by operation. Printed from the tables of
`bot/sandbox/world/` by `python -m tests.shape.simulated_aws`; a test holds it current. How a service is added stands in
`bot/sandbox/world/services.py`, what can be broken in `bot/sandbox/world/faults.py`.

"The world" is an operation of ours, with what it plays; times are AWS's as its pages tell them, divided by the world's
speed. "moto" is the library's own answer. Each operation links to AWS's page; what no page settles is said at the head
of the service's file. **Bold** is what the product itself calls.
"""
TYPES_HEAD = """
## Resource types of CloudFormation

Any other type is refused by its name. What is only kept has no counterpart here, and nothing that the bot sees depends
on it. A property that the service's own call does not take is kept with the resource and has no effect.

| type | made by |
|---|---|
"""
# Where AWS describes the services of which the world plays nothing itself.
MOTO_PAGES = {
    "application-autoscaling": "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_{}.html",
    "cloudfront": "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_{}.html",
    "ec2": "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_{}.html",
    "ecr": "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_{}.html",
    "eks": "https://docs.aws.amazon.com/eks/latest/APIReference/API_{}.html",
    "events": "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_{}.html",
    "kinesis": "https://docs.aws.amazon.com/kinesis/latest/APIReference/API_{}.html",
    "lambda": "https://docs.aws.amazon.com/lambda/latest/api/API_{}.html",
    "scheduler": "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_{}.html",
    "sns": "https://docs.aws.amazon.com/sns/latest/api/API_{}.html",
    "sqs": "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_{}.html",
    "ssm": "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_{}.html",
}
# Names of services that are words of the product as well, and whose API it does not use.
WORDS = frozenset({"account", "config", "connect", "forecast"})


@dataclass(frozen=True)
class Row:
    """One operation. `plays` is None where moto answers."""

    service: str
    operation: str
    page: str
    plays: str | None
    called: bool


def rows() -> list[Row]:
    """All of them, by service and operation."""
    ours, pages = own()
    called = calls()
    return [
        Row(
            service,
            operation,
            pages.get(service, MOTO_PAGES.get(service, "")).format(operation),
            first_line(ours[service, operation]) if (service, operation) in ours else None,
            (service, operation) in called,
        )
        for service, operation in sorted({*ours, *called})
    ]


def own() -> tuple[dict[tuple[str, str], Handler], dict[str, str]]:
    """The world's handlers, and where AWS describes the operations of a service."""
    ground = Ground(load_topology(ROOT / "tests" / "topologies" / "shop.yaml"), ManualClock(), 1.0)
    handlers: dict[tuple[str, str], Handler] = {}
    pages: dict[str, str] = {}
    for kind in SERVICES:
        handlers |= ground.part(kind).operations()
        pages |= kind.PAGES
    return handlers, pages


def first_line(handler: Handler) -> str:
    """What it plays; empty when it does not say."""
    return (inspect.getdoc(handler) or "").split("\n")[0]


@cache
def calls(rooms: Iterable[str] = PRODUCT) -> frozenset[tuple[str, str]]:
    """The operations that the product calls, or only these folders of it."""
    return frozenset(
        call for room in rooms for path in (ROOT / room).rglob("*.py") for call in _calls(parsed(path).nodes)
    )


def _calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used = texts | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for service in (texts & known_services()) - WORDS:
        names = _names(service)
        yield from ((service, names[word]) for word in used & names.keys())


@cache
def _names(service: str) -> dict[str, str]:
    """Operations by either spelling."""
    names = model_of(service).operation_names
    return {name: name for name in names} | {xform_name(name): name for name in names}


def moto_has(service: str, operation: str) -> bool:
    """Whether moto answers it at all."""
    package = "awslambda" if service == "lambda" else service.replace("-", "")
    module = importlib.import_module(f"moto.{package}.responses")
    classes = [found for found in vars(module).values() if inspect.isclass(found)]
    return any(hasattr(found, xform_name(operation)) for found in classes)


def page() -> str:
    """The whole document."""
    parts = [HEAD]
    found = rows()
    for service in sorted({row.service for row in found}):
        parts.append(f"\n## {service}\n\n| operation | by | plays |\n|---|---|---|\n")
        parts.extend(_line(row) for row in found if row.service == service)
    return "".join([*parts, *_types()])


def _types() -> Iterator[str]:
    """What CloudFormation makes here, by type."""
    yield TYPES_HEAD
    for name, kind in sorted(KINDS.items()):
        yield f"| `{name}` | {f'only kept: {kind.why}' if isinstance(kind, Kept) else 'calls of its service'} |\n"


def _line(row: Row) -> str:
    link = f"[{row.operation}]({row.page})"
    by, plays = ("moto", "") if row.plays is None else ("the world", row.plays)
    return f"| {f'**{link}**' if row.called else link} | {by} | {plays} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
