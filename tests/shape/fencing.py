"""The table of docs/fencing.md as values."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "fencing.md"


def rows() -> dict[str, dict[str, str]]:
    """Its rows by step kind, each by column."""
    lines = [line.strip().strip("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.split("|")] for line in lines]
    head, body = table[0], table[2:]
    made = [dict(zip(head, row, strict=True)) for row in body]
    return {row["step kind"].strip("`"): row for row in made}
