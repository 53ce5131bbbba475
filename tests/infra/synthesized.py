"""Templates, made once a test run for each configuration by `python -m infra`: the JSON that is deployed."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.config import Config, read_config

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "infra" / "example.yaml"
CONFIGS = Path(__file__).parent / "configs"
Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack as CloudFormation gets it."""

    stack: str
    body: Json

    @property
    def region(self) -> str:
        return str(self.body["Metadata"]["dr:region"])

    def of(self, kind: str) -> dict[str, Json]:
        """The resources of a type (`AWS::S3::Bucket`), by logical id."""
        return {name: one for name, one in self.body.get("Resources", {}).items() if one["Type"] == kind}

    def one(self, kind: str) -> Json:
        """The properties of the only resource of a type."""
        [found] = self.of(kind).values()
        return dict(found.get("Properties", {}))


@dataclass(frozen=True)
class Assembly:
    """What one configuration is made into; `path` is the file that it was made from."""

    folder: Path
    path: Path

    @cached_property
    def config(self) -> Config:
        return read_config(self.path)

    @cached_property
    def templates(self) -> dict[str, Template]:
        """By stack name."""
        found = {}
        for path in sorted(self.folder.glob("*.template.json")):
            name = path.name.removesuffix(".template.json")
            found[name] = Template(name, json.loads(path.read_text(encoding="utf-8")))
        return found

    def of(self, kind: str) -> Iterator[tuple[Template, str, Json]]:
        """(template, logical id, properties) of every resource of a type, in all stacks."""
        for template in self.templates.values():
            for name, one in template.of(kind).items():
                yield template, name, dict(one.get("Properties", {}))


def synthesized(config: Path, shared: Path) -> Assembly:
    """`shared`: a folder of this test run. Whichever process comes first makes the templates, the others wait."""
    folder = shared / f"cdk-{config.stem}"
    with (shared / f"cdk-{config.stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "manifest.json").exists():
            made = subprocess.run(
                [sys.executable, "-m", "infra", "--config", str(config), "--out", str(folder), "--examined"],
                cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert made.returncode == 0, made.stdout + made.stderr
    return Assembly(folder, config)
