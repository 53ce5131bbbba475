"""What every stack consists of, by type and logical id: `python -m tests.infra.snapshot` writes it anew for review.

A logical id that changes is a resource that AWS makes anew and deletes: for a database that is its end.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.infra.synthesized import CONFIGS, EXAMPLE, Assembly, synthesized

SNAPSHOT = Path(__file__).with_name("snapshot.txt")
CONFIGURATIONS = (EXAMPLE, CONFIGS / "north.yaml", CONFIGS / "three.yaml", CONFIGS / "edges.yaml")


def contents(name: str, assembly: Assembly) -> Iterator[str]:
    """One line a resource: configuration, stack, type, logical id."""
    for stack, template in assembly.templates.items():
        for resource, body in sorted(
            template.body.get("Resources", {}).items(), key=lambda one: (one[1]["Type"], one[0])
        ):
            yield f"{name} {stack} {body['Type']} {resource}"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for config in CONFIGURATIONS for line in contents(config.stem, synthesized(config, Path(folder)))]
    SNAPSHOT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
