"""A synthesized assembly as values: its stacks with their templates, what they wait for, and what they note."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dr_core.errors import RejectedError
from infra.notes import COMES_FROM, LEFT_TO_PEOPLE, ONCE_STAND, WRITES

_STACK = "aws:cloudformation:stack"


@dataclass(frozen=True)
class Source:
    """Where the value of a parameter comes from: an output of a stack that is deployed before."""

    stack: str
    region: str
    output: str


@dataclass(frozen=True)
class Stack:
    """`after`: stacks that have to be deployed before it. `parameters`: those that another stack's output fills.

    `switches`: parameters that say `yes` once all of these stand: stacks, or STACK/LOGICAL-ID in them. `writes`: by
    path in `dr.yaml`, the output whose value belongs there. `left`: by path, what people have to do.
    """

    name: str
    region: str
    account: str
    application: str
    template: Mapping[str, Any]
    after: frozenset[str] = frozenset()
    parameters: Mapping[str, Source] = field(default_factory=dict)
    switches: Mapping[str, frozenset[str]] = field(default_factory=dict)
    writes: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def concern(self) -> str:
        """What it is of its application or house."""
        return self.name.removeprefix(f"{self.application}-").removesuffix(f"-{self.region}")

    @property
    def asks_itself(self) -> bool:
        """Whether a switch of its own waits for one of its resources."""
        return any(one.startswith(f"{self.name}/") for others in self.switches.values() for one in others)

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """By logical id."""
        found: Mapping[str, Mapping[str, Any]] = self.template.get("Resources", {})
        return found


@dataclass(frozen=True)
class Assembly:
    """`stacks` in the order in which they were made. `bootstrap`: the version that its regions must have at least."""

    folder: Path
    stacks: Mapping[str, Stack]
    bootstrap: int = 0
    bootstrap_parameter: str = ""

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(stack.region for stack in self.stacks.values()))


def read_assembly(folder: Path) -> Assembly:
    """The assembly in `folder`; RejectedError where there is none."""
    try:
        artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    except (OSError, ValueError, KeyError) as error:
        raise RejectedError(f"There is no synthesized assembly in {folder}.", hint="Run `make synth`.") from error
    made = {name: one for name, one in artifacts.items() if one["type"] == _STACK}
    told = [one.get("properties", {}) for one in artifacts.values()]
    needs = [one for one in told if "requiresBootstrapStackVersion" in one]
    return Assembly(
        folder,
        {name: _stack(folder, name, one, frozenset(made)) for name, one in made.items()},
        max((int(one["requiresBootstrapStackVersion"]) for one in needs), default=0),
        next((str(one["bootstrapStackVersionSsmParameter"]) for one in needs), ""),
    )


def _stack(folder: Path, name: str, artifact: Mapping[str, Any], stacks: frozenset[str]) -> Stack:
    properties = artifact["properties"]
    template = json.loads((folder / properties["templateFile"]).read_text(encoding="utf-8"))
    account, region = artifact["environment"].removeprefix("aws://").split("/")
    notes = template.get("Metadata", {})
    return Stack(
        name=str(properties.get("stackName", name)),
        region=region,
        account=account,
        application=str(properties.get("tags", {}).get("dr:application", "")),
        template=template,
        after=frozenset(artifact.get("dependencies", ())) & stacks,
        parameters={parameter: Source(**source) for parameter, source in notes.get(COMES_FROM, {}).items()},
        switches={
            parameter: frozenset(
                "/".join(one[part] for part in ("stack", "resource") if part in one) for one in stacks_of
            )
            for parameter, stacks_of in notes.get(ONCE_STAND, {}).items()
        },
        writes=notes.get(WRITES, {}),
        left=notes.get(LEFT_TO_PEOPLE, {}),
    )
