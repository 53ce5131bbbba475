"""docs/configuration.md is complete, and its example works."""

import re
from pathlib import Path
from typing import Any

from dr_core.settings import Settings
from dr_core.topology.load import check_file, load_topology, schema

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_example_is_accepted_without_a_warning(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    path = tmp_path / "dr.yaml"
    path.write_text(blocks[0], encoding="utf-8")
    assert check_file(path).findings == ()
    assert load_topology(path) == load_topology(ROOT / "tests" / "topologies" / "full.yaml")


def test_every_variable_is_explained() -> None:
    table = {row.split("|")[1].strip().strip("`") for row in TEXT.splitlines() if row.startswith("| `")}
    assert {str(field.validation_alias) for field in Settings.model_fields.values()} <= table


def test_every_key_of_the_file_is_explained() -> None:
    prose = TEXT.split("### The whole")[1]
    words = set(re.findall(r"[a-z][a-z0-9_]*", " ".join(re.findall(r"`([^`]+)`", prose))))
    parts: list[dict[str, Any]] = [schema(), *schema()["$defs"].values()]
    keys = {key for part in parts for key in part.get("properties", {})}
    assert keys - words == set()
