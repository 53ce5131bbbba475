"""docs/coverage.md is what the table says; what the table names is there, and nothing that can be done is left out."""

import ast
from itertools import chain

import pytest

from dr_core.plan.steps import KINDS
from tests.shape.coverage import PAGE, ROOT, page, state
from tests.shape.coverage_built import BUILT, Built
from tests.shape.coverage_rows import SECTIONS, Row
from tests.shape.parsed import parsed

ROWS = tuple(chain.from_iterable(SECTIONS.values()))
WANTED = (
    *(f"T{n}" for n in range(1, 6)), *(f"D{n}" for n in range(1, 9)), *(f"A{n}" for n in range(1, 10)),
    *(f"H{n}" for n in range(1, 5)), *(f"M{n}" for n in range(1, 6)), *(f"S{n}" for n in range(1, 6)),
    *(f"O{n}" for n in range(1, 6)), "I1", "I2", *(f"C{n}" for n in range(1, 6)), "F1", "F2", "F3",
)  # fmt: skip
# Not a row's own evidence: it holds the declared against the found.
OF_THE_FILE = {"dr_core/readiness/examinations/drift.py", "dr_core/readiness/examinations/names.py",
               "dr_core/readiness/examinations/certificates.py"}  # fmt: skip


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.shape.coverage prints it anew"


def test_every_row_is_there_once() -> None:
    assert sorted(row.id for row in ROWS) == sorted(WANTED)
    assert set(WANTED) >= BUILT.keys()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_what_a_row_names_exists_and_what_it_claims_is_tested(row: Row) -> None:
    built = BUILT.get(row.id, Built((), ()))
    assert [path for path in (*row.reads, *row.tests, *built.by, *built.gates) if not (ROOT / path).is_file()] == []
    assert set(row.steps) <= KINDS.keys()
    assert all(_tests(path) for path in row.tests)
    if state(row) == "not built yet":
        assert row.open, "what is not built says so"
        assert not row.tests
    else:
        assert row.tests, "what is claimed is tested"


def test_no_step_and_no_examination_is_left_out() -> None:
    assert {kind for row in ROWS for kind in row.steps} == KINDS.keys()
    rooms = (ROOT / "dr_core" / "readiness" / "examinations").glob("*.py")
    examinations = {path.relative_to(ROOT).as_posix() for path in rooms if path.stem != "__init__"}
    assert examinations - {path for row in ROWS for path in row.reads} - OF_THE_FILE == set()


def _tests(path: str) -> bool:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, functions) and node.name.startswith("test_") for node in parsed(ROOT / path).nodes)
