"""docs/readiness.md lists every finding that an examination can make, and none that no examination makes."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMINATIONS = ROOT / "dr_core" / "readiness" / "examinations"
_MADE = re.compile(r"\.(ok|blocking|warning|info|unknown)\(\s*\"([^\"]+)\"")
_ROW = re.compile(r"^\| `([^`]+)` \| (blocking|warning|info|unknown|ok) \|", re.MULTILINE)
# Made of a kind or an action, so that no text in the code is the whole of it.
COMPOSED = {"permission:ACTION", "missing:KIND", "drift:KIND"}
_WORST = ("ok", "unknown", "info", "warning", "blocking")


def made() -> dict[str, str]:
    """code -> the worst that an examination says with it."""
    found: dict[str, str] = {}
    for path in EXAMINATIONS.glob("*.py"):
        for state, code in _MADE.findall(path.read_text(encoding="utf-8")):
            found[code] = max(found.get(code, "ok"), state, key=_WORST.index)
    return found


def test_the_page_lists_every_finding_and_its_worst() -> None:
    rows = dict(_ROW.findall((ROOT / "docs" / "readiness.md").read_text(encoding="utf-8")))
    known = {code: worst for code, worst in rows.items() if code not in COMPOSED}
    # An identity that is not told is the unknown check that any failed question becomes.
    assert known == made() | {"identity-unknown": "unknown"}
    assert rows.keys() >= COMPOSED
