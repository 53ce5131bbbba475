"""Prints docs/infrastructure.md, the stacks as they are synthesized: `python -m tests.infra.diagram`."""

import json
import tempfile
from collections import Counter
from pathlib import Path

from tests.infra.synthesized import EXAMPLE, ROOT, Assembly, Template, synthesized

PAGE = ROOT / "docs" / "infrastructure.md"
_HEAD = """# Infrastructure

Which stacks `dr deploy` builds, here from `infra/example.yaml`: one application in two regions. The picture and the
table are printed from the synthesized templates by `python -m tests.infra.diagram`; a test holds them current. How to
deploy stands in [deployment.md](deployment.md), why it is built so in [decision
19](decisions/0019-infrastructure.md), what it costs in [sizes.md](sizes.md), what the roles may do in
[iam.md](iam.md).

An arrow is the order of deployment: from what has to stand to what needs it. A dotted one carries a value that AWS
assigns, as a parameter, from one region to another. What follows from two other arrows is left out.
"""


def page(assembly: Assembly) -> str:
    """The whole page."""
    return "\n".join([_HEAD, "```mermaid", *_picture(assembly), "```", "", *_table(assembly), ""])


def _picture(assembly: Assembly) -> list[str]:
    lines = ["flowchart LR"]
    regions = sorted({template.region for template in assembly.templates.values()})
    for region in regions:
        lines.append(f'  subgraph {region.replace("-", "_")}["{region}"]')
        lines += [
            f'    {_id(name)}["{_short(one)}"]' for name, one in assembly.templates.items() if one.region == region
        ]
        lines.append("  end")
    carried = {
        (source["stack"], name)
        for name, one in assembly.templates.items()
        for source in one.body["Metadata"].get("dr:comes-from", {}).values()
    }
    direct = _direct(_needs(assembly))
    lines += [f"  {_id(one)} -.-> {_id(other)}" for one, other in sorted(carried)]
    lines += [f"  {_id(one)} --> {_id(other)}" for one, other in sorted(direct - carried)]
    return lines


def _table(assembly: Assembly) -> list[str]:
    """One row for each kind of stack, wherever it stands."""
    lines = ["| stack | in | what | resources |", "|---|---|---|---|"]
    kinds: dict[str, list[Template]] = {}
    for template in assembly.templates.values():
        kinds.setdefault(_short(template), []).append(template)
    for kind, found in kinds.items():
        where = ", ".join(sorted(one.region for one in found))
        most = max(found, key=lambda one: len(one.body.get("Resources", {})))
        counts = Counter(str(one["Type"]).removeprefix("AWS::") for one in most.body.get("Resources", {}).values())
        types = ", ".join(f"{count} {name}" if count > 1 else name for name, count in sorted(counts.items()))
        lines.append(f"| {kind} | {where} | {most.body.get('Description', '')} | {types} |")
    return lines


def _needs(assembly: Assembly) -> dict[str, set[str]]:
    """By stack, those that have to stand before it, as the assembly's manifest has it."""
    artifacts = json.loads((assembly.folder / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    return {name: set(artifacts[name].get("dependencies", ())) & set(assembly.templates) for name in assembly.templates}


def _direct(needs: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Without what follows from two other arrows."""

    def reaches(name: str) -> set[str]:
        return needs[name].union(*(reaches(one) for one in needs[name]))

    return {
        (one, name)
        for name, before in needs.items()
        for one in before
        if not any(one in reaches(other) for other in before - {one})
    }


def _short(template: Template) -> str:
    return template.stack.removesuffix(f"-{template.region}")


def _id(stack: str) -> str:
    return stack.replace("-", "_")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(synthesized(EXAMPLE, Path(folder))), encoding="utf-8")
