"""Which room may know what: read from the imports themselves, those inside functions included.

import-linter (`make arrows`) follows the chains of imports between rooms; this one names the file that is wrong.
"""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.shape.parsed import ROOT

# What is imported -> where it may be, as prefixes of paths, and why.
HOMES = {
    "boto3": (("dr_core/aws/", "bot/sandbox/", "tests/"), "one maker of clients knows region, role and timeouts"),
    "botocore": (("dr_core/aws/", "bot/sandbox/", "tests/"), "AWS's errors become ours at the border"),
    "slack_bolt": (("bot/", "tests/"), "the library knows no Slack"),
    "slack_sdk": (("bot/", "tests/"), "the library knows no Slack"),
    "apscheduler": (("bot/", "tests/"), "ticks belong to the face"),
    "starlette": (("bot/", "tests/"), "web servers belong to the face"),
    "uvicorn": (("bot/", "tests/"), "web servers belong to the face"),
    "aiohttp": (("bot/", "tests/"), "Slack's client needs it, nothing else does"),
    "sqlalchemy": (("dr_core/store/", "migrations/", "tests/"), "SQL lives in the store"),
    "alembic": (("dr_core/store/", "migrations/", "tests/"), "SQL lives in the store"),
    "pycurl": (("dr_core/custom/", "dr_core/health/", "dr_core/verify/", "tests/"), "probes and webhooks only"),
    "dns": (("dr_core/verify/", "tests/"), "resolvers only"),
    "moto": (("bot/sandbox/", "tests/"), "production simulates nothing"),
    "dnslib": (("bot/sandbox/", "tests/"), "production simulates nothing"),
    "trustme": (("bot/sandbox/", "tests/"), "production simulates nothing"),
    "websockets": (("bot/sandbox/", "tests/"), "production simulates nothing"),
    "bot": (("bot/", "tests/"), "nothing points back at the face"),
    "commands": (("bot/", "commands/", "tests/"), "the library knows no commands"),
    "tests": (("tests/",), "the product does not need its tests"),
}
# What of the library the sandbox may know: it must not share the product's view of the world.
SANDBOX_MAY = ("dr_core.topology", "dr_core.clock", "dr_core.errors")


@pytest.mark.parametrize("package", HOMES)
def test_a_package_is_imported_at_home_only(modules: Any, package: str) -> None:
    homes, _why = HOMES[package]
    strangers = [
        module.name
        for module in modules
        if not module.name.startswith(homes) and any(_within(name, package) for name in module.imports())
    ]
    assert strangers == []


def test_the_sandbox_is_a_world_of_its_own(modules: Any) -> None:
    found = {
        f"{module.name}: {name}"
        for module in modules
        if module.name.startswith("bot/sandbox/")
        for name in _foreign(module.imports())
    }
    assert found == set()


def test_chains_of_imports_from_the_sandbox_are_followed_to_every_room() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = tools["importlinter"]["contracts"]
    forbidden = next(one["forbidden_modules"] for one in contracts if one.get("source_modules") == ["bot.sandbox"])
    rooms = {f"dr_core.{path.parent.name}" for path in (ROOT / "dr_core").glob("*/__init__.py")}
    assert {name for name in forbidden if name.startswith("dr_core.")} == rooms - set(SANDBOX_MAY)


def test_the_product_does_not_know_the_sandbox(modules: Any) -> None:
    """It behaves there as in production, because it cannot tell."""
    outside = (module for module in modules if module.shipped and not module.name.startswith("bot/sandbox/"))
    assert [m.name for m in outside if any(_within(name, "bot.sandbox") for name in m.imports())] == []


def test_only_the_wiring_reads_the_environment(modules: Any) -> None:
    """Settings are read once; sandbox and CDK CLI hand children one of their own, a container unpacks its files."""
    allowed = (
        "dr_core/settings.py",
        "bot/sandbox/",
        "tests/",
        "infra/__main__.py",
        "infra/deploying/cdk.py",
        "infra/unpack.py",
    )
    readers = [
        module.name
        for module in modules
        if not module.name.startswith(allowed) and ("os.environ" in module.text or "os.getenv" in module.text)
    ]
    assert readers == []


def _foreign(names: Iterator[str]) -> Iterator[str]:
    for name in names:
        ours = _within(name, "dr_core") or _within(name, "commands")
        parent = any(allowed.startswith(f"{name}.") for allowed in SANDBOX_MAY)
        if ours and not parent and not any(_within(name, allowed) for allowed in SANDBOX_MAY):
            yield name


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
