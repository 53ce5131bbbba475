"""The table of docs/fencing.md as values."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "fencing.md"


def rows() -> dict[str, dict[str, str]]:
    """Its rows by step kind, each by column."""
    text = PAGE.read_text(encoding="utf-8").partition("## Each step kind")[2]
    lines = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.split("|")] for line in lines]
    head, body = table[0], table[2:]
    made = [dict(zip(head, row, strict=True)) for row in body]
    return {row["step kind"].strip("`"): row for row in made}


def calls(row: dict[str, str]) -> tuple[str, ...]:
    """The calls of AWS in a row, each as `service:Operation`; a kind has one for each sort of thing that it acts on."""
    return tuple(re.findall(r"`([\w-]+:\w+)`", row["call"]))
