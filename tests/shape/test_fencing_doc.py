"""docs/fencing.md says of every step kind what a late duplicate does; the rows are played in tests/contract."""

from dr_core.plan.steps import KINDS
from tests.shape.fencing import rows


def test_every_step_kind_has_its_row_and_no_row_is_of_the_past():
    assert list(rows()) == list(KINDS)


def test_every_row_says_what_a_late_duplicate_does():
    for kind, row in rows().items():
        assert row["late duplicate"].split(":")[0] == KINDS[kind].late, kind
        assert row["condition"], kind
